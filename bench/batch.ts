import type pg from 'pg';
import { EMMETT_LEFT_OUT, POOL_SIZE, type Bench } from './harness/bench.ts';
import type { EmmettLog } from './harness/emmett-peer.ts';
import { measureTogether, type Contender, type Measured } from './harness/measure.ts';
import { beside, bestRate, ratio } from './harness/ratio.ts';
import { byUnnest, byValues, createLikeEvents } from './harness/raw-insert.ts';
import type { Report } from './harness/report.ts';
import { sampleEvent, sampleRow } from './harness/sample-events.ts';
import { connect, connectAll, makeSchema } from './harness/server.ts';
import { openStewardLog, sampleAppend, type StewardLog } from './harness/steward-log.ts';
import { withResources } from './harness/with-resources.ts';

const STEWARD_SCHEMA = 'bench_batch';
const EMMETT_SCHEMA = 'bench_batch_emmett';
const EVENTS_PER_CALL = 100;
const CALLERS = [1, 8];

/** A hundred events a call beside Emmett and raw inserts of as many rows. */
export async function batch({ server: { url }, emmett, pace }: Bench): Promise<Report> {
  return withResources(async (atEnd) => {
    await makeSchema(url, STEWARD_SCHEMA, atEnd);
    await makeSchema(url, EMMETT_SCHEMA, atEnd);
    const log = await openStewardLog(url, STEWARD_SCHEMA, atEnd);
    const peer = await emmett?.open({ url, schema: EMMETT_SCHEMA, poolSize: POOL_SIZE }, atEnd);
    const clients = await connectAll(Math.max(...CALLERS), () => connect(url, STEWARD_SCHEMA, atEnd));
    const raw = [
      await rawInsert('raw insert, VALUES', 'raw_values', byValues, clients),
      await rawInsert('raw insert, unnest', 'raw_unnest', byUnnest, clients),
    ];
    const ways: readonly Way[] = [stewardWay(log), ...(peer ? [emmettWay(peer)] : []), ...raw];
    const contenders = CALLERS.flatMap((callers) => ways.map((way) => contender(way, callers)));
    return report(await measureTogether(contenders, pace), peer !== undefined);
  });
}

/** One way to store the events from this number on. */
type Way = Readonly<{ name: string; store: (stream: string, first: number, caller: number) => Promise<unknown> }>;

const stewardWay = ({ store }: StewardLog): Way => ({
  name: 'Steward',
  store: (stream, first) => store.append(sampleAppend(stream, first, EVENTS_PER_CALL)),
});

const emmettWay = (peer: EmmettLog): Way => ({
  name: 'Emmett',
  store: (stream, first) => peer.append(`item-${stream}`, numbers(first).map(sampleEvent), 'any'),
});

async function rawInsert(
  name: string,
  tableName: string,
  statement: typeof byValues,
  clients: readonly pg.Client[],
): Promise<Way> {
  const table = await createLikeEvents(clients, STEWARD_SCHEMA, tableName);
  return {
    name,
    store: async (_, first, caller) => {
      const rows = numbers(first).map((position) => sampleRow(position));
      return clients[caller]?.query(statement(table, rows));
    },
  };
}

function contender({ name, store }: Way, callers: number): Contender {
  return {
    name,
    callers,
    eventsPerCall: EVENTS_PER_CALL,
    call: (caller) => store(`${callers}_${caller}`, nextFirst(), caller),
  };
}

let count = 0;
const nextFirst = (): number => (count += EVENTS_PER_CALL);
const numbers = (first: number): number[] => Array.from({ length: EVENTS_PER_CALL }, (_, index) => first + index);

function report(measured: readonly Measured[], hasPeer: boolean): Report {
  const rows = measured.map((row) => {
    if (row.name !== 'Steward') return row;
    const rate = row.figures.eventsPerSecond.median;
    const besideRow = (name: string): number | undefined =>
      ratio(
        rate,
        bestRate(measured, (other) => other.name.startsWith(name) && other.callers === row.callers),
      );
    return { ...row, beside: beside({ 'x Emmett': besideRow('Emmett'), 'of the best raw insert': besideRow('raw') }) };
  });
  return {
    topic: 'batch',
    title: `${EVENTS_PER_CALL} events a call, all to one stream`,
    rows,
    notes: hasPeer ? [] : [EMMETT_LEFT_OUT],
  };
}
