import type { Queryable } from '#libs/event-store';
import type { DatabaseFacts, LogHead, TableCount } from '../domain/backup-ports.ts';

/** Tables with rows of their own that pg_dump writes; partitions count as their parent. */
const TABLES = `
select format('%s.%s', n.nspname, c.relname) as name, format('%I.%I', n.nspname, c.relname) as sql
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'p') and not c.relispartition
  and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
  and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
order by 1`;

/** Schemas that hold a log. */
const LOGS = `
select n.nspname as log, quote_ident(n.nspname) as sql
from pg_namespace n
where (select count(*) from pg_class c where c.relnamespace = n.oid and c.relname in ('lanes', 'events')) = 2
order by 1`;

/** A lane with the event that its head must be. */
export type LaneFacts = LogHead & Readonly<{ lastHash: string }>;

/** Everything that a manifest says of a database, as the connection's snapshot sees it. */
export async function readDatabaseFacts(database: Queryable): Promise<DatabaseFacts> {
  const tables = await readTableCounts(database);
  const lanes = await readLanes(database);
  return { tables, logs: lanes.map(headOf) };
}

export async function readTableCounts(database: Queryable): Promise<readonly TableCount[]> {
  const tables = await database.query<{ name: string; sql: string }>(TABLES);
  const counts: TableCount[] = [];
  for (const { name, sql } of tables) {
    const [row] = await database.query<{ rows: number }>(`select count(*) as rows from ${sql}`);
    counts.push({ table: name, rows: row?.rows ?? 0 });
  }
  return counts;
}

export async function readLanes(database: Queryable): Promise<readonly LaneFacts[]> {
  const logs = await database.query<{ log: string; sql: string }>(LOGS);
  const lanes: LaneFacts[] = [];
  for (const { log, sql } of logs) {
    const rows = await database.query<Omit<LaneFacts, 'log'>>(lanesOf(sql));
    lanes.push(...rows.map((row) => ({ log, ...row })));
  }
  return lanes;
}

export function headOf({ log, lane, epoch, position, hash, lastPosition }: LaneFacts): LogHead {
  return { log, lane, epoch, position, hash, lastPosition };
}

/** A lane without events has the hash that comes before all: 32 zero bytes. */
const lanesOf = (schema: string): string => `
select l.lane, l.position, encode(l.hash, 'hex') as hash,
  (select max(epoch) from ${schema}.incarnations) as epoch,
  coalesce(last.position, 0) as "lastPosition", coalesce(encode(last.hash, 'hex'), repeat('0', 64)) as "lastHash"
from ${schema}.lanes l
left join lateral (
  select e.position, e.hash from ${schema}.events e where e.lane = l.lane order by e.position desc limit 1
) last on true
order by l.lane`;
