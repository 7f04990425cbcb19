import type pg from 'pg';
import type { Bench } from './harness/bench.ts';
import { measureTogether, type Contender, type Measured } from './harness/measure.ts';
import {
  arrayTypes,
  asJson,
  byJson,
  byUnnest,
  byValues,
  copyRows,
  createTable,
  insertArrays,
  selectJson,
  type RawTable,
  type Statement,
} from './harness/raw-insert.ts';
import type { Report, ReportRow } from './harness/report.ts';
import { connect, connectAll, makeSchema } from './harness/server.ts';
import { withResources } from './harness/with-resources.ts';
import { sampleRow, type SampleRow } from './harness/sample-events.ts';

const SCHEMA = 'bench_tried';
const BATCH = 256;

/** How one experiment stores rows; it differs from the baseline in one thing. */
type Experiment = Readonly<{
  name: string;
  table?: Partial<Omit<RawTable, 'name'>>;
  /** Statements that make what the experiment needs besides its table. */
  prepare?: (table: RawTable) => string;
  /** Settings of its connections. */
  options?: string;
  rows?: number;
  connections?: number;
  store: (client: pg.Client, table: RawTable, rows: readonly SampleRow[]) => Promise<unknown>;
}>;

/** The product's shape before it was tuned: one JSON text, two indexes, partitioned, no prepared statement. */
const BASELINE = { payload: 'jsonb', indexes: 2, partitioned: true } as const;
const BASELINE_NAME = 'baseline: jsonb, 2 indexes, json_to_recordset, autocommit';

const by =
  (statement: (table: RawTable, rows: readonly SampleRow[]) => Statement, prepared = false): Experiment['store'] =>
  (client, table, rows) =>
    client.query({ ...statement(table, rows), ...(prepared ? { name: `insert-${rows.length}` } : {}) });

/** Lane lock and insert in one call, as one function on the server. */
const lockAndInsert = (table: RawTable): string => `
  create function ${table.name}_append(integer, json) returns void language plpgsql as $body$
  begin
    perform pg_advisory_xact_lock(7001, $1);
    insert into ${table.name} ${selectJson(table.payload, '$2')};
  end $body$`;

const callFunction: Experiment['store'] = (client, table, rows) =>
  client.query({
    name: 'append',
    text: `select ${table.name}_append($1, $2)`,
    values: [rows[0]?.lane ?? 0, asJson(rows)],
  });

const lockAndInsertArrays = (table: RawTable): string => `
  create function ${table.name}_append(integer, ${arrayTypes(table).join(', ')}) returns void language plpgsql as $body$
  begin
    perform pg_advisory_xact_lock(7001, $1);
    ${insertArrays(table, 2)};
  end $body$`;

const callArrays: Experiment['store'] = (client, table, rows) => {
  const { values } = byUnnest(table, rows);
  const placeholders = ['$1', ...values.map((_, index) => `$${index + 2}`)].join(', ');
  return client.query({
    name: 'append',
    text: `select ${table.name}_append(${placeholders})`,
    values: [rows[0]?.lane ?? 0, ...values],
  });
};

const inTransaction: Experiment['store'] = async (client, table, rows) => {
  await client.query('begin');
  await client.query({ name: 'lock', text: 'select pg_advisory_xact_lock($1::int, $2::int)', values: [7001, 0] });
  await by(byJson, true)(client, table, rows);
  await client.query('commit');
};

