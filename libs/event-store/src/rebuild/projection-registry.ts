import { position, type Position, type Queryable } from '../event-store.ts';
import type { ProjectedTable } from '../subscriptions/projected-table.ts';
import { ProjectionRefused, RebuildTakenOver } from './rebuild.errors.ts';

/**
 * Whether this release may fold into a projection's table. `current`: the table holds its version; `outdated`: an older
 * one; `superseded`: a newer one; `refused`: its version was rolled back.
 */
export type Standing = 'current' | 'outdated' | 'superseded' | 'refused';

export type Registration = Readonly<{ activeVersion: number; standing: Standing }>;

export type RebuildPartRow = Readonly<{ part: number; parts: number; position: Position; isResumed: boolean }>;

export type RolledBack = Readonly<{ activeVersion: number; position: Position; refusedVersion: number | null }>;

/** What Postgres says when the owner's functions refuse: insufficient_privilege, invalid_parameter_value and the like. */
const REFUSALS = new Set(['42501', '42P01', '22023', '0A000', '55000']);

/** Makes the projection known, with its checkpoint, and tells how its table stands to this version. */
export async function registerProjection(
  database: Queryable,
  { name, version, table }: Pick<ProjectedTable, 'name' | 'version' | 'table'>,
): Promise<Registration> {
  const [row] = await refusable(name, () =>
    database.query<{ active_version: number; refused_version: number | null }>(
      'select active_version, refused_version from register_projection($1, $2, $3)',
      [name, version, table],
    ),
  );
  const activeVersion = row?.active_version ?? version;
  return { activeVersion, standing: standingOf(version, activeVersion, row?.refused_version ?? null) };
}

function standingOf(version: number, active: number, refused: number | null): Standing {
  if (version === active) return 'current';
  if (version < active) return 'superseded';
  return version === refused ? 'refused' : 'outdated';
}

/** Makes `<table>__rebuild`, or finds it as an interrupted rebuild left it, and tells how far each part is. */
export async function beginRebuild(
  database: Queryable,
  { name, version }: Pick<ProjectedTable, 'name' | 'version'>,
  parts: number,
): Promise<readonly RebuildPartRow[]> {
  const rows = await refusable(name, () =>
    database.query<{ part: number; parts: number; position: number; is_resumed: boolean }>(
      'select part, parts, "position", is_resumed from begin_rebuild($1, $2, $3)',
      [name, version, parts],
    ),
  );
  return rows.map((row) => ({ ...row, position: position(row.position), isResumed: row.is_resumed }));
}

export type PartMove = Readonly<{ name: string; version: number; part: number; from: Position; to: Position }>;

/**
 * Moves one part on, as the first work of the transaction that writes its rows; the rows can be folded again, so the
 * commit need not be on disk.
 * @throws RebuildTakenOver when somebody else has moved it
 */
export async function movePart(transaction: Queryable, { name, version, part, from, to }: PartMove): Promise<void> {
  const moved = await transaction.query(
    `with moved as (
       update projection_rebuilds set position = $5, updated_at = clock_timestamp()
       where name = $1 and version = $2 and part = $3 and position = $4
       returning 1
     )
     select set_config('synchronous_commit', 'off', true) from moved`,
    [name, version, part, from, to],
  );
  if (moved.length === 0) throw new RebuildTakenOver(name);
}

/** Puts the new rows in the place of the old ones, in a transaction that has brought all parts to the position. */
export async function switchProjection(
  transaction: Queryable,
  { name, version }: Pick<ProjectedTable, 'name' | 'version'>,
  at: Position,
): Promise<void> {
  await refusable(name, () => transaction.query('select switch_projection($1, $2, $3)', [name, version, at]));
}

/** Puts the previous rows back with their own checkpoint, from which they catch up. */
export async function rollBackProjection(database: Queryable, name: string): Promise<RolledBack> {
  const [row] = await refusable(name, () =>
    database.query<{ active_version: number; position: number; refused_version: number | null }>(
      'select active_version, "position", refused_version from roll_back_projection($1)',
      [name],
    ),
  );
  if (!row) throw new ProjectionRefused(name, 'the roll back gave no answer', undefined);
  return {
    activeVersion: row.active_version,
    position: position(row.position),
    refusedVersion: row.refused_version,
  };
}

async function refusable<Result>(name: string, call: () => Promise<Result>): Promise<Result> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof Error && 'code' in error && REFUSALS.has(String(error.code))) {
      throw new ProjectionRefused(name, error.message, error);
    }
    throw error;
  }
}
