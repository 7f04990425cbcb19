import { START } from '#libs/event-store';
import { streamId } from '#libs/kernel';
import { EMMETT_LEFT_OUT, POOL_SIZE, type Bench } from './harness/bench.ts';
import { measureTogether, type Contender, type Measured } from './harness/measure.ts';
import { beside, bestRate, ratio } from './harness/ratio.ts';
import type { Report } from './harness/report.ts';
import { sampleEvent } from './harness/sample-events.ts';
import type { EmmettLog } from './harness/emmett-peer.ts';
import { connect, makeSchema } from './harness/server.ts';
import { openStewardLog, sampleAppend, TENANT, type StewardLog } from './harness/steward-log.ts';
import { withResources } from './harness/with-resources.ts';

const STEWARD_SCHEMA = 'bench_read';
const EMMETT_SCHEMA = 'bench_read_emmett';
const STREAMS = 20;
const EVENTS_PER_STREAM = 1_000;
const EVENTS_PER_APPEND = 100;
const PAGE = 1_000;
const COLUMNS = `position, lane, slot, tenant, stream_id, category, stream_version, type, type_version, id, data, metadata,
  recorded_at, hash`;
const WHAT = { stream: 'a stream of 1,000 events', log: 'a page of 1,000 events of the log' };

/** Streams of a thousand events, and the log in pages, beside Emmett and raw selects. */
export async function read({ server: { url }, emmett, pace }: Bench): Promise<Report> {
  return withResources(async (atEnd) => {
    await makeSchema(url, STEWARD_SCHEMA, atEnd);
    await makeSchema(url, EMMETT_SCHEMA, atEnd);
    const log = await openStewardLog(url, STEWARD_SCHEMA, atEnd);
    const peer = await emmett?.open({ url, schema: EMMETT_SCHEMA, poolSize: POOL_SIZE }, atEnd);
    const raw = await connect(url, STEWARD_SCHEMA, atEnd);
    await fillBoth(log, peer);
    await raw.query('vacuum analyze');
    const contenders = [
      ...ofSteward(log),
      ...(peer ? ofEmmett(peer) : []),
      ...ofRaw(async (text, values) => (await raw.query<{ position: string }>(text, values)).rows),
    ];
    return report(await measureTogether(contenders, pace), peer !== undefined);
  });
}

async function fillBoth({ store }: StewardLog, peer: EmmettLog | undefined): Promise<void> {
  for (let first = 1; first <= STREAMS * EVENTS_PER_STREAM; first += EVENTS_PER_APPEND) {
    const stream = Math.floor((first - 1) / EVENTS_PER_APPEND) % STREAMS;
    await store.append(sampleAppend(stream, first, EVENTS_PER_APPEND));
    const events = Array.from({ length: EVENTS_PER_APPEND }, (_, index) => sampleEvent(first + index));
    await peer?.append(`item-${stream}`, events, 'any');
  }
}

/** A contender that reads a whole thousand of events in each call, and says so when it got fewer. */
function reader(name: string, readOne: (turn: number) => Promise<number>): Contender {
  let turn = 0;
  return {
    name,
    callers: 1,
    eventsPerCall: PAGE,
    call: async () => {
      const events = await readOne((turn += 1));
      if (events !== PAGE) throw new Error(`${name}: read ${events} events instead of ${PAGE}.`);
    },
  };
}

function ofSteward({ store }: StewardLog): readonly Contender[] {
  let after = START;
  return [
    reader(`Steward: ${WHAT.stream}`, async (turn) => {
      return (await store.readStream(TENANT, streamId('item', `${turn % STREAMS}`))).length;
    }),
    reader(`Steward: ${WHAT.log}`, async (turn) => {
      if (turn % STREAMS === 0) after = START;
      const events = await store.readAll({ after, limit: PAGE });
      after = events.at(-1)?.position ?? START;
      return events.length;
    }),
  ];
}

function ofEmmett(peer: EmmettLog): readonly Contender[] {
  let after = 0n;
  return [
    reader(`Emmett: ${WHAT.stream}`, (turn) => peer.readStream(`item-${turn % STREAMS}`)),
    reader(`Emmett: ${WHAT.log}`, async (turn) => {
      if (turn % STREAMS === 0) after = 0n;
      const page = await peer.readLog(after, PAGE);
      after = page.last;
      return page.events;
    }),
  ];
}

type Select = (text: string, values: unknown[]) => Promise<readonly { position: string }[]>;

function ofRaw(select: Select): readonly Contender[] {
  let after = '0';
  return [
    reader(`raw select: ${WHAT.stream}`, async (turn) => {
      const text = `select ${COLUMNS} from events where tenant = $1 and stream_id = $2 order by stream_version`;
      return (await select(text, [TENANT, `item-${turn % STREAMS}`])).length;
    }),
    reader(`raw select: ${WHAT.log}`, async (turn) => {
      if (turn % STREAMS === 0) after = '0';
      const text = `select ${COLUMNS} from events where lane = 0 and position > $1 order by position limit $2`;
      const rows = await select(text, [after, PAGE]);
      after = rows.at(-1)?.position ?? '0';
      return rows.length;
    }),
  ];
}

function report(measured: readonly Measured[], hasPeer: boolean): Report {
  const rows = measured.map((row) => {
    if (!row.name.startsWith('Steward')) return row;
    const rate = row.figures.eventsPerSecond.median;
    const what = row.name.replace('Steward', '');
    const other = (name: string): number | undefined =>
      ratio(
        rate,
        bestRate(measured, (each) => each.name === `${name}${what}`),
      );
    return { ...row, beside: beside({ 'x Emmett': other('Emmett'), 'of the raw select': other('raw select') }) };
  });
  return {
    topic: 'read',
    title: `${STREAMS} streams of ${EVENTS_PER_STREAM} events, in memory`,
    rows,
    notes: ['A raw select gives the rows as the driver makes them.', ...(hasPeer ? [] : [EMMETT_LEFT_OUT])],
  };
}
