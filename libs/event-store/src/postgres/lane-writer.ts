import type { Clock } from '#libs/kernel';
import {
  decideBatch,
  idempotencyKey,
  streamKey,
  type BatchDecision,
  type KnownKey,
  type LogState,
  type PreparedAppend,
} from '../decide-batch.ts';
import { StoreUnavailable } from '../errors.ts';
import type { Queryable } from '../event-store.ts';
import { KnownLane } from '../known-lane.ts';
import { APPEND_BATCH, LOCK_LANE } from './append.sql.ts';
import { batchParameters, type DecidedBatch } from './batch-parameters.ts';
import type { Database } from './database.ts';

type StateAnswer = Readonly<{
  position: number;
  hash: string;
  now: string;
  /** Of the streams that were asked for, in their order. */
  versions: readonly number[];
  /** Of the keys that were asked for, in their order. */
  keys: readonly (KnownKey | null)[];
}>;

/** A batch that was stored in a transaction which has not committed yet. */
export type StoredBatch = Readonly<{ base: LogState; decision: BatchDecision }>;

/**
 * Decides and stores batches of one lane.
 *
 * Postgres makes a commit visible before it releases the lane's lock, so the next holder, and every reader, sees
 * positions in the order of their commits. That `append_batch` moves the lane's row only from the head that a batch was
 * decided on would keep the order by itself; the lock makes rivals wait instead of fail.
 */
export class LaneWriter {
  private readonly database: Database;
  private readonly lane: number;
  private readonly known: KnownLane;

  constructor(database: Database, lane: number, clock: Clock) {
    this.database = database;
    this.lane = lane;
    this.known = new KnownLane(lane, clock);
  }

  /** Decides and commits a batch: in one round trip when nobody else appended since the last one. @throws StoreUnavailable */
  async write(batch: readonly PreparedAppend[]): Promise<BatchDecision> {
    try {
      return (await this.writeAsBelieved(batch)) ?? (await this.writeLocked(batch));
    } catch (error) {
      this.known.forgetAll();
      throw error;
    }
  }

  /**
   * Decides and stores a batch as the last work of an open READ COMMITTED transaction; tell `committed` afterwards.
   * @throws WrongIsolation
   */
  async store(connection: Queryable, batch: readonly PreparedAppend[]): Promise<StoredBatch> {
    const base = await this.lockAndRead(connection, batch);
    const decision = decideBatch(base, batch);
    if (decision.events.length > 0 && !(await this.append(connection, { base, decision, unsure: [] }))) {
      // Its events would say a time that is over.
      throw new StoreUnavailable(new Error('The process was held up for seconds while it held the lane.'), 'no');
    }
    return { base, decision };
  }

  /** The transaction of `store` has committed. */
  committed({ base, decision }: StoredBatch): void {
    this.known.advance(base, decision);
  }

  private async writeAsBelieved(batch: readonly PreparedAppend[]): Promise<BatchDecision | undefined> {
    const belief = this.known.believe(batch);
    if (!belief) return undefined;
    const { state: base, unsure } = belief;
    const decision = decideBatch(base, batch);
    // A refusal is only as good as the belief, and with nothing to store nobody would compare it.
    if (decision.events.length === 0 || refusesKey(decision, batch)) return undefined;
    if (!(await this.append(this.database, { base, decision, unsure }))) {
      this.known.forget();
      return undefined;
    }
    this.known.advance(base, decision);
    return decision;
  }

  private async writeLocked(batch: readonly PreparedAppend[]): Promise<BatchDecision> {
    const stored = await this.database.transaction((connection) => this.store(connection, batch));
    this.committed(stored);
    return stored.decision;
  }

  /** @returns whether it was stored; if not, the log is not what the batch was decided on */
  private async append(on: Queryable, batch: Omit<DecidedBatch, 'hasNewTypes'>): Promise<boolean> {
    const parameters = batchParameters({ ...batch, hasNewTypes: this.known.hasNewTypes(batch.decision) });
    const [row] = await on.query<{ stored_at: number | null }>(APPEND_BATCH, parameters);
    const storedAt = row?.stored_at ?? null;
    if (storedAt === null) return false;
    this.known.observeClock(storedAt);
    return true;
  }

  private async lockAndRead(connection: Queryable, batch: readonly PreparedAppend[]): Promise<LogState> {
    const streams = [...new Map(batch.map(({ append }) => [streamKey(append.tenant, append.streamId), append]))];
    const keys = batch.flatMap(({ append: { tenant, idempotencyKey: key } }) =>
      key === undefined ? [] : [{ tenant, key }],
    );
    const [row] = await connection.query<{ state: StateAnswer | null }>(LOCK_LANE, [
      this.lane,
      streams.map(([, { tenant }]) => tenant),
      streams.map(([, { streamId }]) => streamId),
      keys.map(({ tenant }) => tenant),
      keys.map(({ key }) => key),
    ]);
    if (!row?.state) throw new Error(`Lane ${this.lane} is missing: run the service's migrations.`);
    const { state } = row;
    this.known.observeClock(Date.parse(state.now));
    return {
      lane: this.lane,
      head: state.position,
      hash: Buffer.from(state.hash, 'hex'),
      now: this.known.notBeforeNewest(state.now),
      versions: new Map(streams.map(([key], index) => [key, state.versions[index] ?? 0])),
      keys: new Map(
        keys.flatMap(({ tenant, key }, index) => {
          const known = state.keys[index];
          return known ? [[idempotencyKey(tenant, key), known]] : [];
        }),
      ),
    };
  }
}

/** The log may know the key of a refused append: then it is a repetition, and answered as the first time. */
function refusesKey({ verdicts }: BatchDecision, batch: readonly PreparedAppend[]): boolean {
  return verdicts.some(
    (verdict, index) => verdict instanceof Error && batch[index]?.append.idempotencyKey !== undefined,
  );
}
