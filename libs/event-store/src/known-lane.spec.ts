import { beforeEach, describe, expect, it } from '@jest/globals';
import { correlationId, streamId, tenantId } from '#libs/kernel';
import { fixedClock, sequentialIds, type FixedClock } from '#libs/testing';
import { decideBatch, prepare, streamKey, type BatchDecision, type LogState } from './decide-batch.ts';
import type { Append, ExpectedVersion } from './event-store.ts';
import { KnownLane } from './known-lane.ts';

const START_MS = Date.parse('2026-03-02T09:00:00.000Z');
const metadata = { correlationId: correlationId('c-1'), actor: 'spec', occurredAt: '2026-01-01T12:00:00.000Z' };
const ids = sequentialIds();
const hashOf = (byte: number): Buffer => Buffer.alloc(32, byte);

const append = (id: string, expected: ExpectedVersion = 'any', type = 'counted'): Append => ({
  tenant: tenantId('demo'),
  streamId: streamId('item', id),
  expected,
  events: [{ type, typeVersion: 1, data: {} }],
  metadata,
});
const prepared = (...appends: Append[]) => appends.map((each) => prepare(each, () => ids.next(), 0));
const key = (id: string): string => streamKey('demo', `item-${id}`);

/** What the log says of its lane and of some streams. */
const log = (head: number, versions: Record<string, number> = {}, hash = hashOf(head)): LogState => ({
  lane: 0,
  head,
  hash,
  now: new Date(START_MS).toISOString(),
  versions: new Map(Object.entries(versions).map(([id, version]) => [key(id), version])),
  keys: new Map(),
});

let clock: FixedClock;
let lane: KnownLane;

/** Decides on a state and lets the lane know that it was committed. */
function commit(state: LogState, ...appends: Append[]): BatchDecision {
  const decision = decideBatch(state, prepared(...appends));
  lane.advance(state, decision);
  return decision;
}
const believed = (...appends: Append[]) => lane.believe(prepared(...appends));
const believedVersion = (id: string): number | undefined => believed(append(id))?.state.versions.get(key(id));
/** When a batch of now would be recorded. */
const believedNow = (id = 'flour'): string | undefined => believed(append(id))?.state.now;

beforeEach(() => {
  clock = fixedClock(new Date(START_MS));
  lane = new KnownLane(0, clock);
  lane.observeClock(START_MS);
});

