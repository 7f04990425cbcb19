import { position, START, type Position, type Queryable } from '../event-store.ts';
import type { Checkpoint } from './subscriber.ts';

const CURRENT_EPOCH = '(select max(epoch) from incarnations)';

const CREATE = `
insert into checkpoints (name, version, epoch, position)
values ($1, $2, ${CURRENT_EPOCH}, $3) on conflict (name, version) do nothing`;

const LOCK = `
select position from checkpoints
where name = $1 and version = $2 and epoch = ${CURRENT_EPOCH}
for update skip locked`;

const MOVE = `
update checkpoints set position = $3, updated_at = clock_timestamp()
where name = $1 and version = $2`;

const READ = `
select position, updated_at from checkpoints
where name = $1 and version = $2 and epoch = ${CURRENT_EPOCH}`;

/** Makes sure that a subscriber has a checkpoint; one that exists stays where it is. */
export async function createCheckpoint(
  database: Queryable,
  name: string,
  version: number,
  from: Position = START,
): Promise<void> {
  await database.query(CREATE, [name, version, from]);
}

/** Locks the checkpoint until the transaction ends; `undefined` while another instance is at work on it. */
export async function lockCheckpoint(
  transaction: Queryable,
  name: string,
  version: number,
): Promise<Position | undefined> {
  const [row] = await transaction.query<{ position: number }>(LOCK, [name, version]);
  return row && position(row.position);
}

export async function moveCheckpoint(
  transaction: Queryable,
  name: string,
  version: number,
  to: Position,
): Promise<void> {
  await transaction.query(MOVE, [name, version, to]);
}

/** Where a subscriber stands; `START` when it never ran. */
export async function readCheckpoint(database: Queryable, name: string, version: number): Promise<Checkpoint> {
  const [row] = await database.query<{ position: number; updated_at: Date }>(READ, [name, version]);
  return row
    ? { position: position(row.position), updatedAt: row.updated_at }
    : { position: START, updatedAt: new Date(0) };
}
