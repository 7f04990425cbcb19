import { describe, expect, it } from '@jest/globals';
import { correlationId, streamId, tenantId } from '#libs/kernel';
import { sequentialIds } from '#libs/testing';
import { chainHash } from './canonical-form.ts';
import {
  decideBatch,
  idempotencyKey,
  prepare,
  streamKey,
  type BatchDecision,
  type EventRow,
  type LogState,
} from './decide-batch.ts';
import { IdempotencyKeyReused, WrongExpectedVersion } from './errors.ts';
import { position, type Append } from './event-store.ts';

const tenant = tenantId('demo');
const flour = streamId('item', 'flour');
const metadata = { correlationId: correlationId('c-1'), actor: 'spec', occurredAt: '2026-01-01T12:00:00.000Z' };

const log = (state: Partial<LogState> = {}): LogState => ({
  lane: 0,
  head: 40,
  hash: Buffer.alloc(32, 7),
  now: '2026-01-01T12:00:01.000Z',
  versions: new Map([[streamKey('demo', 'item-flour'), 2]]),
  keys: new Map(),
  ...state,
});
const count = (append: Partial<Append>, ...numbers: number[]): Append => ({
  tenant,
  streamId: flour,
  expected: 'any',
  events: numbers.map((number) => ({ type: 'counted', typeVersion: 1, data: { number } })),
  metadata,
  ...append,
});
const decide = (state: LogState, ...appends: Append[]): BatchDecision => {
  const ids = sequentialIds();
  return decideBatch(
    state,
    appends.map((append) => prepare(append, () => ids.next(), 5)),
  );
};
const outcomes = ({ verdicts }: BatchDecision): string[] =>
  verdicts.map((verdict) => (verdict instanceof Error ? verdict.name : verdict.outcome));

