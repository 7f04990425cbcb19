import type { Queryable, RecordedEvent } from '../event-store.ts';
import type { PendingRows, Row, RowFold, RowProjection } from './projected-table.ts';

type FoldOptions = Readonly<{
  /** The table to read from and write to; the projection's own or its rebuild. */
  table: string;
  /** Whether the table was empty when the fold began, so that a row which is not in memory does not exist. */
  startsEmpty: boolean;
}>;

/** Rows per statement: more gain nothing, and a statement has to end within its time limit. */
const ROWS_PER_STATEMENT = 5_000;

/** The fold of one projection over one table. It must be the only writer of the rows that it holds. */
export class ProjectionFold<Key extends Row, Value extends Key> implements RowFold {
  private readonly projection: RowProjection<Key, Value>;
  private readonly table: string;
  private readonly rows = new Map<string, Value | undefined>();
  private readonly dirty = new Set<string>();
  private holdsAll: boolean;

  constructor(projection: RowProjection<Key, Value>, { table, startsEmpty }: FoldOptions) {
    this.projection = projection;
    this.table = table;
    this.holdsAll = startsEmpty;
  }

  get changed(): number {
    return this.dirty.size;
  }

  async fold(events: readonly RecordedEvent[], database: Queryable): Promise<void> {
    const concerned = events.map((event) => [event, this.keysOf(event)] as const);
    await this.load(
      concerned.map(([, keys]) => keys),
      database,
    );
    for (const [event, keys] of concerned) {
      for (const [text, key] of keys) {
        const next = this.projection.evolve(this.rows.get(text), event, key);
        if (next === undefined) continue;
        this.rows.set(text, next);
        this.dirty.add(text);
      }
    }
  }

  takeChanges(): PendingRows {
    const rows: Value[] = [];
    for (const text of this.dirty) {
      const row = this.rows.get(text);
      if (row !== undefined) rows.push(row);
    }
    this.dirty.clear();
    return {
      size: rows.length,
      write: (database) => writeRows(this.table, this.projection.keyColumns, rows, database),
    };
  }

  trim(atMostRows: number): void {
    for (const text of this.rows.keys()) {
      if (this.rows.size <= atMostRows) return;
      if (this.dirty.has(text)) continue;
      this.rows.delete(text);
      this.holdsAll = false;
    }
  }

  private textOf(key: Key): string {
    return JSON.stringify(this.projection.keyColumns.map((column) => key[column]));
  }

  private keysOf(event: RecordedEvent): ReadonlyMap<string, Key> {
    return new Map(this.projection.keysOf(event).map((key) => [this.textOf(key), key]));
  }

  private async load(concerned: readonly ReadonlyMap<string, Key>[], database: Queryable): Promise<void> {
    if (this.holdsAll) return;
    const missing = new Map<string, Key>();
    for (const keys of concerned) {
      for (const [text, key] of keys) if (!this.rows.has(text)) missing.set(text, key);
    }
    if (missing.size === 0) return;
    for (const text of missing.keys()) this.rows.set(text, undefined);
    for (const row of await this.read([...missing.values()], database)) this.rows.set(this.textOf(row), row);
  }

  private async read(keys: readonly Key[], database: Queryable): Promise<readonly Value[]> {
    const { table } = this;
    const found = await database.query<{ row: Value }>(
      `select row_to_json(t) as row
       from json_populate_recordset(null::${table}, $1::json) as k
       join ${table} t using (${this.projection.keyColumns.join(', ')})`,
      [JSON.stringify(keys)],
    );
    return found.map(({ row }) => row);
  }
}

async function writeRows(
  table: string,
  keyColumns: readonly string[],
  rows: readonly Row[],
  database: Queryable,
): Promise<void> {
  // One statement for each set of columns, since a statement writes the same columns of all its rows.
  for (const alike of Map.groupBy(rows, (row) => namedColumns(row).join()).values()) {
    for (let first = 0; first < alike.length; first += ROWS_PER_STATEMENT) {
      await writeAlike(table, keyColumns, alike.slice(first, first + ROWS_PER_STATEMENT), database);
    }
  }
}

async function writeAlike(
  table: string,
  keyColumns: readonly string[],
  rows: readonly Row[],
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
     select ${columns.join(', ')} from json_populate_recordset(null::${table}, $1::json)
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
