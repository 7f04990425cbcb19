import { describe, expect, it } from '@jest/globals';
import { AppendQueue } from './append-queue.ts';
import { AppendQueueFull } from './errors.ts';

/** A store that shows each batch it is given and answers when told to. */
function heldStore() {
  const batches: { items: readonly string[]; answer: PromiseWithResolvers<readonly string[]> }[] = [];
  const queue = new AppendQueue<string, string>((items) => {
    const answer = Promise.withResolvers<readonly string[]>();
    batches.push({ items, answer });
    return answer.promise;
  });
  return {
    queue,
    batches,
    /** Answers the newest batch: each item in capitals. */
    answer: () => {
      const newest = batches.at(-1);
      newest?.answer.resolve(newest.items.map((item) => item.toUpperCase()));
    },
    fail: (error: Error) => batches.at(-1)?.answer.reject(error),
  };
}

describe('the append queue', () => {
  it('writes the first at once, alone', () => {
    const { queue, batches } = heldStore();

    void queue.add('a', 1);

    expect(batches.map(({ items }) => items)).toEqual([['a']]);
  });

  it('has one batch in flight; what arrives meanwhile is the next', async () => {
    const { queue, batches, answer } = heldStore();
    const results = ['a', 'b', 'c'].map((item) => queue.add(item, 1));

    expect(batches.map(({ items }) => items)).toEqual([['a']]);
    answer();
    await results[0];
    results.push(queue.add('d', 1));
    expect(batches.map(({ items }) => items)).toEqual([['a'], ['b', 'c']]);
    answer();
    await results[2];
    answer();

    expect(await Promise.all(results)).toEqual(['A', 'B', 'C', 'D']);
    expect(batches.map(({ items }) => items)).toEqual([['a'], ['b', 'c'], ['d']]);
  });

  it('takes at most 256 appends into a batch', async () => {
    const { queue, batches, answer } = heldStore();
    const results = Array.from({ length: 300 }, (_, index) => queue.add(`i${index}`, 1));

    answer();
    await results[0];
    answer();
    await results[256];
    answer();
    await Promise.all(results);

    expect(batches.map(({ items }) => items.length)).toEqual([1, 256, 43]);
    expect(batches.flatMap(({ items }) => items)).toEqual(Array.from({ length: 300 }, (_, index) => `i${index}`));
  });

  it('takes at most a mebibyte into a batch, and an append above that alone', async () => {
    const { queue, batches, answer } = heldStore();
    const half = 512 * 1024;
    const sizes = { first: 1, half, otherHalf: half, oneMore: 1, huge: 4 * half, last: 1 };
    const results = Object.entries(sizes).map(([item, sizeBytes]) => queue.add(item, sizeBytes));

    for (const result of [results[0], results[2], results[3], results[4], results[5]]) {
      answer();
      await result;
    }

    expect(batches.map(({ items }) => items)).toEqual([
      ['first'],
      ['half', 'otherHalf'],
      ['oneMore'],
      ['huge'],
      ['last'],
    ]);
  });

  it('fails a batch with all of its appends and no others', async () => {
    const { queue, answer, fail } = heldStore();
    const results = ['a', 'b', 'c'].map((item) => queue.add(item, 1));
    const outcomes = Promise.allSettled(results);

    answer();
    await results[0];
    const later = queue.add('d', 1);
    fail(new Error('disk full'));
    await Promise.allSettled(results);
    answer();

    expect((await outcomes).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected']);
    expect(await later).toBe('D');
  });

  it('gives no append the verdict of another when verdicts are missing', async () => {
    const { queue, batches } = heldStore();
    const outcome = Promise.allSettled([queue.add('a', 1)]);

    batches[0]?.answer.resolve([]);

    expect(await outcome).toMatchObject([{ status: 'rejected', reason: { message: /no verdict/ } }]);
  });

  it('refuses at once when 10,000 wait, and takes more when they are done', async () => {
    const { queue, batches, answer } = heldStore();
    const results = Array.from({ length: 10_001 }, (_, index) => queue.add(`i${index}`, 1));

    await expect(queue.add('too many', 1)).rejects.toThrow(AppendQueueFull);
    answer();
    await results[0];
    void queue.add('welcome', 1);

    expect(batches).toHaveLength(2);
  });

  it('is idle when nothing waits and nothing is in flight', async () => {
    const { queue, answer } = heldStore();
    let isIdle = false;
    const first = queue.add('a', 1);
    const second = queue.add('b', 1);
    const idle = queue.idle().then(() => {
      isIdle = true;
    });

    answer();
    await first;
    expect(isIdle).toBe(false);
    answer();
    await second;
    await idle;

    expect(isIdle).toBe(true);
  });
});
