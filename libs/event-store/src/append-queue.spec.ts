import { describe, expect, it } from '@jest/globals';
import { AppendQueue, type AppendQueueLimits } from './append-queue.ts';
import { AppendQueueFull } from './errors.ts';

/** Lets everything happen that waits for nothing outside. */
async function turn(): Promise<void> {
  for (let round = 0; round < 3; round += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** A store that shows each batch it is given and answers when told to. */
function heldStore(limits: Partial<AppendQueueLimits> = {}) {
  const batches: { items: readonly string[]; answer: PromiseWithResolvers<readonly string[]> }[] = [];
  const queue = new AppendQueue<string, string>((items) => {
    const answer = Promise.withResolvers<readonly string[]>();
    batches.push({ items, answer });
    return answer.promise;
  }, limits);
  return {
    queue,
    itemsOf: () => batches.map(({ items }) => items),
    /** Adds an item and lets it become a batch of its own, so that all others wait. */
    addFirst: async (item = 'first', sizeBytes = 1) => {
      const result = queue.add(item, sizeBytes);
      await turn();
      return { result };
    },
    /** Answers the newest batch: each item in capitals. The next one is under way then. */
    answer: async () => {
      const newest = batches.at(-1);
      newest?.answer.resolve(newest.items.map((item) => item.toUpperCase()));
      await turn();
    },
    /** Answers the newest batch with this alone. */
    answerWith: (...answers: readonly string[]) => batches.at(-1)?.answer.resolve(answers),
    fail: async (error: Error) => {
      batches.at(-1)?.answer.reject(error);
      await turn();
    },
  };
}

describe('the append queue', () => {
  it('waits for no timer and no other call when nothing is in flight', async () => {
    const { queue, itemsOf } = heldStore();

    void queue.add('a', 1);
    await Promise.resolve();

    expect(itemsOf()).toEqual([['a']]);
  });

  it('has one batch in flight; what arrives meanwhile is the next', async () => {
    const { queue, itemsOf, answer, addFirst } = heldStore();
    const results = [(await addFirst('a')).result, queue.add('b', 1), queue.add('c', 1)];

    await turn();
    expect(itemsOf()).toEqual([['a']]);
    await answer();
    results.push(queue.add('d', 1));
    await turn();
    expect(itemsOf()).toEqual([['a'], ['b', 'c']]);
    await answer();
    await answer();

    expect(await Promise.all(results)).toEqual(['A', 'B', 'C', 'D']);
    expect(itemsOf()).toEqual([['a'], ['b', 'c'], ['d']]);
  });

  it('lets callers that were answered together append again together', async () => {
    const { queue, itemsOf, answer, addFirst } = heldStore();
    await addFirst();
    const callers = ['a', 'b', 'c'].map(async (caller) => {
      await queue.add(`${caller}1`, 1);
      await queue.add(`${caller}2`, 1);
    });

    await answer();
    await answer();

    expect(itemsOf()).toEqual([['first'], ['a1', 'b1', 'c1'], ['a2', 'b2', 'c2']]);
    await answer();
    await Promise.all(callers);
  });

  it('takes at most 256 appends into a batch', async () => {
    const { queue, itemsOf, answer, addFirst } = heldStore();
    await addFirst();
    const names = Array.from({ length: 300 }, (_, index) => `i${index}`);
    const results = names.map((name) => queue.add(name, 1));

    for (let batch = 0; batch < 3; batch += 1) await answer();
    await Promise.all(results);

    expect(itemsOf().map((items) => items.length)).toEqual([1, 256, 44]);
    expect(itemsOf().flat()).toEqual(['first', ...names]);
  });

  it('takes at most a mebibyte into a batch, and an append above that alone', async () => {
    const { queue, itemsOf, answer, addFirst } = heldStore();
    await addFirst();
    const half = 512 * 1024;
    const sizes = { half, otherHalf: half, oneMore: 1, huge: 4 * half, last: 1 };
    const results = Object.entries(sizes).map(([item, sizeBytes]) => queue.add(item, sizeBytes));

    for (let batch = 0; batch < 5; batch += 1) await answer();
    await Promise.all(results);

    expect(itemsOf()).toEqual([['first'], ['half', 'otherHalf'], ['oneMore'], ['huge'], ['last']]);
  });

  it('takes what it is told to into a batch', async () => {
    const { queue, itemsOf, answer, addFirst } = heldStore({ batchAppends: 2, batchBytes: 10 });
    await addFirst();
    const results = Object.entries({ a: 1, b: 1, c: 1, d: 9, e: 2 }).map(([item, bytes]) => queue.add(item, bytes));

    for (let batch = 0; batch < 4; batch += 1) await answer();
    await Promise.all(results);

    expect(itemsOf()).toEqual([['first'], ['a', 'b'], ['c', 'd'], ['e']]);
  });

  it('fails a batch with all of its appends and no others', async () => {
    const { queue, answer, fail, addFirst } = heldStore();
    const results = [(await addFirst('a')).result, queue.add('b', 1), queue.add('c', 1)];
    const outcomes = Promise.allSettled(results);

    await answer();
    const later = queue.add('d', 1);
    await fail(new Error('disk full'));
    await answer();

    expect((await outcomes).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected']);
    expect(await later).toBe('D');
  });

  it('gives no append the verdict of another when verdicts are missing', async () => {
    const { answerWith, addFirst } = heldStore();
    const { result } = await addFirst();
    const outcome = Promise.allSettled([result]);

    answerWith();

    expect(await outcome).toMatchObject([{ status: 'rejected', reason: { message: /no verdict/ } }]);
  });

  it('refuses at once when 10,000 wait, and takes more when they are under way', async () => {
    const { queue, itemsOf, answer, addFirst } = heldStore();
    await addFirst();
    for (let index = 0; index < 10_000; index += 1) void queue.add(`i${index}`, 1);

    await expect(queue.add('too many', 1)).rejects.toThrow(AppendQueueFull);
    await answer();
    void queue.add('welcome', 1);

    expect(itemsOf()).toHaveLength(2);
    expect(queue.depth).toBe(10_000 - 256 + 1);
  });

  it('refuses at once, by a typed error, what is too large for the bytes that wait', async () => {
    const { queue, itemsOf, answer, addFirst } = heldStore({ waitingBytes: 100 });
    await addFirst('in flight', 90); // does not wait
    const results = [queue.add('a', 60), queue.add('b', 40)];

    const refusal: unknown = await queue.add('c', 1).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(AppendQueueFull);
    expect(refusal).toMatchObject({
      kind: 'unavailable',
      code: 'event-store/append-queue-full',
      message: '2 appends (100 bytes) are waiting for the database already. Try again in a moment.',
    });
    await answer();
    results.push(queue.add('d', 100)); // what waited is under way now
    await answer();
    await answer();

    expect(await Promise.all(results)).toEqual(['A', 'B', 'D']);
    expect(itemsOf()).toEqual([['in flight'], ['a', 'b'], ['d']]);
  });

  it('lets 64 MiB wait, and no more', async () => {
    const { queue, addFirst } = heldStore();
    await addFirst();
    for (let index = 0; index < 64; index += 1) void queue.add(`i${index}`, 1024 * 1024);

    await expect(queue.add('too much', 1)).rejects.toThrow(/^64 appends \(67108864 bytes\)/);
    expect(queue.depth).toBe(64);
  });

  it('takes an append above what may wait when nothing waits: it would never fit otherwise', async () => {
    const { queue, answer, addFirst } = heldStore({ waitingBytes: 100 });
    await addFirst();
    const huge = queue.add('huge', 1_000);

    await expect(queue.add('small', 1)).rejects.toThrow(AppendQueueFull);
    await answer();
    await answer();

    expect(await huge).toBe('HUGE');
  });

  it('counts what was refused neither as waiting nor by its bytes', async () => {
    const { queue, answer, addFirst } = heldStore({ waitingBytes: 100, waitingAppends: 2 });
    await addFirst();
    void queue.add('a', 50);
    await expect(queue.add('too large', 51)).rejects.toThrow(AppendQueueFull);

    const fits = queue.add('b', 50);

    await expect(queue.add('one too many', 0)).rejects.toThrow(/^2 appends \(100 bytes\)/);
    await answer();
    await answer();
    expect(await fits).toBe('B');
    expect(queue.depth).toBe(0);
  });

  it('is idle when nothing waits and nothing is in flight', async () => {
    const { queue, answer, addFirst } = heldStore();
    let isIdle = false;
    await addFirst();
    const second = queue.add('b', 1);
    const idle = queue.idle().then(() => {
      isIdle = true;
    });

    await answer();
    expect(isIdle).toBe(false);
    await answer();
    await second;
    await idle;

    expect(isIdle).toBe(true);
  });
});
