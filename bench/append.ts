import type pg from 'pg';
import { EMMETT_LEFT_OUT, POOL_SIZE, type Bench } from './harness/bench.ts';
import type { EmmettLog } from './harness/emmett-peer.ts';
import { measureTogether, type Contender, type Measured } from './harness/measure.ts';
import { byUnnest, byValues, createLikeEvents, type RawTable, type Statement } from './harness/raw-insert.ts';
import { beside, bestRate, leastP50, ratio } from './harness/ratio.ts';
import type { Goal, Report } from './harness/report.ts';
import { sampleEvent, sampleRow, type SampleRow } from './harness/sample-events.ts';
import { connect, connectAll, makeSchema } from './harness/server.ts';
import { openStewardLog, sampleAppend, type StewardLog } from './harness/steward-log.ts';
import { withResources, type AtEnd } from './harness/with-resources.ts';

const STEWARD_SCHEMA = 'bench_append';
const EMMETT_SCHEMA = 'bench_append_emmett';
const CALLERS = [1, 32, 256];
const ROWS_PER_INSERT = 256;
const EMMETT = { pooled: `Emmett, pool of ${POOL_SIZE}`, default: 'Emmett, its default pool' };
const ONE_ROW = { plain: 'raw insert of 1 row', prepared: 'raw insert of 1 row, prepared' };
const CEILING = {
  values: `raw insert of ${ROWS_PER_INSERT} rows, VALUES`,
  unnest: `raw insert of ${ROWS_PER_INSERT} rows, unnest`,
};

/** One event a call beside Emmett and raw inserts of the same rows. */
export async function append(bench: Bench): Promise<Report> {
  const { url } = bench.server;
  return withResources(async (atEnd) => {
    await makeSchema(url, STEWARD_SCHEMA, atEnd);
    await makeSchema(url, EMMETT_SCHEMA, atEnd);
    const log = await openStewardLog(url, STEWARD_SCHEMA, atEnd);
    const clients = await connectAll(2, () => connect(url, STEWARD_SCHEMA, atEnd));
    const peers = await openPeers(bench, atEnd);
    const contenders = [
      ...CALLERS.flatMap((callers) => [
        stewardAny(log, callers),
        stewardExact(log, callers),
        stewardKeyed(log, callers),
        ...peers.flatMap(([name, peer]) => [emmettAny(name, peer, callers), emmettExact(name, peer, callers)]),
      ]),
      ...(await rawInserts(clients)),
    ];
    return report(await measureTogether(contenders, bench.pace), bench.emmett?.version);
  });
}

type Peers = readonly (readonly [name: string, peer: EmmettLog])[];

async function openPeers({ server: { url }, emmett }: Bench, atEnd: AtEnd): Promise<Peers> {
  if (!emmett) return [];
  const schema = EMMETT_SCHEMA;
  return [
    [EMMETT.pooled, await emmett.open({ url, schema, poolSize: POOL_SIZE }, atEnd)],
    [EMMETT.default, await emmett.open({ url, schema }, atEnd)],
  ];
}

let count = 0;
const nextNumber = (): number => (count += 1);

function stewardAny({ store }: StewardLog, callers: number): Contender {
  return {
    name: 'Steward, any version',
    callers,
    call: (caller) => store.append(sampleAppend(`any-${callers}-${caller}`, nextNumber())),
  };
}

function stewardExact({ store }: StewardLog, callers: number): Contender {
  const versions = new Map<number, number>();
  return {
    name: 'Steward, exact version',
    callers,
    call: async (caller) => {
      const appended = await store.append({
        ...sampleAppend(`exact-${callers}-${caller}`, nextNumber()),
        expected: versions.get(caller) ?? 'no-stream',
      });
      versions.set(caller, appended.streamVersion);
    },
  };
}

function stewardKeyed({ store }: StewardLog, callers: number): Contender {
  return {
    name: 'Steward, any version, with a key',
    callers,
    call: (caller) => {
      const number = nextNumber();
      return store.append({ ...sampleAppend(`keyed-${callers}-${caller}`, number), idempotencyKey: `bench-${number}` });
    },
  };
}

function emmettAny(name: string, peer: EmmettLog, callers: number): Contender {
  return {
    name: `${name}, any version`,
    callers,
    call: (caller) => peer.append(`${streamOf(name)}-any_${callers}_${caller}`, [sampleEvent(nextNumber())], 'any'),
  };
}

function emmettExact(name: string, peer: EmmettLog, callers: number): Contender {
  const versions = new Map<number, bigint>();
  return {
    name: `${name}, exact version`,
    callers,
    call: async (caller) => {
      const stream = `${streamOf(name)}-exact_${callers}_${caller}`;
      versions.set(caller, await peer.append(stream, [sampleEvent(nextNumber())], versions.get(caller) ?? 0n));
    },
  };
}

