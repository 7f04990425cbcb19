import pg from 'pg';
import type { SampleRow } from './sample-events.ts';

export type Payload = 'jsonb' | 'json' | 'text' | 'bytea';
export type RawTable = Readonly<{
  name: string;
  payload: Payload;
  /** 0: none; 1: the primary key; 2: and the stream's order, as the product has it; 3: and the event's id. */
  indexes: 0 | 1 | 2 | 3;
  partitioned: boolean;
}>;

const COLUMNS = [
  ['position', 'bigint'],
  ['lane', 'smallint'],
  ['slot', 'smallint'],
  ['tenant', 'text collate "C"'],
  ['stream_id', 'text collate "C"'],
  ['category', 'text collate "C"'],
  ['stream_version', 'integer'],
  ['type', 'text collate "C"'],
  ['type_version', 'smallint'],
  ['id', 'uuid'],
  ['data', 'payload'],
  ['metadata', 'payload'],
  ['recorded_at', 'timestamptz'],
  ['hash', 'bytea'],
] as const;

const NAMES = COLUMNS.map(([name]) => name).join(', ');

/** The statements that make a table of the same columns as the product's `events`. */
export function createTable({ name, payload, indexes, partitioned }: RawTable): string {
  const columns = COLUMNS.map(([column, type]) => `${column} ${type === 'payload' ? payload : type} not null`);
  if (indexes > 0) columns.push('primary key (lane, position)');
  return [
    `create table ${name} (${columns.join(', ')})${partitioned ? ' partition by range (position)' : ''}`,
    ...(partitioned ? [`create table ${name}_p0 partition of ${name} for values from (0) to (1000000000)`] : []),
    ...(indexes > 1 ? [`create index on ${name} (tenant, stream_id, stream_version)`] : []),
    ...(indexes > 2 ? [`create index on ${name} (id)`] : []),
  ].join(';\n');
}

export type Statement = Readonly<{ text: string; values: unknown[] }>;

/** A table of exactly the columns and indexes of a log's `events`, so that a raw insert does what the product's has to. */
export async function createLikeEvents(
  [client]: readonly pg.Client[],
  eventsOf: string,
  name: string,
): Promise<RawTable> {
  if (!client) throw new RangeError('A table needs a connection to be made by.');
  await client.query(`
    create table ${name} (like ${eventsOf}.events including all) partition by range (position);
    create table ${name}_p0 partition of ${name} for values from (0) to (1000000000)`);
  const { rows } = await client.query<{ payload: Payload }>(
    `select format_type(atttypid, null) as payload from pg_attribute
     where attrelid = '${name}'::regclass and attname = 'data'`,
  );
  return { name, payload: rows[0]?.payload ?? 'json', indexes: 2, partitioned: true };
}

/** The types of the arrays that `insertArrays` takes. */
export function arrayTypes({ payload }: RawTable): readonly string[] {
  return COLUMNS.map(([, type]) => `${type === 'payload' ? payload : type.replace(/ collate.*/, '')}[]`);
}

/** Inserts an array per column, the parameters from this number on. */
export function insertArrays(table: RawTable, first = 1): string {
  const arrays = arrayTypes(table).map((type, index) => `$${index + first}::${type}`);
  return `insert into ${table.name} (${NAMES}) select * from unnest(${arrays.join(', ')})`;
}

/** Fourteen arrays. */
export function byUnnest(table: RawTable, rows: readonly SampleRow[]): Statement {
  const values: unknown[] = COLUMNS.map(([column]) => rows.map((row) => written(row, column, table.payload)));
  return { text: insertArrays(table), values };
}

/** One JSON text for all rows, in which data and metadata are texts. */
export function byJson(table: RawTable, rows: readonly SampleRow[]): Statement {
  return {
    text: `insert into ${table.name} (${NAMES}) ${selectJson(table.payload, '$1::json')}`,
    values: [asJson(rows)],
  };
}

/** A placeholder per row and column. */
export function byValues({ name, payload }: RawTable, rows: readonly SampleRow[]): Statement {
  const values: unknown[] = [];
  const tuples = rows.map(
    (row) => `(${COLUMNS.map(([column]) => `$${values.push(written(row, column, payload))}`).join(',')})`,
  );
  return { text: `insert into ${name} (${NAMES}) values ${tuples.join(',')}`, values };
}

/** What `json_to_recordset` makes of `asJson`, as rows of the table. */
export function selectJson(payload: Payload, source: string): string {
  const cast = (column: string): string =>
    payload === 'bytea' ? `convert_to(${column}, 'UTF8')` : payload === 'text' ? column : `${column}::${payload}`;
  const columns = COLUMNS.map(([name, type]) =>
    type === 'payload' ? cast(name) : name === 'hash' ? `decode(hash, 'hex')` : name,
  );
  const types = COLUMNS.map(
    ([name, type]) => `${name} ${type === 'payload' || name === 'hash' ? 'text' : type.replace(/ collate.*/, '')}`,
  );
  return `select ${columns.join(', ')} from json_to_recordset(${source}) as e (${types.join(', ')})`;
}

export function asJson(rows: readonly SampleRow[]): string {
  return JSON.stringify(
    rows.map((row) => ({
      ...row,
      data: JSON.stringify(row.data),
      metadata: JSON.stringify(row.metadata),
      hash: row.hash.toString('hex'),
    })),
  );
}

function written(row: SampleRow, column: keyof SampleRow, payload: Payload): unknown {
  const value = row[column];
  if (typeof value !== 'object' || Buffer.isBuffer(value)) return value;
  const text = JSON.stringify(value);
  return payload === 'bytea' ? Buffer.from(text) : text;
}

type CopyConnection = Readonly<{ sendCopyFromChunk: (chunk: Buffer) => void; endCopyFrom: () => void }>;

/** `COPY ... FROM STDIN` of one chunk; pg's own query object refuses the server's invitation to send. */
class CopyIn extends pg.Query {
  private readonly chunk: Buffer;

  constructor(text: string, chunk: Buffer, done: (error: Error | undefined) => void) {
    super(text, done);
    this.chunk = chunk;
  }

  handleCopyInResponse(connection: CopyConnection): void {
    connection.sendCopyFromChunk(this.chunk);
    connection.endCopyFrom();
  }
}

const COPY_ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** Sends rows in COPY's text format. */
export function copyRows(client: pg.Client, { name }: RawTable, rows: readonly SampleRow[]): Promise<void> {
  const lines = rows.map((row) =>
    COLUMNS.map(([column]) => {
      const value = row[column];
      if (Buffer.isBuffer(value)) return `\\\\x${value.toString('hex')}`;
      const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
      return text.replace(/[\\\n\r\t]/g, (character) => COPY_ESCAPES[character] ?? character);
    }).join('\t'),
  );
  return new Promise((resolve, reject) => {
    client.query(
      new CopyIn(`copy ${name} (${NAMES}) from stdin`, Buffer.from(`${lines.join('\n')}\n`), (error) => {
        if (error) reject(error);
        else resolve();
      }),
    );
  });
}
