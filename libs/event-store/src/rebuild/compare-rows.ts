import type { Queryable } from '../event-store.ts';
import type { ProjectedTable } from '../subscriptions/projected-table.ts';

/** A row that is not the same on both sides; `null` where there is none. */
export type RowDifference = Readonly<{
  key: Readonly<Record<string, unknown>>;
  old: Readonly<Record<string, unknown>> | null;
  new: Readonly<Record<string, unknown>> | null;
}>;

/** Two tables side by side. Columns that only one of them has are left out, and named. */
export type RowComparison = Readonly<{
  oldRows: number;
  newRows: number;
  /** In the old table only. */
  missing: number;
  /** In the new table only. */
  extra: number;
  differing: number;
  /** 1: all rows were compared; n: about every n-th, chosen by its key. */
  oneIn: number;
  columnsOfOneSide: readonly string[];
  /** Some of the differences; of rows that both have, only the columns that differ. */
  examples: readonly RowDifference[];
}>;

const EXAMPLES = 5;
/** A comparison of many rows takes longer than a statement of a service may. */
const TIMEOUT = "select set_config('statement_timeout', '3600s', true)";

type Counts = Pick<RowComparison, 'oldRows' | 'newRows' | 'missing' | 'extra' | 'differing'>;

/** @param snapshot a transaction that sees both tables as of one moment @param rowsToCompare more than these are sampled */
export async function compareRows(
  snapshot: Queryable,
  { table, keyColumns }: Pick<ProjectedTable, 'table' | 'keyColumns'>,
  rowsToCompare = Infinity,
): Promise<RowComparison> {
  await snapshot.query(TIMEOUT);
  const columnsOfOneSide = await differentColumns(snapshot, table);
  const [size] = await snapshot.query<{ rows: number }>(`select count(*) as rows from ${table}`);
  const oneIn = Math.max(1, Math.ceil((size?.rows ?? 0) / rowsToCompare));
  const both = joined(table, keyColumns, oneIn);
  const [counts] = await snapshot.query<Counts>(
    `select count(o.row) as "oldRows", count(n.row) as "newRows",
       count(*) filter (where n.row is null) as missing, count(*) filter (where o.row is null) as extra,
       count(*) filter (where o.row <> n.row) as differing
     from ${both}`,
    [columnsOfOneSide],
  );
  const found = counts ?? { oldRows: 0, newRows: 0, missing: 0, extra: 0, differing: 0 };
  const differs = found.missing + found.extra + found.differing > 0;
  const examples = differs ? await examplesOf(snapshot, both, { keyColumns, columnsOfOneSide }) : [];
  return { ...found, oneIn, columnsOfOneSide, examples };
}

/** Whether any row is not the same. */
export function differs({ missing, extra, differing }: RowComparison): boolean {
  return missing + extra + differing > 0;
}

/** `3 missing, 1 differing of 200 rows`. */
export function summaryOf(comparison: RowComparison): string {
  const { oldRows, newRows, missing, extra, differing, oneIn } = comparison;
  const sampled = oneIn > 1 ? `, one row in ${oneIn} compared` : '';
  if (!differs(comparison)) return `all ${newRows} rows are the same${sampled}`;
  return `${missing} rows missing, ${extra} more, ${differing} differing (${oldRows} before, ${newRows} now${sampled})`;
}

function joined(table: string, keyColumns: readonly string[], oneIn: number): string {
  const keys = keyColumns.join(', ');
  const sampled = oneIn === 1 ? '' : `where (hashtext(jsonb_build_array(${keys})::text) & 2147483647) % ${oneIn} = 0`;
  const side = (name: string): string => `(select ${keys}, to_jsonb(t) - $1::text[] as row from ${name} t ${sampled})`;
  return `${side(table)} o full join ${side(`${table}__rebuild`)} n using (${keys})`;
}

async function differentColumns(snapshot: Queryable, table: string): Promise<string[]> {
  const rows = await snapshot.query<{ name: string }>(
    `select column_name::text as name from information_schema.columns
     where table_schema = current_schema() and table_name = any ($1)
     group by column_name having count(*) = 1 order by column_name`,
    [[table, `${table}__rebuild`]],
  );
  return rows.map(({ name }) => name);
}

async function examplesOf(
  snapshot: Queryable,
  both: string,
  { keyColumns, columnsOfOneSide }: Readonly<{ keyColumns: readonly string[]; columnsOfOneSide: readonly string[] }>,
): Promise<readonly RowDifference[]> {
  const rows = await snapshot.query<RowDifference>(
    `select jsonb_build_object(${keyColumns.map((column) => `'${column}', ${column}`).join(', ')}) as key,
       o.row as old, n.row as new
     from ${both}
     where o.row is null or n.row is null or o.row <> n.row
     order by ${keyColumns.join(', ')} limit ${EXAMPLES}`,
    [columnsOfOneSide],
  );
  return rows.map(onlyWhatDiffers);
}

function onlyWhatDiffers({ key, old, new: fresh }: RowDifference): RowDifference {
  if (!old || !fresh) return { key, old, new: fresh };
  const changed = Object.keys(fresh).filter((column) => JSON.stringify(old[column]) !== JSON.stringify(fresh[column]));
  const pick = (row: Readonly<Record<string, unknown>>): Record<string, unknown> =>
    Object.fromEntries(changed.map((column) => [column, row[column]]));
  return { key, old: pick(old), new: pick(fresh) };
}
