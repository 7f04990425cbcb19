import { describe, expect, it } from '@jest/globals';
import { runInNewContext } from 'node:vm';
import { correlationId, streamId, tenantId } from '#libs/kernel';
import { sequentialIds } from '#libs/testing';
import { prepare, type PreparedAppend, type Verdict } from './decide-batch.ts';
import { IdempotencyKeyReused, StoreFull, StoreUnavailable, UnstorableEvent, WrongExpectedVersion } from './errors.ts';
import { position } from './event-store.ts';
import { writeWithRetries, type Outcome } from './write-with-retries.ts';

const FOREVER_MS = 60_000;
const LOST = new StoreUnavailable(new Error('connection lost'), 'unknown');
const REFUSED = new StoreUnavailable(new Error('connection refused'), 'no');
const FULL = new StoreFull(new Error('no space left on device'));

const ids = sequentialIds();

/** An append to a stream of this name, with a key of this name or none. */
function append(name: string, key?: string): PreparedAppend {
  const draft = {
    tenant: tenantId('demo'),
    streamId: streamId('item', name),
    expected: 'any',
    events: [{ type: 'counted', typeVersion: 1, data: {} }],
    metadata: { correlationId: correlationId('c-1'), actor: 'spec', occurredAt: '2026-01-01T12:00:00.000Z' },
  } as const;
  return prepare(key === undefined ? draft : { ...draft, idempotencyKey: key }, () => ids.next(), 0);
}
const keyed = (name: string): PreparedAppend => append(name, `key of ${name}`);
const nameOf = ({ append: { streamId: stream } }: PreparedAppend): string => stream.replace('item-', '');

/** A verdict that tells whose it is. */
const verdictOf = (prepared: PreparedAppend): Verdict => ({
  outcome: 'appended',
  streamVersion: nameOf(prepared).charCodeAt(0),
  firstPosition: position(1),
  lastPosition: position(1),
});
const verdictsOf = (batch: readonly PreparedAppend[]): Verdict[] => batch.map(verdictOf);

type Answer = Error | ((batch: readonly PreparedAppend[]) => readonly Verdict[]);

/** A log that gives one answer after another, the last one for ever, and tells what it was given. */
function logThatAnswers(...answers: readonly Answer[]) {
  const tries: string[][] = [];
  const write = (batch: readonly PreparedAppend[]): Promise<readonly Verdict[]> => {
    const answer = answers[Math.min(tries.length, answers.length - 1)] ?? verdictsOf;
    tries.push(batch.map(nameOf));
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer(batch));
  };
  return { write, tries };
}

const patient = () => ({ forMs: FOREVER_MS, signal: new AbortController().signal });
const applied = (outcome: Outcome | undefined): string | undefined =>
  outcome instanceof StoreUnavailable ? outcome.applied : undefined;

describe('writing a batch', () => {
  it('is one try when it is answered', async () => {
    const log = logThatAnswers(verdictsOf);
    const batch = [append('a'), keyed('b')];

    expect(await writeWithRetries(batch, log.write, patient())).toEqual(verdictsOf(batch));
    expect(log.tries).toEqual([['a', 'b']]);
  });

  it('is tried again as a whole while it is certain that nothing was stored', async () => {
    const log = logThatAnswers(REFUSED, REFUSED, verdictsOf);
    const batch = [append('a'), keyed('b')];

    expect(await writeWithRetries(batch, log.write, patient())).toEqual(verdictsOf(batch));
    expect(log.tries).toEqual([
      ['a', 'b'],
      ['a', 'b'],
      ['a', 'b'],
    ]);
  });

  it('repeats of what may have been stored only the appends with a key', async () => {
    const log = logThatAnswers(LOST, verdictsOf);
    const [a, b, c, d] = [append('a'), keyed('b'), append('c'), keyed('d')];

    const outcomes = await writeWithRetries([a, b, c, d], log.write, patient());

    expect(log.tries).toEqual([
      ['a', 'b', 'c', 'd'],
      ['b', 'd'],
    ]);
    expect(outcomes).toEqual([LOST, verdictOf(b), LOST, verdictOf(d)]);
  });

  it('never again tries one without a key once it may have been stored, whatever the others meet', async () => {
    const log = logThatAnswers(REFUSED, LOST, REFUSED, verdictsOf);
    const [a, b] = [append('a'), keyed('b')];

    expect(await writeWithRetries([a, b], log.write, patient())).toEqual([LOST, verdictOf(b)]);
    expect(log.tries).toEqual([['a', 'b'], ['a', 'b'], ['b'], ['b']]);
  });

  it('does not repeat what met a full disk, neither together nor one by one', async () => {
    const log = logThatAnswers(FULL, verdictsOf);

    expect(await writeWithRetries([keyed('a'), append('b')], log.write, patient())).toEqual([FULL, FULL]);
    expect(log.tries).toEqual([['a', 'b']]);
  });

  it('does not repeat an error of the append', async () => {
    const odd = new UnstorableEvent('#/data', 'is odd');
    const log = logThatAnswers(odd, verdictsOf);

    expect(await writeWithRetries([keyed('a')], log.write, patient())).toEqual([odd]);
    expect(log.tries).toEqual([['a']]);
  });

  it('does not repeat refusals, which are verdicts', async () => {
    const conflict = new WrongExpectedVersion('item-a', 1, 2);
    const reused = new IdempotencyKeyReused('key of b', 7);
    const log = logThatAnswers(() => [conflict, reused]);

    expect(await writeWithRetries([keyed('a'), keyed('b')], log.write, patient())).toEqual([conflict, reused]);
    expect(log.tries).toHaveLength(1);
  });

  it('answers in the order of the appends, in whatever order they were resolved', async () => {
    const log = logThatAnswers(LOST, (batch) => verdictsOf(batch));
    const batch = ['d', 'b', 'c', 'a'].map(keyed);

    expect(await writeWithRetries(batch, log.write, patient())).toEqual(verdictsOf(batch));
  });

  it('gives no append the verdict of another when verdicts are missing', async () => {
    const log = logThatAnswers((batch) => verdictsOf(batch).slice(0, 1));
    const batch = [append('a'), append('b')];

    expect(await writeWithRetries(batch, log.write, patient())).toEqual([
      verdictsOf(batch)[0],
      new Error('The batch gave no verdict.'),
    ]);
  });
});

