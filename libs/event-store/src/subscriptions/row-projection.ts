import type { Queryable, RecordedEvent, Transaction } from '../event-store.ts';
import type { Subscriber } from './subscriber.ts';

type Row = Readonly<Record<string, unknown>>;

/**
 * A read model of one row per key, as a pure fold. Rows are JSON: names are the table's columns,
 * times are ISO 8601 texts.
 */
export type RowProjection<Key extends Row, Value extends Key> = Readonly<{
  name: string;
  version: number;
  table: string;
  /** The table's primary key. */
  keyColumns: readonly (keyof Key & string)[];
  handles: ReadonlySet<string>;
  /** The rows that an event concerns; several for an order with several lines. One that is named twice is folded once. */
  keysOf(event: RecordedEvent): readonly Key[];
  /** The row after the event; `undefined` leaves it as it is. A column that it does not name keeps its value or default. */
  evolve(row: Value | undefined, event: RecordedEvent, key: Key): Value | undefined;
}>;

/**
 * Turns the fold into a subscriber: reads the rows that a batch concerns, folds in memory, and writes
 * each changed row once.
 */
export function projectRows<Key extends Row, Value extends Key>(projection: RowProjection<Key, Value>): Subscriber {
  return {
    name: projection.name,
    version: projection.version,
    handles: projection.handles,
    apply: (events, transaction) => applyBatch(projection, events, transaction),
  };
}

async function applyBatch<Key extends Row, Value extends Key>(
  projection: RowProjection<Key, Value>,
  events: readonly RecordedEvent[],
  transaction: Transaction,
): Promise<void> {
  const textOf = (key: Key): string => JSON.stringify(projection.keyColumns.map((column) => key[column]));
  const keysOf = (event: RecordedEvent): Map<string, Key> =>
    new Map(projection.keysOf(event).map((key) => [textOf(key), key]));
  const keys = new Map(events.flatMap((event) => [...keysOf(event)]));
  const rows = await readRows<Key, Value>(projection, [...keys.values()], textOf, transaction);
  const changed = new Set<string>();
  for (const event of events) {
    for (const [text, key] of keysOf(event)) {
      const next = projection.evolve(rows.get(text), event, key);
      if (next === undefined) continue;
      rows.set(text, next);
      changed.add(text);
    }
  }
  await writeRows(
    projection,
    [...rows].flatMap(([text, row]) => (changed.has(text) ? [row] : [])),
    transaction,
  );
}

async function readRows<Key extends Row, Value extends Key>(
  { table, keyColumns }: RowProjection<Key, Value>,
  keys: readonly Key[],
  textOf: (key: Key) => string,
  database: Queryable,
): Promise<Map<string, Value>> {
  if (keys.length === 0) return new Map();
  const found = await database.query<{ row: Value }>(
    `select to_jsonb(t) as row
     from jsonb_populate_recordset(null::${table}, $1::jsonb) as k
     join ${table} t using (${keyColumns.join(', ')})`,
    [JSON.stringify(keys)],
  );
  return new Map(found.map(({ row }) => [textOf(row), row]));
}

/** One statement for each set of columns, since a statement writes the same columns of all its rows. */
async function writeRows<Key extends Row, Value extends Key>(
  projection: RowProjection<Key, Value>,
  rows: readonly Value[],
  database: Queryable,
): Promise<void> {
  for (const alike of Map.groupBy(rows, (row) => namedColumns(row).join()).values()) {
    await writeAlike(projection, alike, database);
  }
}

async function writeAlike<Key extends Row, Value extends Key>(
  { table, keyColumns }: RowProjection<Key, Value>,
  rows: readonly Value[],
  database: Queryable,
): Promise<void> {
  const [first] = rows;
  if (!first) return;
  const columns = namedColumns(first);
  const updates = columns
    .filter((column) => !keyColumns.includes(column))
    .map((column) => `${column} = excluded.${column}`);
  await database.query(
    `insert into ${table} (${columns.join(', ')})
     select ${columns.join(', ')} from jsonb_populate_recordset(null::${table}, $1::jsonb)
     on conflict (${keyColumns.join(', ')}) do ${updates.length > 0 ? `update set ${updates.join(', ')}` : 'nothing'}`,
    [JSON.stringify(rows)],
  );
}

/** `undefined` is not named: JSON leaves it out. */
function namedColumns(row: Row): string[] {
  return Object.keys(row)
    .filter((column) => row[column] !== undefined)
    .sort();
}
