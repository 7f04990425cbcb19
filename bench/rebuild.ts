import { START, Subscription, type Subscriber } from '#libs/event-store';
import { Stock2026112200010 } from '../apps/agent-service/migrations/0001-stock.ts';
import {
  stockLevelRows,
  stockProjections,
} from '../apps/agent-service/src/stock/read-models/stock-levels/stock-level.projection.ts';
import type { Bench } from './harness/bench.ts';
import { measureTogether, type Contender } from './harness/measure.ts';
import { bestRate } from './harness/ratio.ts';
import type { Report } from './harness/report.ts';
import { makeSchema } from './harness/server.ts';
import { fill, openStewardLog, type StewardLog } from './harness/steward-log.ts';
import { withResources } from './harness/with-resources.ts';

const SCHEMA = 'bench_rebuild';
const EVENTS = 60_000;
const STREAMS = 200;
const PAGE = 5_000;
const WANTED_PER_SECOND = 30_000;
const NAME = 'catching up, stock levels';

/** The product's stock levels, folded from the beginning of the log. */
export async function rebuild({ server: { url }, pace }: Bench): Promise<Report> {
  return withResources(async (atEnd) => {
    await makeSchema(url, SCHEMA, atEnd);
    const log = await openStewardLog(url, SCHEMA, atEnd, [Stock2026112200010]);
    await fill(log.store, { events: EVENTS, streams: STREAMS, perAppend: 10, say: pace.say });
    const measured = await measureTogether([catchingUp(log), folding(log), reading(log)], pace);
    const found = bestRate(measured, ({ name }) => name === NAME);
    return {
      topic: 'rebuild',
      title: `a projection over ${EVENTS} events from the beginning`,
      rows: measured,
      goals: [{ name: NAME, wanted: { atLeast: WANTED_PER_SECOND }, unit: 'events/s', found }],
      notes: ['Folding and reading show what the time goes to: they write nothing.'],
    };
  });
}

/** The subscriber under another version each time, on an empty table: it begins at the beginning. */
function catchingUp({ database, store }: StewardLog): Contender {
  const [stockLevels] = stockProjections;
  if (!stockLevels) throw new RangeError('The stock has no projection.');
  let version = 1;
  return {
    name: NAME,
    callers: 1,
    eventsPerCall: EVENTS,
    call: async () => {
      version += 1;
      await database.query('truncate stock_levels');
      const subscriber: Subscriber = { ...stockLevels, version };
      await new Promise<void>((resolve, reject) => {
        const subscription = new Subscription({
          database,
          store,
          subscriber,
          onProgress: ({ lag }) => {
            if (lag === 0) void subscription.stop().then(resolve, reject);
          },
          onFailure: reject,
        });
        subscription.start().catch(reject);
      });
    },
  };
}

function folding({ store }: StewardLog): Contender {
  return {
    name: 'reading and folding in memory',
    callers: 1,
    eventsPerCall: EVENTS,
    call: async () => {
      const rows = new Map<string, Parameters<typeof stockLevelRows.evolve>[0]>();
      await eachPage(store, (events) => {
        for (const event of events) {
          for (const key of stockLevelRows.keysOf(event)) {
            rows.set(key.sku, stockLevelRows.evolve(rows.get(key.sku), event, key));
          }
        }
      });
      if (rows.size !== STREAMS) throw new Error(`Folded ${rows.size} items instead of ${STREAMS}.`);
    },
  };
}

function reading({ store }: StewardLog): Contender {
  return { name: 'reading', callers: 1, eventsPerCall: EVENTS, call: () => eachPage(store, () => undefined) };
}

type Events = Awaited<ReturnType<StewardLog['store']['readAll']>>;

async function eachPage(store: StewardLog['store'], take: (events: Events) => void): Promise<void> {
  for (let after = START; ;) {
    const events = await store.readAll({ after, limit: PAGE });
    const last = events.at(-1);
    if (!last) return;
    take(events);
    after = last.position;
  }
}
