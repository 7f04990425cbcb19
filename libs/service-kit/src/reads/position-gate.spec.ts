import { beforeEach, describe, expect, it } from '@jest/globals';
import { position, StoreUnavailable, type LogProgress } from '#libs/event-store';
import { fixedClock } from '#libs/testing';
import { PositionGate } from './position-gate.ts';
import { OtherEpoch, ReadModelBehind, UnknownPosition } from './read.errors.ts';

const WAIT_MS = 5_000;

/** Time that passes only when a test says so. */
class ManualTime {
  readonly clock = fixedClock();
  private timers: { at: number; callback: () => void }[] = [];

  readonly after = (ms: number, callback: () => void): (() => void) => {
    const timer = { at: this.nowMs() + ms, callback };
    this.timers.push(timer);
    return () => {
      this.timers = this.timers.filter((one) => one !== timer);
    };
  };

  get pending(): number {
    return this.timers.length;
  }

  async pass(ms: number): Promise<void> {
    await settled();
    const end = this.nowMs() + ms;
    for (;;) {
      const next = this.timers.toSorted((left, right) => left.at - right.at).find(({ at }) => at <= end);
      if (!next) break;
      this.timers = this.timers.filter((one) => one !== next);
      this.clock.set(new Date(next.at));
      next.callback();
      await settled();
    }
    this.clock.set(new Date(end));
    await settled();
  }

  private nowMs(): number {
    return this.clock.now().getTime();
  }
}

/** Lets everything run that waits for nothing but promises. */
const settled = async (): Promise<void> => {
  await new Promise((resolve) => setImmediate(resolve));
};

/** What the database says, and how often it was asked. */
class Log {
  epoch = 1;
  head = 0;
  looks = 0;
  failure: Error | undefined;
  readonly projections = new Map<string, number>();

  readonly look = (): Promise<LogProgress> => {
    this.looks += 1;
    if (this.failure) return Promise.reject(this.failure);
    const subscribers = [...this.projections].map(([name, at]) => ({ name, position: position(at) }));
    return Promise.resolve({ epoch: this.epoch, head: position(this.head), subscribers });
  };
}

let time: ManualTime;
let log: Log;
let gate: PositionGate;

beforeEach(() => {
  time = new ManualTime();
  log = new Log();
  log.head = 10;
  log.projections.set('stock', 10).set('decisions', 10);
  gate = new PositionGate({ look: log.look, clock: time.clock, waitMs: WAIT_MS, after: time.after });
});

const wanted = (at: number, epoch?: number) => ({ epoch, position: at });

/** What became of it so far, without waiting for it. */
function outcomeOf(work: Promise<unknown>): { value: unknown } {
  const outcome: { value: unknown } = { value: 'waiting' };
  work.then(
    (value: unknown) => (outcome.value = value),
    (error: unknown) => (outcome.value = error),
  );
  return outcome;
}

