import { describe, expect, it } from '@jest/globals';
import { measureTogether, type Contender, type Pace } from './measure.ts';

const PACE: Pace = { seconds: 0.001, rounds: 3, say: () => undefined };

/** A contender that notes who runs, once for each turn. */
function noting(name: string, turns: string[], contender: Partial<Contender> = {}): Contender {
  return {
    name,
    callers: 1,
    call: () => {
      if (turns.at(-1) !== name) turns.push(name);
      return Promise.resolve();
    },
    ...contender,
  };
}

describe('a comparison', () => {
  it('lets its rows take turns, each round beginning with another one', async () => {
    const turns: string[] = [];

    await measureTogether([noting('a', turns), noting('b', turns), noting('c', turns)], PACE);

    // The warm-up, then three rounds; "c a" and "a b" meet at their borders.
    expect(turns.join(' ')).toBe('a b c a b c b c a c a b');
  });

  it('gives a row for each, in the order given, with the events of its calls', async () => {
    const rows = await measureTogether([noting('a', []), noting('b', [], { eventsPerCall: 1_000_000 })], PACE);

    expect(rows.map(({ name }) => name)).toEqual(['a', 'b']);
    expect(rows[1]?.figures.eventsPerSecond.min).toBeGreaterThan(1_000_000);
    expect(rows[0]?.figures).toMatchObject({
      p50Ms: expect.any(Number),
      p99Ms: expect.any(Number),
      postgresMicrosecondsPerEvent: undefined,
    });
  });

  it('runs so many callers at once, each by its own number', async () => {
    const callers = new Set<number>();

    await measureTogether(
      [noting('a', [], { callers: 4, call: (caller) => Promise.resolve(callers.add(caller)) })],
      PACE,
    );

    expect([...callers].sort()).toEqual([0, 1, 2, 3]);
  });

  it('prepares a row before the warm-up and before each of its rounds', async () => {
    let prepared = 0;

    await measureTogether([noting('a', [], { before: () => Promise.resolve((prepared += 1)) })], PACE);

    expect(prepared).toBe(4);
  });

  it('measures only the rows that were asked for', async () => {
    const rows = await measureTogether([noting('a', []), noting('b', [], { callers: 2 })], {
      ...PACE,
      only: ['b, 2 callers'],
    });

    expect(rows.map(({ name }) => name)).toEqual(['b']);
  });

  it('fails with the error of a call', async () => {
    const failing = noting('a', [], { call: () => Promise.reject(new Error('no server')) });

    await expect(measureTogether([failing], PACE)).rejects.toThrow('no server');
  });
});
