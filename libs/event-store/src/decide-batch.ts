import { categoryOf, type EventId } from '#libs/kernel';
import { canonicalJson, chainHash, fingerprintOf } from './canonical-form.ts';
import { IdempotencyKeyReused, WrongExpectedVersion } from './errors.ts';
import { position, type Append, type AppendResult, type ExpectedVersion } from './event-store.ts';

/** An append whose events have their ids and canonical text; made before the lane is locked. */
export type PreparedAppend = Readonly<{
  append: Append;
  slot: number;
  /** Hexadecimal; empty without an idempotency key. */
  fingerprint: string;
  metadata: string;
  /** Of the text of metadata and data. */
  sizeBytes: number;
  events: readonly Readonly<{ id: EventId; type: string; typeVersion: number; data: string }>[];
}>;

/** What the log holds of a batch's streams and keys, read while the lane is locked. */
export type LogState = Readonly<{
  lane: number;
  head: number;
  hash: Buffer;
  /** The database's time, ISO 8601 to the millisecond. */
  now: string;
  /** Version by `streamKey`; absent for a stream that does not exist. */
  versions: ReadonlyMap<string, number>;
  /** By `idempotencyKey`; absent for an unknown key. */
  keys: ReadonlyMap<string, KnownKey>;
}>;

export type KnownKey = Readonly<{
  fingerprint: string;
  streamVersion: number;
  firstPosition: number;
  lastPosition: number;
}>;

export type EventRow = Readonly<{
  position: number;
  lane: number;
  slot: number;
  tenant: string;
  stream_id: string;
  category: string;
  stream_version: number;
  type: string;
  type_version: number;
  id: string;
  data: string;
  metadata: string;
  hash: Buffer;
}>;
export type StreamRow = Readonly<{
  tenant: string;
  stream_id: string;
  category: string;
  slot: number;
  version: number;
  last_position: number;
}>;
export type KeyRow = Readonly<{
  tenant: string;
  key: string;
  fingerprint: string;
  stream_version: number;
  first_position: number;
  last_position: number;
}>;

export type Verdict = AppendResult | WrongExpectedVersion | IdempotencyKeyReused;

/** One verdict per append, in order, and the rows that the accepted ones add. */
export type BatchDecision = Readonly<{
  verdicts: readonly Verdict[];
  events: readonly EventRow[];
  streams: readonly StreamRow[];
  keys: readonly KeyRow[];
  head: number;
  hash: Buffer;
}>;

export const streamKey = (tenant: string, streamId: string): string => `${tenant}/${streamId}`;
export const idempotencyKey = (tenant: string, key: string): string => `${tenant}/${key}`;

/** Gives an append its ids, slot and canonical text: the costly part, done while no lane is locked. @throws UnstorableEvent */
export function prepare(append: Append, nextId: () => EventId, slot: number): PreparedAppend {
  const isSingle = append.events.length === 1;
  const events = append.events.map((event, index) => ({
    id: event.id ?? nextId(),
    type: event.type,
    typeVersion: event.typeVersion,
    data: canonicalJson(event.data, isSingle ? '#/data' : `#/${index}/data`),
  }));
  const metadata = canonicalJson(append.metadata, '#/metadata');
  const dataBytes = events.reduce((sum, event) => sum + Buffer.byteLength(event.data), 0);
  return {
    append,
    slot,
    events,
    metadata,
    fingerprint: fingerprint(append, events),
    sizeBytes: Buffer.byteLength(metadata) + dataBytes,
  };
}

function fingerprint(append: Append, events: PreparedAppend['events']): string {
  if (append.idempotencyKey === undefined) return '';
  if (append.fingerprint !== undefined) return fingerprintOf(append.fingerprint);
  return fingerprintOf(
    JSON.stringify([append.streamId, events.map((event) => [event.type, event.typeVersion, event.data])]),
  );
}

/**
 * Decides every append of a batch in turn: a later one sees what an earlier one did, and a refused one
 * changes nothing for the others. Pure: the caller holds the lane's lock.
 */
export function decideBatch(state: LogState, batch: readonly PreparedAppend[]): BatchDecision {
  const decision = new BatchInProgress(state);
  const verdicts = batch.map((prepared) => decision.decide(prepared));
  return decision.finished(verdicts);
}

