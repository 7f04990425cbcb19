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
  /** The rows that an event concerns; several for an order with several lines. */
  keysOf(event: RecordedEvent): readonly Key[];
  /** The row after the event; `undefined` leaves it as it is. */
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
  const keys = new Map(events.flatMap((event) => projection.keysOf(event)).map((key) => [textOf(key), key]));
  const rows = await readRows<Key, Value>(projection, [...keys.values()], textOf, transaction);
  const changed = new Set<string>();
  for (const event of events) {
    for (const key of projection.keysOf(event)) {
      const text = textOf(key);
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

async function writeRows<Key extends Row, Value extends Key>(
  { table, keyColumns }: RowProjection<Key, Value>,
  rows: readonly Value[],
  database: Queryable,
): Promise<void> {
  const [first] = rows;
  if (!first) return;
  const columns = Object.keys(first);
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