describe('an error that may be of one append alone', () => {
  const odd = new TypeError('odd append');
  const failsWith = (error: Error, name: string) => (batch: readonly PreparedAppend[]) => {
    if (batch.some((each) => nameOf(each) === name)) throw error;
    return verdictsOf(batch);
  };

  it('fails that one, and the others are stored each by itself', async () => {
    const log = logThatAnswers(failsWith(odd, 'b'));
    const [a, b, c] = [append('a'), append('b'), append('c')];

    expect(await writeWithRetries([a, b, c], log.write, patient())).toEqual([verdictOf(a), odd, verdictOf(c)]);
    expect(log.tries).toEqual([['a', 'b', 'c'], ['a'], ['b'], ['c']]);
  });

  it('is told as an error when it comes from another realm, and is none here', async () => {
    const foreign = runInNewContext("new Error('from elsewhere')") as Error;

    const [outcome] = await writeWithRetries([append('a')], () => Promise.reject(foreign), patient());

    expect(outcome).toBeInstanceOf(Error);
    expect(outcome).toMatchObject({ message: 'Error: from elsewhere', cause: foreign });
  });

  it('does not hide that the database went away meanwhile: each is repeated by its own rule', async () => {
    const log = logThatAnswers(odd, verdictsOf, LOST, REFUSED, LOST, verdictsOf);
    const [a, b, c, d] = [append('a'), append('b'), append('c'), keyed('d')];

    const outcomes = await writeWithRetries([a, b, c, d], log.write, patient());

    expect(log.tries).toEqual([['a', 'b', 'c', 'd'], ['a'], ['b'], ['c'], ['d'], ['c', 'd']]);
    expect(outcomes).toEqual([verdictOf(a), LOST, verdictOf(c), verdictOf(d)]);
  });
});

describe('an append that may have been stored', () => {
  it.each<{ name: string; later: Error }>([
    { name: 'that could not be sent', later: REFUSED },
    { name: 'that met a full disk', later: FULL },
    { name: 'that failed otherwise', later: new TypeError('odd') },
  ])('is not certainly unstored because of a later try $name', async ({ later }) => {
    const log = logThatAnswers(LOST, later);

    const [outcome] = await writeWithRetries([keyed('a')], log.write, { ...patient(), forMs: 40 });

    expect(applied(outcome)).toBe('unknown');
    expect(log.tries.length).toBeGreaterThan(1);
  });

  it.each<{ name: string; verdict: Verdict }>([
    { name: 'stored now', verdict: verdictOf(append('a')) },
    { name: 'not stored before, and refused now', verdict: new WrongExpectedVersion('item-a', 1, 2) },
    { name: 'of a key that others had used', verdict: new IdempotencyKeyReused('key of a', 7) },
  ])('is resolved by the verdict: $name', async ({ verdict }) => {
    const log = logThatAnswers(LOST, REFUSED, () => [verdict]);

    expect(await writeWithRetries([keyed('a')], log.write, patient())).toEqual([verdict]);
  });
});

describe('the end of trying', () => {
  it('is the deadline: the last answer is given then', async () => {
    const log = logThatAnswers(REFUSED);
    const startedAt = performance.now();

    expect(await writeWithRetries([append('a')], log.write, { ...patient(), forMs: 50 })).toEqual([REFUSED]);

    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(50);
    expect(log.tries.length).toBeGreaterThan(1);
  });

  it('is the first answer when there is no time at all', async () => {
    const log = logThatAnswers(REFUSED, verdictsOf);

    expect(await writeWithRetries([append('a')], log.write, { ...patient(), forMs: 0 })).toEqual([REFUSED]);
    expect(log.tries).toHaveLength(1);
  });

  it('comes at once when it is told to stop while it waits', async () => {
    const closing = new AbortController();
    const log = logThatAnswers(REFUSED);
    const write = (batch: readonly PreparedAppend[]) => {
      setImmediate(() => {
        closing.abort();
      });
      return log.write(batch);
    };

    expect(await writeWithRetries([append('a')], write, { forMs: FOREVER_MS, signal: closing.signal })).toEqual([
      REFUSED,
    ]);
    expect(log.tries.length).toBeLessThanOrEqual(2); // the one that it woke up for
  });

  it('lets a batch that comes after it be tried once', async () => {
    const log = logThatAnswers(REFUSED);

    await writeWithRetries([append('a')], log.write, { forMs: FOREVER_MS, signal: AbortSignal.abort() });

    expect(log.tries).toHaveLength(1);
  });
});
