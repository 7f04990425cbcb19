import { SECOND_MS, slotOf, type Clock, type IdSource, type StreamId, type TenantId } from '#libs/kernel';
import { AppendQueue, type AppendQueueLimits } from '../append-queue.ts';
import { prepare, type BatchDecision, type PreparedAppend, type Verdict } from '../decide-batch.ts';
import {
  position,
  type Append,
  type AppendResult,
  type EventStore,
  type Position,
  type ReadAllOptions,
  type RecordedEvent,
  type Transaction,
} from '../event-store.ts';
import { writeWithRetries, type Outcome } from '../write-with-retries.ts';
import type { Database } from './database.ts';
import { recorded, type EventRecord } from './event-record.ts';
import { LaneWriter, type StoredBatch } from './lane-writer.ts';
import { READ_ALL, READ_HEAD, READ_POSITIONS, READ_SLOTS, READ_STREAM } from './read.sql.ts';

/** All logs live on one lane; see ADR-0010. */
export const DEFAULT_LANE = 0;
/** Longer than a restart of Postgres takes, shorter than a caller waits. */
const RETRY_FOR_MS = 10 * SECOND_MS;

/** No log is longer. */
const LAST_POSITION = Number.MAX_SAFE_INTEGER;

export type PostgresEventStoreOptions = Readonly<{
  database: Database;
  ids: IdSource;
  /** Between two answers of the database it tells how its clock went on. @default the system's */
  clock?: Clock;
  /** How long appends that can be repeated safely are tried again while the database is away. @default 10,000 */
  retryForMs?: number;
  /** Caps on a batch, and on what may wait for the next one. */
  limits?: Partial<AppendQueueLimits>;
  /** Told the size of each batch that was committed, and how many appends wait for the next. */
  onBatch?: (appends: number, waiting: number) => void;
  /** Told what `onBatch` or a listener of `onCommit` threw. @default a warning of the process */
  onListenerError?: (error: unknown) => void;
}>;

const SYSTEM_CLOCK: Clock = { now: () => new Date() };

/** The log of one service on Postgres. */
export class PostgresEventStore implements EventStore {
  private readonly database: Database;
  private readonly ids: IdSource;
  private readonly writer: LaneWriter;
  private readonly queue: AppendQueue<PreparedAppend, Outcome>;
  private readonly closing = new AbortController();
  private readonly listeners = new Set<(head: Position) => void>();
  private readonly options: PostgresEventStoreOptions;

  constructor(options: PostgresEventStoreOptions) {
    const { database, ids, clock = SYSTEM_CLOCK, limits } = options;
    this.options = options;
    this.database = database;
    this.ids = ids;
    this.writer = new LaneWriter(database, DEFAULT_LANE, clock);
    this.queue = new AppendQueue((batch) => this.writeTogether(batch), limits);
  }

  async append(append: Append): Promise<AppendResult> {
    const prepared = this.prepare(append);
    return accepted(await this.queue.add(prepared, prepared.sizeBytes));
  }

  async readStream(tenant: TenantId, streamId: StreamId, afterVersion = 0): Promise<RecordedEvent[]> {
    const rows = await this.database.query<EventRecord>(READ_STREAM, [tenant, streamId, afterVersion]);
    return rows.map(recorded);
  }

  async readAll({ after, limit, lane = DEFAULT_LANE, slots, upTo }: ReadAllOptions): Promise<RecordedEvent[]> {
    const rows = slots
      ? await this.database.query<EventRecord>(READ_SLOTS, [lane, after, upTo ?? LAST_POSITION, slots, limit])
      : await this.database.query<EventRecord>(READ_ALL, [lane, after, limit]);
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
    let stored: StoredBatch | undefined;
    const result = await this.database.transaction(async (connection) => {
      const outcome = await work({
        query: (statement, values) => connection.query(statement, values),
        append: (append) => {
          buffered.push(this.prepare(append));
        },
      });
      if (buffered.length > 0) {
        stored = await this.writer.store(connection, buffered);
        stored.decision.verdicts.forEach(accepted);
      }
      return outcome;
    });
    if (stored) this.committed(stored);
    return result;
  }

  onCommit(listener: (head: Position) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Waits for the appends that were accepted for writing; those that wait for the database give up. */
  async close(): Promise<void> {
    this.closing.abort();
    await this.queue.idle();
  }

  private prepare(append: Append): PreparedAppend {
    if (append.events.length === 0) throw new RangeError('An append needs at least one event.');
    return prepare(append, () => this.ids.next(), slotOf(append.tenant, append.streamId));
  }

  private writeTogether(batch: readonly PreparedAppend[]): Promise<readonly Outcome[]> {
    const { retryForMs = RETRY_FOR_MS } = this.options;
    return writeWithRetries(batch, (open) => this.write(open), { forMs: retryForMs, signal: this.closing.signal });
  }

  private async write(batch: readonly PreparedAppend[]): Promise<readonly Verdict[]> {
    const decision = await this.writer.write(batch);
    this.tell(() => this.options.onBatch?.(batch.length, this.queue.depth));
    this.announce(decision);
    return decision.verdicts;
  }

  private committed(stored: StoredBatch): void {
    this.writer.committed(stored);
    this.announce(stored.decision);
  }

  private announce(decision: BatchDecision): void {
    if (decision.events.length === 0) return;
    for (const listener of this.listeners) {
      this.tell(() => {
        listener(position(decision.head));
      });
    }
  }

  /** What a listener throws must not make a stored append look like a failed one, which may be tried again. */
  private tell(call: () => void): void {
    const { onListenerError = warnOfListener } = this.options;
    try {
      call();
    } catch (error) {
      onListenerError(error);
    }
  }
}

function warnOfListener(error: unknown): void {
  process.emitWarning(`A listener of the log failed; the events are stored: ${String(error)}`);
}

function accepted(outcome: Outcome): AppendResult {
  if (outcome instanceof Error) throw outcome;
  return outcome;
}