describe('what a process believes of a lane', () => {
  it('is nothing before it has read or written it', () => {
    expect(believed(append('flour', 'no-stream'))).toBeUndefined();
  });

  it('is what its newest batch left there', () => {
    const { head, hash } = commit(log(10, { flour: 2 }), append('flour', 2), append('flour', 3));

    expect(believed(append('flour'))).toEqual({
      state: {
        lane: 0,
        head: 12,
        hash,
        now: new Date(START_MS).toISOString(),
        versions: new Map([[key('flour'), 4]]),
        keys: new Map(),
      },
      unsure: [],
    });
    expect(head).toBe(12);
  });

  it('holds for streams that it only read, and for those that it found missing', () => {
    commit(log(10, { flour: 2, salt: 7, sugar: 0 }), append('flour'));

    expect([believedVersion('salt'), believedVersion('sugar')]).toEqual([7, 0]);
  });

  it('goes on from batch to batch', () => {
    commit(log(10, { flour: 2, salt: 7 }), append('flour'));
    const belief = believed(append('flour'), append('flour'));
    commit(belief?.state ?? log(0), append('flour'), append('flour'));

    expect([believedVersion('flour'), believedVersion('salt')]).toEqual([5, 7]);
    expect(believed(append('salt'))?.state.head).toBe(13);
  });

  it.each<{ expected: ExpectedVersion; version: number | undefined }>([
    { expected: 'no-stream', version: 0 },
    { expected: 0, version: 0 },
    { expected: 5, version: 5 },
    { expected: 'any', version: undefined },
    { expected: 'exists', version: undefined },
  ])('is, of an unknown stream, version $version when the writer expects $expected', ({ expected, version }) => {
    commit(log(10), append('flour', 'no-stream'));

    const belief = believed(append('flour'), append('salt', expected));

    expect(belief?.unsure).toEqual(version === undefined ? undefined : [{ ...unsure('salt'), version }]);
    expect(belief?.state.versions.get(key('salt'))).toBe(version);
  });

  it('assumes the version of a stream once for a batch, from the first who writes to it', () => {
    commit(log(10), append('flour', 'no-stream'));

    const belief = believed(append('salt', 3), append('salt', 4), append('salt'));

    expect(belief?.unsure).toEqual([{ ...unsure('salt'), version: 3 }]);
  });

  it('knows what it had assumed when the database found it so', () => {
    commit(log(10), append('flour', 'no-stream'));
    const batch = prepared(append('salt', 3));
    const state = lane.believe(batch)?.state ?? log(0);
    lane.advance(state, decideBatch(state, batch));

    expect(believed(append('salt'))?.unsure).toEqual([]);
    expect(believedVersion('salt')).toBe(4);
  });

  it('keeps streams of the same name apart by tenant', () => {
    commit(log(10, { flour: 2 }), append('flour'));

    expect(believed({ ...append('flour'), tenant: tenantId('other') })).toBeUndefined();
  });

  it('is nothing after it was told to forget, until the next batch', () => {
    commit(log(10, { flour: 2 }), append('flour'));
    lane.forget();
    expect(believed(append('flour', 3))).toBeUndefined();

    commit(log(20, { salt: 1 }), append('salt'));

    expect(believed(append('salt'))?.state.head).toBe(21);
    expect(believed(append('flour'))).toBeUndefined();
  });
});

describe('what others do', () => {
  it('makes a process forget all versions when a batch began at another head than it knew', () => {
    commit(log(10, { flour: 2, salt: 7 }), append('flour'));

    commit(log(15, { flour: 4 }), append('flour'));

    expect(believedVersion('flour')).toBe(5);
    expect(believed(append('salt'))).toBeUndefined();
  });

  it('makes it forget them at the same head with another hash, too', () => {
    commit(log(10, { flour: 2, salt: 7 }), append('flour'));

    commit(log(11, { flour: 3 }, hashOf(99)), append('flour'));

    expect(believedVersion('flour')).toBe(4);
    expect(believed(append('salt'))).toBeUndefined();
  });

  it('does not take it back to an answer that came late', () => {
    const early = log(10, { flour: 2 });
    const earlyDecision = decideBatch(early, prepared(append('flour')));
    commit(log(11, { flour: 3 }, earlyDecision.hash), append('flour'));

    lane.advance(early, earlyDecision);

    expect(believedVersion('flour')).toBe(4);
    expect(believed(append('flour'))?.state.head).toBe(12);
  });

  it('goes on from a batch that stored nothing', () => {
    commit(log(10, { flour: 2, salt: 7 }), append('flour'));
    const { state } = believed(append('flour')) ?? { state: log(0) };

    lane.advance(state, decideBatch(state, prepared(append('flour', 99))));

    expect([believedVersion('flour'), believedVersion('salt')]).toEqual([3, 7]);
  });
});

describe('types that a process has stored', () => {
  it('are no longer new', () => {
    const first = decideBatch(log(10), prepared(append('flour', 'any', 'counted')));
    const other = decideBatch(log(11), prepared(append('flour', 'any', 'counted'), append('flour', 'any', 'wasted')));

    expect([lane.hasNewTypes(first), lane.hasNewTypes(other)]).toEqual([true, true]);
    lane.advance(log(10), first);
    expect([lane.hasNewTypes(first), lane.hasNewTypes(other)]).toEqual([false, true]);
    lane.advance(log(11), other);
    expect(lane.hasNewTypes(other)).toBe(false);
  });

  it('are new in another version', () => {
    const batch = (typeVersion: number) =>
      decideBatch(log(10), prepared({ ...append('flour'), events: [{ type: 'counted', typeVersion, data: {} }] }));
    lane.advance(log(10), batch(1));

    expect([lane.hasNewTypes(batch(1)), lane.hasNewTypes(batch(2))]).toEqual([false, true]);
  });

  it('may be new to the database that answers after one that did not', () => {
    const batch = commit(log(10), append('flour'));
    lane.forget();
    expect(lane.hasNewTypes(batch)).toBe(false);

    lane.forgetAll();

    expect(lane.hasNewTypes(batch)).toBe(true);
  });
});