describe('a reader that waits for a position', () => {
  it('is let through at once when every projection is there', async () => {
    expect(await gate.waitFor(wanted(10, 1))).toEqual({ epoch: 1, position: 10 });
    expect(await gate.waitFor(wanted(0))).toEqual({ epoch: 1, position: 10 });
    expect(time.pending).toBe(0);
  });

  it('waits for the slowest projection, and goes on at its progress without the passing of time', async () => {
    log.projections.set('stock', 9).set('decisions', 3);
    const outcome = outcomeOf(gate.waitFor(wanted(8)));
    await settled();
    expect(outcome.value).toBe('waiting');

    log.projections.set('decisions', 7);
    gate.projected();
    await settled();
    expect(outcome.value).toBe('waiting');

    log.projections.set('decisions', 8);
    gate.projected();
    await settled();
    expect(outcome.value).toEqual({ epoch: 1, position: 8 });
  });

  it('sees the progress that another instance made, although nobody tells of it', async () => {
    log.projections.set('decisions', 3);
    const outcome = outcomeOf(gate.waitFor(wanted(10)));
    await settled();
    log.projections.set('decisions', 10);

    await time.pass(30);

    expect(outcome.value).toEqual({ epoch: 1, position: 10 });
  });

  it('is told after the limit which projection is behind, where it is and what was wanted', async () => {
    log.projections.set('decisions', 3);
    const outcome = outcomeOf(gate.waitFor(wanted(10)));
    await time.pass(WAIT_MS - 1);
    expect(outcome.value).toBe('waiting');

    await time.pass(1);

    expect(outcome.value).toBeInstanceOf(ReadModelBehind);
    expect(outcome.value).toMatchObject({
      code: 'read-model/behind',
      kind: 'unavailable',
      projection: 'decisions',
      at: { epoch: 1, position: 3 },
      wanted: 10,
      retryAfterMs: 1_000,
    });
    expect(String(outcome.value)).toContain('The read model decisions is at position 1:3 and did not reach 10');
  });

  it('leaves nothing behind: the database is not asked when nobody waits', async () => {
    log.projections.set('decisions', 3);
    const outcome = outcomeOf(gate.waitFor(wanted(10)));
    await time.pass(WAIT_MS + 100);
    expect(outcome.value).toBeInstanceOf(ReadModelBehind);
    const { looks } = log;

    gate.projected();
    await time.pass(WAIT_MS);

    expect(log.looks).toBe(looks);
    expect(time.pending).toBe(0);
  });

  it('is refused at once beyond the head of the log', async () => {
    await expect(gate.waitFor(wanted(11))).rejects.toThrow(UnknownPosition);
    await expect(gate.waitFor(wanted(11, 1))).rejects.toMatchObject({
      code: 'read-model/unknown-position',
      head: { epoch: 1, position: 10 },
    });
    expect(time.pending).toBe(0);
  });

  it('looks afresh before it refuses: what was just written is never unknown', async () => {
    await gate.reached();
    log.head = 11;
    log.projections.set('stock', 11).set('decisions', 11);

    expect(await gate.waitFor(wanted(11))).toEqual({ epoch: 1, position: 11 });
  });

  it('is not refused because of a look that began before the write', async () => {
    const slow = Promise.withResolvers<undefined>();
    const old = await log.look();
    const answers = [slow.promise.then(() => old)];
    const looking = new PositionGate({
      look: () => answers.shift() ?? log.look(),
      clock: time.clock,
      waitMs: WAIT_MS,
      after: time.after,
    });
    const reader = looking.reached();
    log.head = 11;
    log.projections.set('stock', 11).set('decisions', 11);
    const waiting = looking.waitFor(wanted(11));
    slow.resolve(undefined);

    expect(await reader).toEqual({ epoch: 1, position: 10 });
    expect(await waiting).toEqual({ epoch: 1, position: 11 });
  });

  it.each([1, 3])('is refused at once when it is of epoch %d and the store is in 2', async (epoch) => {
    log.epoch = 2;

    await expect(gate.waitFor(wanted(5, epoch))).rejects.toThrow(OtherEpoch);
    await expect(gate.waitFor(wanted(5, epoch))).rejects.toMatchObject({ code: 'read-model/other-epoch', epoch: 2 });
    expect(await gate.waitFor(wanted(5))).toEqual({ epoch: 2, position: 10 });
  });

  it('is refused when the store is restored meanwhile', async () => {
    log.projections.set('decisions', 3);
    const outcome = outcomeOf(gate.waitFor(wanted(10)));
    await settled();
    log.epoch = 2;

    await time.pass(30);

    expect(outcome.value).toBeInstanceOf(OtherEpoch);
  });

  it('is told when the database is away', async () => {
    log.projections.set('decisions', 3);
    const waiting = outcomeOf(gate.waitFor(wanted(10)));
    await settled();
    log.failure = new StoreUnavailable(new Error('gone'));

    await time.pass(30);
    expect(waiting.value).toBe(log.failure);
    await expect(gate.waitFor(wanted(5))).rejects.toBe(log.failure);

    log.failure = undefined;
    expect(await gate.waitFor(wanted(3))).toEqual({ epoch: 1, position: 3 });
  });

  it('costs the database one question at a time, however many wait', async () => {
    log.projections.set('decisions', 3);
    const outcomes = Array.from({ length: 200 }, () => outcomeOf(gate.waitFor(wanted(10))));
    await settled();
    expect(log.looks).toBeLessThanOrEqual(2);

    log.projections.set('decisions', 10);
    gate.projected();
    await settled();

    expect(outcomes.map(({ value }) => value)).toEqual(outcomes.map(() => ({ epoch: 1, position: 10 })));
    expect(log.looks).toBeLessThanOrEqual(3);
  });
});

describe('a reader that waits for nothing', () => {
  it('learns what the slowest projection contains', async () => {
    log.projections.set('decisions', 3);

    expect(await gate.reached()).toEqual({ epoch: 1, position: 3 });
  });

  it('asks the database no more than ten times a second while the read models are behind', async () => {
    log.projections.set('decisions', 3);
    for (let read = 0; read < 100; read += 1) {
      await gate.reached();
      await time.pass(10);
    }

    expect(log.looks).toBeGreaterThan(5);
    expect(log.looks).toBeLessThanOrEqual(10);
  });

  it('asks once a second while nothing is written, and again soon after something is', async () => {
    for (let read = 0; read < 80; read += 1) {
      await gate.reached();
      await time.pass(10);
    }
    expect(log.looks).toBe(1);

    log.head = 11;
    log.projections.set('stock', 11).set('decisions', 11);
    gate.appended(position(11));
    await time.pass(110);

    expect(await gate.reached()).toEqual({ epoch: 1, position: 11 });
  });

  it('gets the head of a log that nobody projects', async () => {
    log.projections.clear();

    expect(await gate.reached()).toEqual({ epoch: 1, position: 10 });
    expect(await gate.waitFor(wanted(10))).toEqual({ epoch: 1, position: 10 });
  });
});

describe('a writer', () => {
  it('learns what its position is called, and the newest one when it wrote nothing', async () => {
    expect(await gate.named(position(7))).toEqual({ epoch: 1, position: 7 });
    log.head = 12;
    expect(await gate.newest()).toEqual({ epoch: 1, position: 12 });
  });
});