const EXPERIMENTS: readonly Experiment[] = [
  { name: BASELINE_NAME, store: by(byJson) },
  { name: 'payload json', table: { payload: 'json' }, store: by(byJson) },
  { name: 'payload text', table: { payload: 'text' }, store: by(byJson) },
  { name: 'payload bytea', table: { payload: 'bytea' }, store: by(byJson) },
  { name: 'parameters: unnest of 14 arrays', store: by(byUnnest) },
  { name: 'parameters: multi-row VALUES', store: by(byValues) },
  { name: 'parameters: COPY', store: copyRows },
  { name: 'payload json, unnest', table: { payload: 'json' }, store: by(byUnnest) },
  { name: 'payload json, VALUES', table: { payload: 'json' }, store: by(byValues) },
  { name: 'payload json, COPY', table: { payload: 'json' }, store: copyRows },
  { name: 'no index', table: { indexes: 0 }, store: by(byJson) },
  { name: '1 index: primary key', table: { indexes: 1 }, store: by(byJson) },
  { name: '3 indexes: and the id', table: { indexes: 3 }, store: by(byJson) },
  { name: 'not partitioned', table: { partitioned: false }, store: by(byJson) },
  { name: 'prepared', store: by(byJson, true) },
  { name: 'payload json, unnest, prepared', table: { payload: 'json' }, store: by(byUnnest, true) },
  { name: 'payload json, prepared', table: { payload: 'json' }, store: by(byJson, true) },
  { name: 'payload json, not partitioned, COPY', table: { payload: 'json', partitioned: false }, store: copyRows },
  { name: 'synchronous_commit off (reference)', options: '-c synchronous_commit=off', store: by(byJson) },
  { name: 'transaction: begin, lock, insert, commit', store: inTransaction },
  { name: 'function: lock and insert, 1 lane', prepare: lockAndInsert, store: callFunction },
  { name: 'payload json, function', table: { payload: 'json' }, prepare: lockAndInsert, store: callFunction },
  {
    name: 'payload json, function, unnest',
    table: { payload: 'json' },
    prepare: lockAndInsertArrays,
    store: callArrays,
  },
  { name: 'function, 2 lanes', connections: 2, prepare: lockAndInsert, store: callFunction },
  { name: 'function, 4 lanes', connections: 4, prepare: lockAndInsert, store: callFunction },
  { name: '1 row: json_to_recordset', rows: 1, store: by(byJson) },
  { name: '1 row: json_to_recordset, prepared', rows: 1, store: by(byJson, true) },
  { name: '1 row: VALUES', rows: 1, store: by(byValues) },
  { name: '1 row: VALUES, prepared', rows: 1, store: by(byValues, true) },
  { name: '1 row: transaction of 4 round trips', rows: 1, store: inTransaction },
  { name: '1 row: function', rows: 1, prepare: lockAndInsert, store: callFunction },
];

/** What was tried for the append path, as raw SQL: each experiment differs from the baseline in one thing. */
export async function tried({ server: { url }, pace }: Bench): Promise<Report> {
  return withResources(async (atEnd) => {
    await makeSchema(url, SCHEMA, atEnd);
    const contenders: Contender[] = [];
    for (const [number, experiment] of EXPERIMENTS.entries()) {
      const clients = await connectAll(experiment.connections ?? 1, () =>
        connect(url, SCHEMA, atEnd, experiment.options),
      );
      contenders.push(await contender(experiment, `t${number}`, clients));
    }
    const rows = besideBaseline(await measureTogether(contenders, pace));
    return { topic: 'tried', title: `ways to store ${BATCH} events a call, as raw SQL`, rows };
  });
}

function besideBaseline(measured: readonly Measured[]): readonly ReportRow[] {
  const baseline = measured.find(({ name }) => name === BASELINE_NAME)?.figures.eventsPerSecond.median;
  return measured.map((row) =>
    baseline === undefined || row.eventsPerCall === 1
      ? row
      : { ...row, beside: { 'x baseline': row.figures.eventsPerSecond.median / baseline } },
  );
}

async function contender(experiment: Experiment, name: string, clients: readonly pg.Client[]): Promise<Contender> {
  const { rows: eventsPerCall = BATCH, store } = experiment;
  const table: RawTable = { ...BASELINE, ...experiment.table, name };
  await clients[0]?.query(createTable(table));
  if (experiment.prepare) await clients[0]?.query(experiment.prepare(table));
  let position = 0;
  return {
    name: experiment.name,
    callers: clients.length,
    eventsPerCall,
    call: async (caller) => {
      const client = clients[caller];
      if (!client) throw new RangeError(`Caller ${caller} has no connection.`);
      await store(
        client,
        table,
        Array.from({ length: eventsPerCall }, () => sampleRow((position += 1), caller)),
      );
    },
  };
}
