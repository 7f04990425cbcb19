/**
 * `npm run bench`: how fast the log takes events, beside a ceiling in the same run: raw inserts of the same data on the same
 * server. Durable (`synchronous_commit = on`, fsync on). Ratios count; absolute figures are those of this machine.
 */
import { randomUUID } from 'node:crypto';
import { parseArgs } from 'node:util';
import { startThrowAwayPostgres } from '#libs/embedded-servers';
import { Database, migrate, PostgresEventStore, readModelDataSource } from '#libs/event-store';
import { correlationId, eventId, streamId, tenantId } from '#libs/kernel';

const USAGE = `Measures appends beside raw inserts on the same server.

  npm run bench [-- --seconds <n>]

  --seconds  how long each row runs (default 5)
  --help     shows this`;

type Row = Readonly<{ name: string; callers: number; eventsPerSecond: number; p50Ms: number; p99Ms: number }>;

const DATA = { sku: 'VEG001', movement: 'out', quantity: { value: 2, unit: 'each' }, reason: 'sold at the counter' };
const METADATA = { correlationId: correlationId('bench'), actor: 'bench', occurredAt: '2026-01-01T12:00:00.000Z' };
const WARM_UP_CALLS = 50;
const ROWS_PER_INSERT = 256;

/** Runs `call` from so many callers at once until the time is over. `eventsPerCall` says what one call stores. */
async function measure(
  name: string,
  { callers, seconds, eventsPerCall = 1 }: { callers: number; seconds: number; eventsPerCall?: number },
  call: (caller: number) => Promise<unknown>,
): Promise<Row> {
  for (let warm = 0; warm < WARM_UP_CALLS; warm += 1) await call(0);
  const latencies: number[] = [];
  const startedAt = performance.now();
  const endsAt = startedAt + seconds * 1_000;
  await Promise.all(
    Array.from({ length: callers }, async (_, caller) => {
      while (performance.now() < endsAt) {
        const calledAt = performance.now();
        await call(caller);
        latencies.push(performance.now() - calledAt);
      }
    }),
  );
  const tookSeconds = (performance.now() - startedAt) / 1_000;
  latencies.sort((left, right) => left - right);
  const at = (share: number): number => latencies[Math.floor(latencies.length * share)] ?? 0;
  return {
    name,
    callers,
    eventsPerSecond: (latencies.length * eventsPerCall) / tookSeconds,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
  };
}

async function openStore(url: string): Promise<{ database: Database; store: PostgresEventStore }> {
  const options = { url, schema: 'bench', applicationName: 'bench', migrations: [], entities: [] };
  const dataSource = await readModelDataSource(options).initialize();
  await migrate(dataSource, options);
  await dataSource.destroy();
  const database = new Database({ ...options, poolSize: 40 });
  return { database, store: new PostgresEventStore({ database, ids: { next: () => eventId(randomUUID()) } }) };
}

const INSERT = `insert into raw_events (stream, type, data, metadata)
  select 'item-' || n, 'inventory.stock-moved', $1::jsonb, $2::jsonb from generate_series(1, $3::int) n`;

async function run(seconds: number): Promise<readonly Row[]> {
  const postgres = await startThrowAwayPostgres({ fast: false });
  const { database, store } = await openStore(postgres.server.url);
  const tenant = tenantId('bench');
  const values = [JSON.stringify(DATA), JSON.stringify(METADATA)];
  try {
    await database.query(
      'create table raw_events (position bigserial primary key, stream text, type text, data jsonb, metadata jsonb)',
    );
    const rows: Row[] = [];
    for (const callers of [1, 32]) {
      rows.push(
        await measure('raw insert, 1 row a call', { callers, seconds }, () => database.query(INSERT, [...values, 1])),
      );
    }
    rows.push(
      await measure(
        `raw insert, ${ROWS_PER_INSERT} rows a call (ceiling)`,
        { callers: 1, seconds, eventsPerCall: ROWS_PER_INSERT },
        () => database.query(INSERT, [...values, ROWS_PER_INSERT]),
      ),
    );
    let count = 0;
    for (const callers of [1, 32, 256]) {
      rows.push(
        await measure('append, 1 event a call', { callers, seconds }, (caller) =>
          store.append({
            tenant,
            streamId: streamId('item', `${caller}`),
            expected: 'any',
            events: [{ type: 'inventory.stock-moved', typeVersion: 1, data: DATA }],
            metadata: METADATA,
            idempotencyKey: `bench-${(count += 1)}`,
          }),
        ),
      );
    }
    return rows;
  } finally {
    await store.close();
    await database.close();
    await postgres.remove();
  }
}

function print(rows: readonly Row[]): void {
  console.log('| what | callers | events/s | p50 ms | p99 ms |\n| --- | ---: | ---: | ---: | ---: |');
  for (const { name, callers, eventsPerSecond, p50Ms, p99Ms } of rows) {
    console.log(
      `| ${name} | ${callers} | ${Math.round(eventsPerSecond)} | ${p50Ms.toFixed(2)} | ${p99Ms.toFixed(2)} |`,
    );
  }
}

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '5' }, help: { type: 'boolean', default: false } },
});
const seconds = Number(values.seconds);
if (values.help) console.log(USAGE);
else if (!(seconds > 0 && seconds <= 600))
  throw new RangeError(`--seconds ${values.seconds}: give a number from 1 to 600.`);
else print(await run(seconds));
