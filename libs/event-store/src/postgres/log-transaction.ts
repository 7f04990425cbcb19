import type { EventId } from '#libs/kernel';
import { fnv1a, slotOf } from '#libs/kernel';
import {
  decideBatch,
  idempotencyKey,
  prepare,
  streamKey,
  type BatchDecision,
  type KnownKey,
  type LogState,
  type PreparedAppend,
} from '../decide-batch.ts';
import type { Append, Queryable } from '../event-store.ts';
import { LOCK_LANE, READ_LOG_STATE, WRITE_BATCH } from './append.sql.ts';

type StateRow = {
  position: number;
  hash: Buffer;
  now: string;
  streams: readonly { tenant: string; stream_id: string; version: number }[];
  keys: readonly {
    tenant: string;
    key: string;
    fingerprint: string;
    stream_version: number;
    first_position: number;
    last_position: number;
  }[];
};

/** All logs live on one lane by default; see DESIGN section 5. */
export const DEFAULT_LANE = 0;

/** Prepares an append for `writeBatch`; the costly part, done while no lock is held. @throws UnstorableEvent */
export function prepareAppend(append: Append, nextId: () => EventId): PreparedAppend {
  return prepare(append, nextId, slotOf(append.tenant, append.streamId));
}

/**
 * Decides and stores a batch as the last work of an open READ COMMITTED transaction.
 *
 * Postgres makes a commit visible before it releases the lane's lock, so the next holder, and every
 * reader, sees positions in the order of their commits.
 */
export async function writeBatch(
  connection: Queryable,
  schema: string,
  batch: readonly PreparedAppend[],
): Promise<BatchDecision> {
  await connection.query(LOCK_LANE, [advisoryKey(schema), DEFAULT_LANE]);
  const state = await readState(connection, batch);
  const decision = decideBatch(state, batch);
  if (decision.events.length > 0) await write(connection, state, decision);
  return decision;
}

/** Advisory locks are one namespace per database, and several services may share it. */
function advisoryKey(schema: string): number {
  return fnv1a(`steward/log/${schema}`) | 0;
}

async function readState(connection: Queryable, batch: readonly PreparedAppend[]): Promise<LogState> {
  const keyed = batch.flatMap(({ append }) =>
    append.idempotencyKey === undefined ? [] : [{ tenant: append.tenant, key: append.idempotencyKey }],
  );
  const [row] = await connection.query<StateRow>(READ_LOG_STATE, [
    DEFAULT_LANE,
    batch.map(({ append }) => append.tenant),
    batch.map(({ append }) => append.streamId),
    keyed.map(({ tenant }) => tenant),
    keyed.map(({ key }) => key),
  ]);
  if (!row) throw new Error(`Lane ${DEFAULT_LANE} is missing: run the service's migrations.`);
  return {
    lane: DEFAULT_LANE,
    head: row.position,
    hash: row.hash,
    now: row.now,
    versions: new Map(row.streams.map((stream) => [streamKey(stream.tenant, stream.stream_id), stream.version])),
    keys: new Map(row.keys.map((known) => [idempotencyKey(known.tenant, known.key), knownKey(known)])),
  };
}

function knownKey(row: StateRow['keys'][number]): KnownKey {
  return {
    fingerprint: row.fingerprint,
    streamVersion: row.stream_version,
    firstPosition: row.first_position,
    lastPosition: row.last_position,
  };
}

async function write(connection: Queryable, state: LogState, decision: BatchDecision): Promise<void> {
  await connection.query(WRITE_BATCH, [
    JSON.stringify(decision.events),
    JSON.stringify(decision.streams),
    JSON.stringify(decision.keys),
    state.now,
    state.lane,
    decision.head,
    decision.hash,
  ]);
}