describe('the versions that are remembered', () => {
  it('are those of the 50,000 streams that were used last', () => {
    const versions = Object.fromEntries(Array.from({ length: 50_000 }, (_, index) => [`s${index}`, index + 1]));
    commit(log(10, versions), append('s0'));

    const belief = believed(append('one-more', 'no-stream'));
    commit(belief?.state ?? log(0), append('one-more', 'no-stream'));

    expect(believedVersion('s1')).toBeUndefined();
    expect(['s0', 's2', 's49999', 'one-more'].map(believedVersion)).toEqual([2, 3, 50_000, 1]);
  });
});

describe("the database's time as a process knows it", () => {
  const iso = (ms: number): string => new Date(START_MS + ms).toISOString();

  beforeEach(() => {
    commit(log(10, { flour: 2 }), append('flour'));
  });

  it('goes on with the process’s own clock, at the distance that an answer showed', () => {
    lane.observeClock(START_MS + 700);

    expect(believedNow()).toBe(iso(700));
    clock.advance(50);
    expect(believedNow()).toBe(iso(750));
  });

  it('is taken from the answer that was fastest under way', () => {
    lane.observeClock(START_MS + 700);
    lane.observeClock(START_MS + 400); // 300 ms old when it came

    expect(believedNow()).toBe(iso(700));
  });

  it('follows a clock that was set back by more than an answer takes', () => {
    lane.observeClock(START_MS + 9_000);
    lane.observeClock(START_MS + 7_900);

    expect(believedNow()).toBe(iso(7_900));
  });

  it('never goes back behind the newest event', () => {
    const later = { ...log(11, { flour: 3 }), now: iso(500) };
    commit(later, append('flour'));

    expect(believedNow()).toBe(iso(500));
    clock.advance(600);
    expect(believedNow()).toBe(iso(600));
  });

  it('is not held up by what was read and not stored', () => {
    const state = { ...log(11, { flour: 3 }), now: iso(500) };
    commit(state, append('flour', 99));

    expect(believedNow()).toBe(iso(0));
  });

  it('is the newest event’s for a batch that is decided on the database’s own, a little earlier, time', () => {
    commit({ ...log(11, { flour: 3 }), now: iso(500) }, append('flour'));

    expect([lane.notBeforeNewest(iso(499)), lane.notBeforeNewest(iso(500)), lane.notBeforeNewest(iso(501))]).toEqual([
      iso(500),
      iso(500),
      iso(501),
    ]);
  });

  it('is the database’s own when that was set back by more than it would accept, and goes on from there', () => {
    commit({ ...log(11, { flour: 3 }), now: iso(60_000) }, append('flour'));
    expect(lane.notBeforeNewest(iso(0))).toBe(iso(0));

    commit({ ...log(12, { flour: 4 }), now: iso(0) }, append('flour'));

    expect(believedNow()).toBe(iso(0));
  });

  it('is learned anew after the database did not answer', () => {
    lane.observeClock(START_MS + 900);
    lane.forgetAll();
    lane.observeClock(START_MS - 50);
    commit({ ...log(11, { flour: 3 }), now: iso(-50) }, append('flour'));

    expect(believedNow()).toBe(iso(-50));
  });
});

function unsure(id: string): { tenant: string; streamId: string } {
  return { tenant: 'demo', streamId: `item-${id}` };
}