describe('a batch of appends', () => {
  it('chains positions and versions over appends to one stream', () => {
    const decision = decide(log(), count({ expected: 2 }, 1, 2), count({ expected: 4 }, 3));

    expect(decision.events.map((row) => [row.position, row.stream_version, row.data])).toEqual([
      [41, 3, '{"number":1}'],
      [42, 4, '{"number":2}'],
      [43, 5, '{"number":3}'],
    ]);
    expect(decision.verdicts).toEqual([
      { outcome: 'appended', streamVersion: 4, firstPosition: 41, lastPosition: 42 },
      { outcome: 'appended', streamVersion: 5, firstPosition: 43, lastPosition: 43 },
    ]);
    expect(decision.streams).toMatchObject([{ stream_id: 'item-flour', version: 5, last_position: 43 }]);
    expect(decision.head).toBe(43);
  });

  it('fails the second of two writers of one version, and neither the first nor a neighbour', () => {
    const salt = streamId('item', 'salt');

    const decision = decide(
      log(),
      count({ expected: 2 }, 1),
      count({ expected: 2 }, 2),
      count({ streamId: salt, expected: 'no-stream' }, 3),
    );

    expect(outcomes(decision)).toEqual(['appended', 'WrongExpectedVersion', 'appended']);
    expect(decision.verdicts[1]).toMatchObject({ expected: 2, actual: 3, streamId: flour });
    expect(decision.events.map((row) => [row.position, row.data])).toEqual([
      [41, '{"number":1}'],
      [42, '{"number":3}'],
    ]);
  });

  it.each<{ expected: Append['expected']; version: number | undefined; accepted: boolean }>([
    { expected: 'any', version: undefined, accepted: true },
    { expected: 'any', version: 2, accepted: true },
    { expected: 'no-stream', version: undefined, accepted: true },
    { expected: 'no-stream', version: 2, accepted: false },
    { expected: 'exists', version: undefined, accepted: false },
    { expected: 'exists', version: 2, accepted: true },
    { expected: 0, version: undefined, accepted: true },
    { expected: 2, version: 2, accepted: true },
    { expected: 1, version: 2, accepted: false },
    { expected: 3, version: 2, accepted: false },
  ])('expecting $expected of a stream at $version is accepted: $accepted', ({ expected, version, accepted }) => {
    const versions = new Map(version === undefined ? [] : [[streamKey('demo', 'item-flour'), version]]);

    const { verdicts } = decide(log({ versions }), count({ expected }, 1));

    expect(verdicts[0] instanceof WrongExpectedVersion).toBe(!accepted);
  });

  it('keeps streams of the same name apart by tenant', () => {
    const decision = decide(log(), count({ tenant: tenantId('other'), expected: 'no-stream' }, 1));

    expect(outcomes(decision)).toEqual(['appended']);
  });

  it('stores a key once when it comes twice in one batch, and answers both the same', () => {
    const once = count({ idempotencyKey: 'k' }, 1, 2);

    const decision = decide(log(), once, once);

    expect(decision.verdicts).toEqual([
      { outcome: 'appended', streamVersion: 4, firstPosition: 41, lastPosition: 42 },
      { outcome: 'duplicate', streamVersion: 4, firstPosition: 41, lastPosition: 42 },
    ]);
    expect(decision.events).toHaveLength(2);
    expect(decision.keys).toMatchObject([{ tenant: 'demo', key: 'k', first_position: 41, last_position: 42 }]);
  });

  it('answers a key that the log knows by its first result, whatever the version is by now', () => {
    const once = count({ idempotencyKey: 'k', expected: 'no-stream' }, 1);
    const known = { ...keyOf(once), streamVersion: 1, firstPosition: 9, lastPosition: 9 };

    const decision = decide(log({ keys: new Map([[idempotencyKey('demo', 'k'), known]]) }), once);

    expect(decision.verdicts).toEqual([{ outcome: 'duplicate', streamVersion: 1, firstPosition: 9, lastPosition: 9 }]);
    expect(decision.events).toEqual([]);
    expect(decision.head).toBe(40);
  });

  it.each<{ name: string; other: Append }>([
    { name: 'other data', other: count({ idempotencyKey: 'k' }, 2) },
    { name: 'another stream', other: count({ idempotencyKey: 'k', streamId: streamId('item', 'salt') }, 1) },
    { name: 'more events', other: count({ idempotencyKey: 'k' }, 1, 1) },
  ])('refuses a key that comes again with $name', ({ other }) => {
    const decision = decide(log(), count({ idempotencyKey: 'k' }, 1), other);

    expect(decision.verdicts[1]).toBeInstanceOf(IdempotencyKeyReused);
    expect(decision.events).toHaveLength(1);
  });

  it('lets the caller say what the same content is', () => {
    const decision = decide(
      log(),
      count({ idempotencyKey: 'k', fingerprint: 'order 7' }, 1),
      count({ idempotencyKey: 'k', fingerprint: 'order 7' }, 2),
    );

    expect(outcomes(decision)).toEqual(['appended', 'duplicate']);
  });

  it('does not remember the key of a refused append', () => {
    const decision = decide(
      log(),
      count({ idempotencyKey: 'k', expected: 9 }, 1),
      count({ idempotencyKey: 'k', expected: 2 }, 1),
    );

    expect(outcomes(decision)).toEqual(['WrongExpectedVersion', 'appended']);
  });

  it('keeps the same key of two tenants apart', () => {
    const decision = decide(
      log(),
      count({ idempotencyKey: 'k' }, 1),
      count({ idempotencyKey: 'k', tenant: tenantId('other') }, 2),
    );

    expect(outcomes(decision)).toEqual(['appended', 'appended']);
  });

  it('links each event to the one before it, beginning with the head of the lane', () => {
    const state = log();

    const decision = decide(state, count({}, 1, 2), count({ expected: 0 }, 3), count({}, 4));

    let { hash } = state;
    for (const row of decision.events) {
      hash = hashOf(hash, row, state.now);
      expect(row.hash).toEqual(hash);
    }
    expect(decision.events).toHaveLength(3);
    expect(decision.hash).toEqual(hash);
  });

  it('leaves the state that it was given as it was', () => {
    const state = log();

    decide(state, count({ idempotencyKey: 'k' }, 1));

    expect(state).toEqual(log());
  });
});

function keyOf(append: Append): { fingerprint: string } {
  return prepare(append, () => sequentialIds().next(), 5);
}

function hashOf(previous: Buffer, row: EventRow, now: string): Buffer {
  return chainHash(previous, {
    position: position(row.position),
    lane: row.lane,
    slot: row.slot,
    tenant: tenantId(row.tenant),
    streamId: flour,
    category: row.category,
    streamVersion: row.stream_version,
    type: row.type,
    typeVersion: row.type_version,
    id: sequentialIds().nth(Number.parseInt(row.id.slice(-12), 16)),
    recordedAt: now,
    data: row.data,
    metadata: row.metadata,
  });
}
