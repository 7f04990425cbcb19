import { slotOf } from '#libs/kernel';
import { sequentialIds } from '#libs/testing';
import { decideBatch, prepare, streamKey, type BatchDecision, type EventRow, type LogState } from './decide-batch.ts';
import { IdempotencyKeyReused, WrongExpectedVersion } from './errors.ts';
import type { Append, RecordedEvent } from './event-store.ts';

/** What one caller does: an append, or a transaction of several. */
export type Work = Readonly<{
  kind: 'append' | 'transaction';
  appends: readonly Append[];
  /** A transaction whose handler fails after it has appended. */
  isRolledBack: boolean;
}>;

/** What a caller is told, or finds: comparable, without what differs from run to run. */
export type Told = Readonly<Record<string, unknown>>;

type Step = Readonly<{ told: Told; decision: BatchDecision | undefined }>;

const EMPTY: LogState = {
  lane: 0,
  head: 0,
  hash: Buffer.alloc(32),
  now: '2026-01-01T12:00:00.000Z',
  versions: new Map(),
  keys: new Map(),
};

/** What a log must be after some work, kept in memory: `decideBatch` applied to one work after another. */
export class LogModel {
  readonly events: EventRow[] = [];
  private readonly ids = sequentialIds();
  private state = EMPTY;

  get head(): number {
    return this.state.head;
  }

  versionOf(append: Pick<Append, 'tenant' | 'streamId'>): number {
    return this.state.versions.get(streamKey(append.tenant, append.streamId)) ?? 0;
  }

  streamOf({ tenant, streamId }: Pick<Append, 'tenant' | 'streamId'>): readonly EventRow[] {
    return this.events.filter((event) => event.tenant === tenant && event.stream_id === streamId);
  }

  /**
   * Takes in work that was done at the same time: first what stored events, in the order of their positions. All else must be
   * as it could have been told at some moment between.
   * @returns what should have been told, where it was not what was; nothing when all is well
   */
  takeIn(stored: readonly Work[], others: readonly Work[], told: (work: Work) => Told): Told[] {
    const wrong: Told[] = [];
    const moments = [this.state];
    for (const work of stored) {
      const step = this.stepOf(this.state, work);
      if (!isSame(step.told, told(work))) wrong.push(step.told);
      if (step.decision) this.advance(step.decision);
      moments.push(this.state);
    }
    for (const work of others) {
      const possible = moments.map((state) => this.stepOf(state, work));
      const isPossible = possible.some(
        (step) => isSame(step.told, told(work)) && (step.decision?.events.length ?? 0) === 0,
      );
      if (!isPossible) wrong.push({ noneOf: possible.map((step) => step.told) });
    }
    return wrong;
  }

  private stepOf(state: LogState, { kind, appends, isRolledBack }: Work): Step {
    if (isRolledBack) return { told: { failed: 'on purpose' }, decision: undefined };
    const prepared = appends.map((append) =>
      prepare(append, () => this.ids.next(), slotOf(append.tenant, append.streamId)),
    );
    const decision = decideBatch(state, prepared);
    const refusal = decision.verdicts.find((verdict) => verdict instanceof Error);
    if (refusal) return { told: toldOf(refusal), decision: undefined };
    if (kind === 'transaction') return { told: { committed: true }, decision };
    const [result] = decision.verdicts;
    return { told: result === undefined || result instanceof Error ? {} : { ...result }, decision };
  }

  private advance({ events, streams, keys, head, hash }: BatchDecision): void {
    const versions = new Map(this.state.versions);
    for (const stream of streams) versions.set(streamKey(stream.tenant, stream.stream_id), stream.version);
    const known = new Map(this.state.keys);
    for (const { tenant, key, fingerprint, ...row } of keys) {
      const { stream_version: streamVersion, first_position: firstPosition, last_position: lastPosition } = row;
      known.set(`${tenant}/${key}`, { fingerprint, streamVersion, firstPosition, lastPosition });
    }
    this.events.push(...events);
    this.state = { ...this.state, versions, keys: known, head, hash };
  }
}

/** A refusal by what it says; any other error by its text. */
export function toldOf(error: unknown): Told {
  if (error instanceof WrongExpectedVersion) {
    return { conflict: error.streamId, expected: error.expected, actual: error.actual };
  }
  if (error instanceof IdempotencyKeyReused) return { reused: error.key, firstPosition: error.firstPosition };
  return { failed: error instanceof Error ? error.message : String(error) };
}

/** What a model's event and a log's event have in common. */
export const ofModel = (row: EventRow): unknown[] => [
  row.position,
  row.tenant,
  row.stream_id,
  row.category,
  row.stream_version,
  row.slot,
  row.type,
  row.type_version,
  JSON.parse(row.data),
  JSON.parse(row.metadata),
];
export const ofLog = (event: RecordedEvent): unknown[] => [
  event.position,
  event.tenant,
  event.streamId,
  event.category,
  event.streamVersion,
  event.slot,
  event.type,
  event.typeVersion,
  event.data,
  event.metadata,
];

const isSame = (left: Told, right: Told): boolean =>
  JSON.stringify(Object.entries(left).sort()) === JSON.stringify(Object.entries(right).sort());
