import type { Clock } from '#libs/kernel';
import { streamKey, type BatchDecision, type LogState, type PreparedAppend } from './decide-batch.ts';

/** A stream whose version was assumed, and that the database must compare before it stores. */
export type UnsureStream = Readonly<{ tenant: string; streamId: string; version: number }>;

/** What a batch may be decided on before the lane is locked, if the database then finds it true. */
export type Belief = Readonly<{ state: LogState; unsure: readonly UnsureStream[] }>;

/** @default 50,000 streams whose versions are remembered, a few megabytes */
const MAX_STREAMS = 50_000;
/** A database's clock that is so far behind our estimate of it was set back. */
const CLOCK_STEP_MS = 1_000;
/** The database refuses times that are 5 s away from its own. */
const MAX_LEAD_MS = 4_000;

/**
 * What this process knows of one lane since it last read it or wrote to it. While the lane's head is still the one that
 * it knows, nobody else has appended, so all the versions that it remembers are true; the database compares the head
 * before it stores. That saves a round trip, and the lane is locked for the storing alone.
 */
export class KnownLane {
  private readonly clock: Clock;
  private readonly lane: number;
  private head: { readonly position: number; readonly hash: Buffer } | undefined;
  private readonly versions = new Map<string, number>();
  private readonly types = new Set<string>();
  private clockOffsetMs = Number.NEGATIVE_INFINITY;
  private newestAtMs = 0;

  constructor(lane: number, clock: Clock) {
    this.lane = lane;
    this.clock = clock;
  }

  /** `undefined` when the lane, or the version of a stream, must be read first. */
  believe(batch: readonly PreparedAppend[]): Belief | undefined {
    if (!this.head) return undefined;
    const versions = new Map<string, number>();
    const unsure: UnsureStream[] = [];
    for (const { append } of batch) {
      const key = streamKey(append.tenant, append.streamId);
      if (versions.has(key)) continue;
      const known = this.versions.get(key);
      const version = known ?? assumedVersion(append.expected);
      if (version === undefined) return undefined;
      if (known === undefined) unsure.push({ tenant: append.tenant, streamId: append.streamId, version });
      versions.set(key, version);
    }
    const { position, hash } = this.head;
    return { state: { lane: this.lane, head: position, hash, now: this.now(), versions, keys: new Map() }, unsure };
  }

  /** Whether a batch has event types that this process has not stored yet. */
  hasNewTypes({ events }: BatchDecision): boolean {
    return events.some((event) => !this.types.has(typeKey(event)));
  }

  /** Takes in a batch that was decided on `base` and committed. */
  advance(base: LogState, { events, streams, head, hash }: BatchDecision): void {
    for (const event of events) this.types.add(typeKey(event));
    if (this.head && base.head < this.head.position) return; // an answer that came late: later ones are known already
    // By the hash, since a position may be of another history: that of a standby promoted without our newest events.
    if (!this.head?.hash.equals(base.hash)) this.versions.clear();
    this.head = { position: head, hash };
    if (events.length > 0) this.newestAtMs = Date.parse(base.now);
    for (const [key, version] of base.versions) this.remember(key, version);
    for (const stream of streams) this.remember(streamKey(stream.tenant, stream.stream_id), stream.version);
  }

  /** Takes in what the database's clock said in an answer that just came. */
  observeClock(databaseMs: number): void {
    // An answer is always some time old, so the largest difference is the truest.
    const offset = databaseMs - this.clock.now().getTime();
    if (offset > this.clockOffsetMs || this.clockOffsetMs - offset > CLOCK_STEP_MS) this.clockOffsetMs = offset;
  }

  /** Someone else appended, or nobody knows what became of the last batch. */
  forget(): void {
    this.head = undefined;
    this.versions.clear();
  }

  /** The database did not answer. It may be another one by now, with another clock, and without what was lost with the first. */
  forgetAll(): void {
    this.forget();
    this.types.clear();
    this.clockOffsetMs = Number.NEGATIVE_INFINITY;
  }

  /** For what is decided on the database's own time: the newest event's, unless that clock was set back far. */
  notBeforeNewest(databaseNow: string): string {
    const leadMs = this.newestAtMs - Date.parse(databaseNow);
    return leadMs > 0 && leadMs <= MAX_LEAD_MS ? new Date(this.newestAtMs).toISOString() : databaseNow;
  }

  /** The database's time as far as we know it; never before the newest event's. */
  private now(): string {
    const estimate = Math.floor(this.clock.now().getTime() + this.clockOffsetMs);
    return new Date(Math.max(estimate, this.newestAtMs)).toISOString();
  }

  private remember(key: string, version: number): void {
    this.versions.delete(key);
    this.versions.set(key, version);
    if (this.versions.size <= MAX_STREAMS) return;
    const [oldest] = this.versions.keys();
    if (oldest !== undefined) this.versions.delete(oldest);
  }
}

/** What a writer who names a version believes; nobody can assume the version of a stream that merely exists. */
function assumedVersion(expected: PreparedAppend['append']['expected']): number | undefined {
  if (typeof expected === 'number') return expected;
  return expected === 'no-stream' ? 0 : undefined;
}

const typeKey = ({ type, type_version }: { readonly type: string; readonly type_version: number }): string =>
  `${type}/${type_version}`;
