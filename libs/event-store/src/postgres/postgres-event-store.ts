import { eventId, tenantId, type CorrelationId, type IdSource, type StreamId, type TenantId } from '#libs/kernel';
import { AppendQueue } from '../append-queue.ts';
import type { BatchDecision, PreparedAppend, Verdict } from '../decide-batch.ts';
import {
  position,
  type Append,
  type AppendResult,
  type EventMetadata,
  type EventStore,
  type Position,
  type ReadAllOptions,
  type RecordedEvent,
  type Transaction,
} from '../event-store.ts';
import type { Database } from './database.ts';
import { DEFAULT_LANE, prepareAppend, writeBatch } from './log-transaction.ts';
import { READ_ALL, READ_HEAD, READ_POSITIONS, READ_STREAM } from './read.sql.ts';

export type EventRecord = {
  position: number;
  lane: number;
  slot: number;
  tenant: string;
  stream_id: StreamId;
  category: string;
  stream_version: number;
  type: string;
  type_version: number;
  id: string;
  data: unknown;
  metadata: EventMetadata & { correlationId: CorrelationId };
  recorded_at: Date;
  hash: string;
};

export type PostgresEventStoreOptions = Readonly<{
  database: Database;
  ids: IdSource;
  /** Told the size of each batch that was committed. */
  onBatch?: (appends: number) => void;
}>;

/** The log of one service on Postgres. */
export class PostgresEventStore implements EventStore {
  private readonly database: Database;
  private readonly ids: IdSource;
  private readonly onBatch: ((appends: number) => void) | undefined;
  private readonly queue = new AppendQueue<PreparedAppend, Verdict>((batch) => this.writeTogether(batch));
  private readonly listeners = new Set<(head: Position) => void>();

  constructor(options: PostgresEventStoreOptions) {
    this.database = options.database;
    this.ids = options.ids;
    this.onBatch = options.onBatch;
  }

  async append(append: Append): Promise<AppendResult> {
    const prepared = this.prepare(append);
    const sizeBytes = prepared.events.reduce((sum, event) => sum + event.data.length + prepared.metadata.length, 0);
    return accepted(await this.queue.add(prepared, sizeBytes));
  }

  async readStream(tenant: TenantId, streamId: StreamId, afterVersion = 0): Promise<RecordedEvent[]> {
    const rows = await this.database.query<EventRecord>(READ_STREAM, [tenant, streamId, afterVersion]);
    return rows.map(recorded);
  }

  async readAll({ after, limit, lane = DEFAULT_LANE }: ReadAllOptions): Promise<RecordedEvent[]> {
    const rows = await this.database.query<EventRecord>(READ_ALL, [lane, after, limit]);
    return rows.map(recorded);
  }

  async readByPositions(positions: readonly Position[]): Promise<RecordedEvent[]> {
    const rows = await this.database.query<EventRecord>(READ_POSITIONS, [positions]);
    return rows.map(recorded);
  }

  async head(lane = DEFAULT_LANE): Promise<Position> {
    const [row] = await this.database.query<{ position: number }>(READ_HEAD, [lane]);
    return position(row?.position ?? 0);
  }

  async transaction<Result>(work: (transaction: Transaction) => Promise<Result>): Promise<Result> {
    const buffered: PreparedAppend[] = [];
    let decision: BatchDecision | undefined;
    const result = await this.database.transaction(async (connection) => {
      const outcome = await work({
        query: (text, values) => connection.query(text, values),
        append: (append) => {
          buffered.push(this.prepare(append));
        },
      });
      if (buffered.length > 0) {
        decision = await writeBatch(connection, this.database.schema, buffered);
        decision.verdicts.forEach(accepted);
      }
      return outcome;
    });
    if (decision) this.announce(decision);
    return result;
  }

  onCommit(listener: (head: Position) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Waits for the appends that were accepted for writing. */
  async close(): Promise<void> {
    await this.queue.idle();
  }

  private prepare(append: Append): PreparedAppend {
    if (append.events.length === 0) throw new RangeError('An append needs at least one event.');
    return prepareAppend(append, () => this.ids.next());
  }

  private async writeTogether(batch: readonly PreparedAppend[]): Promise<readonly Verdict[]> {
    const decision = await this.database.transaction((connection) =>
      writeBatch(connection, this.database.schema, batch),
    );
    this.onBatch?.(batch.length);
    this.announce(decision);
    return decision.verdicts;
  }

  private announce(decision: BatchDecision): void {
    if (decision.events.length === 0) return;
    for (const listener of this.listeners) listener(position(decision.head));
  }
}

function accepted(verdict: Verdict): AppendResult {
  if (verdict instanceof Error) throw verdict;
  return verdict;
}

/** A row of `events` as an event. @throws MalformedId */
export function recorded(row: EventRecord): RecordedEvent {
  return {
    position: position(row.position),
    lane: row.lane,
    slot: row.slot,
    tenant: tenantId(row.tenant),
    streamId: row.stream_id,
    category: row.category,
    streamVersion: row.stream_version,
    type: row.type,
    typeVersion: row.type_version,
    id: eventId(row.id),
    data: row.data,
    metadata: row.metadata,
    recordedAt: row.recorded_at,
    hash: row.hash,
  };
}
