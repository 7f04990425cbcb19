import { position, START, type Position, type Queryable } from '../event-store.ts';
import type { Checkpoint } from './subscriber.ts';
import { CheckpointOfOlderEpoch } from './subscription.errors.ts';

const CURRENT_EPOCH = '(select max(epoch) from incarnations)';

const CREATE = `
insert into checkpoints (name, version, epoch, position)
values ($1, $2, ${CURRENT_EPOCH}, $3) on conflict (name, version) do nothing`;

const LOCK = `
select position, epoch, ${CURRENT_EPOCH} as current from checkpoints
where name = $1 and version = $2
for update skip locked`;

const EXISTS = 'select 1 from checkpoints where name = $1 and version = $2';

const MOVE = `
update checkpoints set position = $3, updated_at = clock_timestamp()
where name = $1 and version = $2`;

/** Moves, and lets the commit return before it is on disk: rows and checkpoint are kept or lost together. */
const MOVE_LAZILY = `with moved as (${MOVE}) select set_config('synchronous_commit', 'off', true)`;

/** The rows of a projection that people see are those of its active version. */
const READ = `
select position, updated_at from checkpoints
where name = $1 and version = coalesce((select active_version from projections where name = $1), $2)
  and epoch = ${CURRENT_EPOCH}`;

/** A checkpoint that this transaction holds. */
export type HeldCheckpoint = Readonly<{ position: Position; epoch: number }>;

/** Makes sure that a subscriber has a checkpoint; one that exists stays where it is. */
export async function createCheckpoint(
  database: Queryable,
  name: string,
  version: number,
  from: Position = START,
): Promise<void> {
  await database.query(CREATE, [name, version, from]);
}

/**
 * Locks the checkpoint until the transaction ends. `busy`: another instance is at work on it; `absent`: there is none.
 * @throws CheckpointOfOlderEpoch
 */
export async function holdCheckpoint(
  transaction: Queryable,
  name: string,
  version: number,
): Promise<HeldCheckpoint | 'busy' | 'absent'> {
  const [row] = await transaction.query<{ position: number; epoch: number; current: number }>(LOCK, [name, version]);
  if (!row) return (await transaction.query(EXISTS, [name, version])).length > 0 ? 'busy' : 'absent';
  const held = { position: position(row.position), epoch: row.epoch };
  if (row.epoch !== row.current) throw new CheckpointOfOlderEpoch({ name, version, ...held, current: row.current });
  return held;
}

/**
 * Locks the checkpoint until the transaction ends; `undefined` while another instance is at work on it.
 * @throws CheckpointOfOlderEpoch
 */
export async function lockCheckpoint(
  transaction: Queryable,
  name: string,
  version: number,
): Promise<Position | undefined> {
  const held = await holdCheckpoint(transaction, name, version);
  return typeof held === 'string' ? undefined : held.position;
}

export async function moveCheckpoint(
  transaction: Queryable,
  name: string,
  version: number,
  to: Position,
): Promise<void> {
  await transaction.query(MOVE, [name, version, to]);
}

/** Moves it as the last work of a transaction that can be replayed: nothing in it may be an append. */
export async function moveCheckpointLazily(
  transaction: Queryable,
  name: string,
  version: number,
  to: Position,
): Promise<void> {
  await transaction.query(MOVE_LAZILY, [name, version, to]);
}

/**
 * Where a subscriber stands; `START` when it never ran, or when its checkpoint belongs to an older epoch. Of a
 * projection, where the rows stand that its table shows now: those of its active version, whatever version is asked for.
 */
export async function readCheckpoint(database: Queryable, name: string, version: number): Promise<Checkpoint> {
  const [row] = await database.query<{ position: number; updated_at: Date }>(READ, [name, version]);
  return row
    ? { position: position(row.position), updatedAt: row.updated_at }
    : { position: START, updatedAt: new Date(0) };
}
