import { position, type Position, type Queryable } from '../event-store.ts';

/** Where the rows stand that a projection's table shows; `usable` when they come from the events that the log holds now. */
export type LiveCheckpoint = Readonly<{ version: number; position: Position; isUsable: boolean }>;

const READ = `
select p.active_version as version, c.position, c.epoch = (select max(epoch) from incarnations) as "isUsable"
from projections p left join checkpoints c on c.name = p.name and c.version = p.active_version
where p.name = $1`;

const LOCK = 'select 1 from checkpoints where name = $1 for update';

type Row = { version: number; position: number | null; isUsable: boolean | null };

export async function readLive(database: Queryable, name: string): Promise<LiveCheckpoint | undefined> {
  const [row] = await database.query<Row>(READ, [name]);
  return row && { version: row.version, position: position(row.position ?? 0), isUsable: row.isUsable ?? false };
}

/** Holds up whoever folds into the live table until the transaction ends, and tells where it stands. */
export async function holdLive(transaction: Queryable, name: string): Promise<LiveCheckpoint | undefined> {
  await transaction.query(LOCK, [name]);
  return readLive(transaction, name);
}
