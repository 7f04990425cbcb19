import { position, START } from '#libs/event-store';
import { streamId } from '#libs/kernel';
import type { Bench } from './harness/bench.ts';
import { measureTogether, type Contender, type Measured } from './harness/measure.ts';
import { bestRate, ratio } from './harness/ratio.ts';
import type { FigureTable, Goal, Report } from './harness/report.ts';
import { execute, makeSchema } from './harness/server.ts';
import { fill, openStewardLog, sampleAppend, TENANT, type StewardLog } from './harness/steward-log.ts';
import { withResources, type AtEnd } from './harness/with-resources.ts';

const SCHEMAS = { fresh: 'bench_growth_fresh', small: 'bench_growth_small', grown: 'bench_growth_grown' };
const SMALL_EVENTS = 10_000;
const EVENTS_PER_STREAM = 100;
const PAGE = 1_000;
const CALLERS = 256;
const WANTED = 0.9;
const WHAT = ['append', 'a stream of 100 events', 'a page of 1,000 events'] as const;
const LCG = { multiplier: 1_664_525, increment: 1_013_904_223, modulus: 2 ** 32 };

/** A log of a million events beside one of ten thousand: rates, and the memory of this process. */
export async function growth({ server: { url }, pace, grownEvents }: Bench): Promise<Report> {
  return withResources(async (atEnd) => {
    for (const schema of Object.values(SCHEMAS)) await makeSchema(url, schema, atEnd);
    const small = await openStewardLog(url, SCHEMAS.small, atEnd);
    const grown = await openStewardLog(url, SCHEMAS.grown, atEnd);
    const fresh = freshLogs(url, atEnd);
    await fill(small.store, filling(SMALL_EVENTS));
    const memory = await fillAndWeigh(grown, grownEvents, pace.say);
    for (const { database } of [small, grown]) await database.query('vacuum analyze');
    const contenders = [
      appending(nameOf('append', SMALL_EVENTS), fresh.current, SMALL_EVENTS, fresh.renew),
      appending(nameOf('append', grownEvents), () => grown, grownEvents),
      ...reading(small, SMALL_EVENTS),
      ...reading(grown, grownEvents),
    ];
    return report(await measureTogether(contenders, pace), memory, grownEvents);
  });
}

const nameOf = (what: (typeof WHAT)[number], events: number): string => `${what}, of ${events}`;
const streamsOf = (events: number): number => Math.max(1, Math.floor(events / EVENTS_PER_STREAM));
const filling = (events: number) => ({ events, streams: streamsOf(events) });

/** Appends make a small log a large one, so that each round begins with a new one. */
function freshLogs(url: string, atEnd: AtEnd) {
  let log: StewardLog | undefined;
  let close = (): Promise<unknown> => Promise.resolve();
  atEnd(() => close());
  return {
    current: (): StewardLog => {
      if (!log) throw new Error('The small log is made before each round.');
      return log;
    },
    renew: async (): Promise<void> => {
      await close();
      await execute(url, `drop schema ${SCHEMAS.fresh} cascade; create schema ${SCHEMAS.fresh}`);
      log = await openStewardLog(url, SCHEMAS.fresh, (closeThis) => (close = closeThis));
      await fill(log.store, filling(SMALL_EVENTS));
    },
  };
}

function appending(name: string, log: () => StewardLog, events: number, before?: () => Promise<void>): Contender {
  // As many streams in both logs, spread over the whole: more distinct streams in a batch are another work, at any size.
  const pick = picks(streamsOf(SMALL_EVENTS));
  const stride = Math.max(1, Math.floor(streamsOf(events) / streamsOf(SMALL_EVENTS)));
  let number = 0;
  return {
    name,
    callers: CALLERS,
    ...(before ? { before } : {}),
    call: () => log().store.append(sampleAppend(pick() * stride, (number += 1))),
  };
}

function reading({ store }: StewardLog, events: number): readonly Contender[] {
  const pickStream = picks(streamsOf(events));
  const pickPage = picks(Math.max(1, Math.floor(events / PAGE)));
  return [
    {
      name: nameOf('a stream of 100 events', events),
      callers: 1,
      eventsPerCall: EVENTS_PER_STREAM,
      call: () => store.readStream(TENANT, streamId('item', `${pickStream()}`)),
    },
    {
      name: nameOf('a page of 1,000 events', events),
      callers: 1,
      eventsPerCall: PAGE,
      call: () => store.readAll({ after: position(START + pickPage() * PAGE), limit: PAGE }),
    },
  ];
}

/** Any of the numbers below `count`, the same ones in every run. */
function picks(count: number): () => number {
  let seed = 7;
  return () => {
    seed = (seed * LCG.multiplier + LCG.increment) % LCG.modulus;
    return Math.floor((seed / LCG.modulus) * count);
  };
}

const MEBIBYTE = 1024 * 1024;

function memoryNow(name: string): FigureTable['rows'][number] {
  globalThis.gc?.();
  const { rss, heapUsed } = process.memoryUsage();
  return { name, values: [rss / MEBIBYTE, heapUsed / MEBIBYTE] };
}

/** Fills one event a call, so that the memory is that of so many appends. */
async function fillAndWeigh(
  { store }: StewardLog,
  events: number,
  say: (line: string) => void,
): Promise<FigureTable['rows']> {
  const streams = streamsOf(events);
  await fill(store, { events: SMALL_EVENTS, streams, say });
  const before = memoryNow(`after ${SMALL_EVENTS} appends`);
  await fill(store, { events: events - SMALL_EVENTS, streams, say });
  return [before, memoryNow(`after ${events} appends`)];
}

function report(measured: readonly Measured[], memory: FigureTable['rows'], grownEvents: number): Report {
  const goals = WHAT.map((what): Goal => {
    const rate = (events: number): number | undefined =>
      bestRate(measured, ({ name }) => name === nameOf(what, events));
    return {
      name: `${what}: ${grownEvents} events beside ${SMALL_EVENTS}`,
      wanted: { atLeast: WANTED },
      found: ratio(rate(grownEvents), rate(SMALL_EVENTS)),
    };
  });
  return {
    topic: 'growth',
    title: `a log of ${grownEvents} events beside one of ${SMALL_EVENTS}`,
    rows: measured,
    tables: [{ head: ['memory of this process', 'resident MiB', 'heap in use MiB'], rows: memory }],
    goals,
    notes: [
      'The small log that takes appends is made anew before each round. Appends go to 100 streams of either log; streams and pages that are read are picked at random.',
      ...(globalThis.gc ? [] : ['The heap was not collected before it was weighed: run node with --expose-gc.']),
    ],
  };
}
