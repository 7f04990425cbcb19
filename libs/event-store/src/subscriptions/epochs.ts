import { position, START, type Position, type PreparedStatement, type Queryable } from '../event-store.ts';

const STORE_LIVES: PreparedStatement = {
  name: 'store_lives',
  text: 'select epoch, began_after from incarnations order by epoch desc',
};

/** What a new epoch means for one subscriber. */
export type CarriedCheckpoint = Readonly<{
  name: string;
  version: number;
  position: Position;
  /** `false`: it lies beyond the log's head, so it stays in its old epoch, and its subscriber says so until it is rebuilt. */
  carried: boolean;
}>;

/**
 * Begins a new life of the store, as after a restore: cursors of before are no longer taken for its own. Checkpoints
 * that lie within the log go on in the new epoch. Run it while nothing writes; it takes the rights of the schema's owner.
 *
 * @param reason kept with the epoch, for people
 */
export async function beginEpoch(database: Queryable, reason: string): Promise<readonly CarriedCheckpoint[]> {
  const rows = await database.query<{ name: string; version: number; position: number; carried: boolean }>(
    'select name, version, "position", carried from begin_epoch($1)',
    [reason],
  );
  return rows.map((row) => ({ ...row, position: position(row.position) }));
}

/** A life of the store. */
export type StoreLife = Readonly<{
  /** From 1. */
  epoch: number;
  /** Head of the log when it began: positions up to there are the same events as in the life before. `START` for the first. */
  began: Position;
}>;

/**
 * All lives of the store, the one that runs now first. An event belongs to it when the newest life was the same before and
 * after the event was read.
 */
export async function storeLives(database: Queryable): Promise<readonly [StoreLife, ...StoreLife[]]> {
  const rows = await database.query<{ epoch: number; began_after: number }>(STORE_LIVES);
  const [newest, ...earlier] = rows.map(({ epoch, began_after: began }) => ({ epoch, began: position(began) }));
  return [newest ?? { epoch: 0, began: START }, ...earlier];
}

/** Up to where a position of one life means the same in the newest one: every life that began since may have left out what lay beyond its beginning. */
export function sharedUpTo(
  place: Readonly<{ epoch: number; position: Position }>,
  lives: readonly StoreLife[],
): Position {
  const limits = lives.flatMap(({ epoch, began }) => (epoch > place.epoch ? [began] : []));
  return position(Math.min(place.position, ...limits));
}

/** The store's life that runs now, from 1. */
export async function currentEpoch(database: Queryable): Promise<number> {
  const [row] = await database.query<{ epoch: number }>('select max(epoch) as epoch from incarnations');
  return row?.epoch ?? 0;
}