/** Both pools of Emmett write to the same tables, each to streams of its own. */
const streamOf = (name: string): string => (name === EMMETT.default ? 'item_default' : 'item');

async function rawInserts(clients: readonly pg.Client[]): Promise<readonly Contender[]> {
  const raw = async (
    name: string,
    rows: number,
    statement: (table: RawTable, rows: readonly SampleRow[]) => Statement,
    options: Readonly<{ connections?: number; prepared?: boolean }> = {},
  ): Promise<Contender> => {
    const table = await createLikeEvents(clients, STEWARD_SCHEMA, `raw_${nextNumber()}`);
    let position = 0;
    return {
      name,
      callers: options.connections ?? 1,
      eventsPerCall: rows,
      call: async (caller) =>
        clients[caller]?.query({
          ...statement(
            table,
            Array.from({ length: rows }, () => sampleRow((position += 1))),
          ),
          ...(options.prepared === true ? { name: table.name } : {}),
        }),
    };
  };
  return [
    await raw(ONE_ROW.plain, 1, byValues),
    await raw(ONE_ROW.prepared, 1, byValues, { prepared: true }),
    await raw(CEILING.values, ROWS_PER_INSERT, byValues),
    await raw(CEILING.unnest, ROWS_PER_INSERT, byUnnest),
    await raw(CEILING.values, ROWS_PER_INSERT, byValues, { connections: 2 }),
    await raw(CEILING.unnest, ROWS_PER_INSERT, byUnnest, { connections: 2 }),
  ];
}

function report(measured: readonly Measured[], emmettVersion: string | undefined): Report {
  const emmettAt = (version: string, callers: number | undefined): number | undefined =>
    bestRate(measured, (row) => row.name.startsWith('Emmett') && row.name.endsWith(version) && row.callers === callers);
  const ceilings: readonly string[] = Object.values(CEILING);
  const ceiling = bestRate(measured, ({ name, callers }) => ceilings.includes(name) && callers === 1);
  const ceilingOfTwo = bestRate(measured, ({ name }) => ceilings.includes(name));
  const rows = measured.map((row) => {
    if (!row.name.startsWith('Steward')) return row;
    const rate = row.figures.eventsPerSecond.median;
    const version = row.name.includes('exact') ? 'exact version' : 'any version';
    return {
      ...row,
      beside: beside({
        'x Emmett': ratio(rate, emmettAt(version, row.callers)),
        'of ceiling': row.callers === 1 ? undefined : ratio(rate, ceiling),
      }),
    };
  });
  const steward = (version: string, callers: number): Measured | undefined =>
    measured.find((row) => row.name === `Steward, ${version}` && row.callers === callers);
  return {
    topic: 'append',
    title: 'one event a call',
    rows,
    goals: ['any version', 'exact version'].flatMap((version) =>
      goalsOf(version, { measured, steward, emmettAt, ceiling, ceilingOfTwo }),
    ),
    notes: [
      emmettVersion === undefined
        ? EMMETT_LEFT_OUT
        : `Emmett is @event-driven-io/emmett-postgresql ${emmettVersion}; "x Emmett" is beside the faster of its two pools.`,
      'The ceiling is the faster of the two raw inserts of 256 rows on 1 connection; it makes no hash, keeps no versions or keys, and takes no lock.',
      'With 1 caller each event is a commit of its own: latency counts there, and the ceiling does not apply.',
    ],
  };
}

type Found = Readonly<{
  measured: readonly Measured[];
  steward: (version: string, callers: number) => Measured | undefined;
  emmettAt: (version: string, callers: number) => number | undefined;
  ceiling: number | undefined;
  ceilingOfTwo: number | undefined;
}>;

function goalsOf(version: string, { measured, steward, emmettAt, ceiling, ceilingOfTwo }: Found): readonly Goal[] {
  const rate = (callers: number): number | undefined => steward(version, callers)?.figures.eventsPerSecond.median;
  const oneRow = measured.filter(({ name }) => name === ONE_ROW.plain || name === ONE_ROW.prepared);
  const latency = steward(version, 1)?.figures.p50Ms;
  const goal = (name: string, wanted: Goal['wanted'], found: number | undefined): Goal => ({
    name: `${version}: ${name}`,
    wanted,
    found,
  });
  return [
    goal('x Emmett at 32 callers', { atLeast: 5 }, ratio(rate(32), emmettAt(version, 32))),
    goal('x Emmett at 256 callers', { atLeast: 8 }, ratio(rate(256), emmettAt(version, 256))),
    goal('of the ceiling at 256 callers', { atLeast: 0.5 }, ratio(rate(256), ceiling)),
    goal('of the best of 1 or 2 raw connections', undefined, ratio(rate(256), ceilingOfTwo)),
    goal('p50 at 1 caller beside the faster raw insert of 1 row', { atMost: 1.5 }, ratio(latency, leastP50(oneRow))),
  ];
}
