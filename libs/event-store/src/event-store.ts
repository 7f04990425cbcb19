import type { Brand, CorrelationId, EventId, StreamId, TenantId } from '#libs/kernel';

/** Order in the whole log, from 1. A rolled-back append may leave a hole; holes are never filled. */
export type Position = Brand<number, 'Position'>;

/** Before the first event of a log. */
export const START = 0 as Position;

/** Names a position that came from outside (a cursor, a row). */
export function position(value: number): Position {
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`${value} is no log position`);
  return value as Position;
}

/** What travels with an event and is no part of the fact itself. */
export type EventMetadata = Readonly<{
  correlationId: CorrelationId;
  /** Id of the event or message that caused this one. */
  causationId?: string;
  /** W3C trace context of the work that appended the event. */
  traceparent?: string;
  tracestate?: string;
  /** Who asked: `key:till-7`, `agent:inventory_agent`, `service:health`. */
  actor: string;
  /** CloudEvents `source`, `id`, `subject` and `time` of an event that came from outside. */
  source?: string;
  sourceId?: string;
  subject?: string;
  /** When it happened (ISO 8601 UTC); `recordedAt` says when the log learned of it. */
  occurredAt: string;
  /** IANA name of the zone in which the business then lived: its days and hours follow from it. */
  timeZone?: string;
}>;

/** An event that is about to be appended. Its data must be JSON without U+0000. */
export type NewEvent = Readonly<{
  type: string;
  /** Version of the type's data, from 1. */
  typeVersion: number;
  data: object;
  /** Default: a new UUIDv7. */
  id?: EventId;
}>;

/** An event as the log holds it. */
export type RecordedEvent<Data = unknown> = Readonly<{
  position: Position;
  lane: number;
  slot: number;
  tenant: TenantId;
  streamId: StreamId;
  category: string;
  /** Order in its stream, from 1, without gaps. */
  streamVersion: number;
  type: string;
  typeVersion: number;
  id: EventId;
  data: Data;
  metadata: EventMetadata;
  /** By the database's clock, to the millisecond; never before an earlier event's of the same lane and writer. */
  recordedAt: Date;
  /** sha256(previous hash || canonical event), hexadecimal. */
  hash: string;
}>;

/** What the writer believes of the stream: its exact version, that it is new, that it exists, or nothing. */
export type ExpectedVersion = number | 'no-stream' | 'exists' | 'any';

export type Append = Readonly<{
  tenant: TenantId;
  streamId: StreamId;
  expected: ExpectedVersion;
  /** At least one. */
  events: readonly NewEvent[];
  metadata: EventMetadata;
  /** The same key again gives the first result; with other content it is refused. Unique within a tenant. */
  idempotencyKey?: string;
  /** What "the same content" means; default: stream, types and data of the events. */
  fingerprint?: string;
}>;

export type AppendResult = Readonly<{
  /** `duplicate`: the key was seen before, nothing was stored, the figures are those of the first time. */
  outcome: 'appended' | 'duplicate';
  streamVersion: number;
  firstPosition: Position;
  lastPosition: Position;
}>;

/** A statement that each connection parses and plans once, under its name. */
export type PreparedStatement = Readonly<{ name: string; text: string }>;

/** What can be asked of a connection or transaction. One statement per call. */
export interface Queryable {
  query<Row extends object = Record<string, unknown>>(
    statement: string | PreparedStatement,
    values?: readonly unknown[],
  ): Promise<Row[]>;
}

/** A transaction in which a handler's own rows and the events that it appends become true together. */
export interface Transaction extends Queryable {
  /**
   * Buffers an append; all of them run as the transaction's last statements, so that the lane is
   * held for one commit and not for the handler's work. A refused one rolls everything back.
   */
  append(append: Append): void;
}

export type ReadAllOptions = Readonly<{
  after: Position;
  limit: number;
  lane?: number;
  /** Only events of these slots. */
  slots?: readonly number[];
  /** With `slots`: how far to look, since few events of a long stretch may be theirs. @default to the end of the log */
  upTo?: Position;
}>;

/** The log of one service. */
export interface EventStore {
  /**
   * Stores all events of the append, or none.
   *
   * While the database is away it is tried again for some seconds, as long as nothing can be stored twice: an append with
   * an idempotency key always, one without only when it certainly was not stored.
   * @throws WrongExpectedVersion, IdempotencyKeyReused, UnstorableEvent, AppendQueueFull, StoreUnavailable, StoreFull
   */
  append(append: Append): Promise<AppendResult>;

  /** The events of one stream after a version, oldest first. */
  readStream(tenant: TenantId, streamId: StreamId, afterVersion?: number): Promise<RecordedEvent[]>;

  /** Up to `limit` events in the log's order. */
  readAll(options: ReadAllOptions): Promise<RecordedEvent[]>;

  /** Some events by their ids, in the log's order; ids that the log does not hold are left out. */
  readByPositions(positions: readonly Position[]): Promise<RecordedEvent[]>;

  /** The position of the newest event; `START` for an empty log. */
  head(lane?: number): Promise<Position>;

  /**
   * Runs `work` in one READ COMMITTED transaction and commits. What it throws rolls everything back.
   * @throws whatever `work` or a buffered append throws; StoreUnavailable, StoreFull, WrongIsolation
   */
  transaction<Result>(work: (transaction: Transaction) => Promise<Result>): Promise<Result>;

  /** Calls back after each commit that appended, with the lane's new head. Returns the way to stop. */
  onCommit(listener: (head: Position) => void): () => void;
}