class BatchInProgress {
  private readonly state: LogState;
  private readonly versions: Map<string, number>;
  private readonly known: Map<string, KnownKey>;
  private readonly events: EventRow[] = [];
  private readonly streams = new Map<string, StreamRow>();
  private readonly keys: KeyRow[] = [];
  private head: number;
  private hash: Buffer;

  constructor(state: LogState) {
    this.state = state;
    this.versions = new Map(state.versions);
    this.known = new Map(state.keys);
    this.head = state.head;
    this.hash = state.hash;
  }

  decide(prepared: PreparedAppend): Verdict {
    const { append } = prepared;
    const seen = this.seenBefore(prepared);
    if (seen) return seen;

    const stream = streamKey(append.tenant, append.streamId);
    const version = this.versions.get(stream) ?? 0;
    if (!accepts(append.expected, version)) {
      return new WrongExpectedVersion(append.streamId, append.expected, version);
    }
    return this.accept(prepared, stream, version);
  }

  finished(verdicts: readonly Verdict[]): BatchDecision {
    const streams = [...this.streams.values()];
    return { verdicts, events: this.events, streams, keys: this.keys, head: this.head, hash: this.hash };
  }

  private seenBefore({ append, fingerprint }: PreparedAppend): Verdict | undefined {
    if (append.idempotencyKey === undefined) return undefined;
    const known = this.known.get(idempotencyKey(append.tenant, append.idempotencyKey));
    if (!known) return undefined;
    if (known.fingerprint !== fingerprint) {
      return new IdempotencyKeyReused(append.idempotencyKey, known.firstPosition);
    }
    return {
      outcome: 'duplicate',
      streamVersion: known.streamVersion,
      firstPosition: position(known.firstPosition),
      lastPosition: position(known.lastPosition),
    };
  }

  private accept(prepared: PreparedAppend, stream: string, version: number): AppendResult {
    const { append, slot } = prepared;
    const first = this.head + 1;
    prepared.events.forEach((event, index) => {
      this.add(prepared, event, version + index + 1);
    });
    const streamVersion = version + prepared.events.length;
    this.versions.set(stream, streamVersion);
    this.streams.set(stream, {
      tenant: append.tenant,
      stream_id: append.streamId,
      category: categoryOf(append.streamId),
      slot,
      version: streamVersion,
      last_position: this.head,
    });
    this.remember(prepared, streamVersion, first);
    return { outcome: 'appended', streamVersion, firstPosition: position(first), lastPosition: position(this.head) };
  }

  private add(
    { append, slot, metadata }: PreparedAppend,
    event: PreparedAppend['events'][number],
    streamVersion: number,
  ): void {
    const at = position(this.head + 1);
    const category = categoryOf(append.streamId);
    const { lane, now } = this.state;
    const { tenant, streamId } = append;
    this.hash = chainHash(this.hash, {
      ...event,
      position: at,
      lane,
      slot,
      tenant,
      streamId,
      category,
      streamVersion,
      metadata,
      recordedAt: now,
    });
    this.head = at;
    this.events.push({
      position: at,
      lane,
      slot,
      tenant,
      stream_id: streamId,
      category,
      stream_version: streamVersion,
      type: event.type,
      type_version: event.typeVersion,
      id: event.id,
      data: event.data,
      metadata,
      hash: this.hash,
    });
  }

  private remember({ append, fingerprint }: PreparedAppend, streamVersion: number, first: number): void {
    if (append.idempotencyKey === undefined) return;
    const key = idempotencyKey(append.tenant, append.idempotencyKey);
    this.known.set(key, { fingerprint, streamVersion, firstPosition: first, lastPosition: this.head });
    this.keys.push({
      tenant: append.tenant,
      key: append.idempotencyKey,
      fingerprint,
      stream_version: streamVersion,
      first_position: first,
      last_position: this.head,
    });
  }
}

function accepts(expected: ExpectedVersion, version: number): boolean {
  switch (expected) {
    case 'any':
      return true;
    case 'no-stream':
      return version === 0;
    case 'exists':
      return version > 0;
    default:
      return version === expected;
  }
}
