import {
  ProjectionRebuild,
  projectRows,
  registerProjection,
  START,
  Subscription,
  type ProjectedTable,
  type Subscriber,
} from '#libs/event-store';
import { Stock2026112200010 } from '../apps/agent-service/migrations/0001-stock.ts';
import { LotsAndPurchasing2026112300004 } from '../apps/agent-service/migrations/0004-lots-and-purchasing.ts';
import { stockLevelRows } from '../apps/agent-service/src/inventory/read-models/stock-levels/stock-level.projection.ts';
import type { Bench } from './harness/bench.ts';
import { measureTogether, type Contender } from './harness/measure.ts';
import { bestRate } from './harness/ratio.ts';
import type { Report } from './harness/report.ts';
import { makeSchema } from './harness/server.ts';
import { fill, openStewardLog, storeOf, type StewardLog } from './harness/steward-log.ts';
import { withResources } from './harness/with-resources.ts';

const SCHEMA = 'bench_rebuild';
const EVENTS = 120_000;
/** As many as there are items, so that each item's events are those of one stream. */
const STREAMS = 200;
const PAGE = 5_000;
const WANTED_PER_SECOND = 30_000;
const REBUILD = 'rebuild beside, compare and switch';

type Variant = Readonly<{ name: string; table: string; workers?: number }>;
const VARIANTS: readonly Variant[] = [
  { name: REBUILD, table: 'levels_any' },
  { name: `${REBUILD}, by slots, 2 workers`, table: 'levels_two', workers: 2 },
  { name: `${REBUILD}, by slots, 4 workers`, table: 'levels_four', workers: 4 },
];
const CAUGHT_UP = 'levels_caught_up';

/** The product's stock levels, folded from the beginning of the log. */
export async function rebuild({ server: { url }, pace }: Bench): Promise<Report> {
  return withResources(async (atEnd) => {
    await makeSchema(url, SCHEMA, atEnd);
    const log = await openStewardLog(url, SCHEMA, atEnd, [Stock2026112200010, LotsAndPurchasing2026112300004]);
    for (const table of [CAUGHT_UP, ...VARIANTS.map((variant) => variant.table)]) {
      await log.database.query(`create table ${table} (like stock_levels including all)`);
    }
    await fill(log.store, { events: EVENTS, streams: STREAMS, say: pace.say });
    const contenders = [
      ...VARIANTS.map((variant) => rebuilding(log, variant)),
      catchingUp(log),
      folding(log),
      reading(log),
    ];
    const measured = await measureTogether(contenders, pace);
    return {
      topic: 'rebuild',
      title: `stock levels of ${STREAMS} items from ${EVENTS} events`,
      rows: measured,
      goals: VARIANTS.map((variant) => ({
        name: variant.name,
        wanted: variant.name === REBUILD ? { atLeast: WANTED_PER_SECOND } : undefined,
        unit: 'events/s',
        found: bestRate(measured, ({ name }) => name === variant.name),
      })),
      notes: [
        'Folding and reading show what the time goes to: they write nothing.',
        'Catching up is what a subscription does when it is far behind.',
      ],
    };
  });
}

/** A newer version each time, which is built beside the rows of the one before. */
function rebuilding({ database }: StewardLog, { name, table, workers }: Variant): Contender {
  const rowsOf = workers === undefined ? 'any' : 'one-stream';
  const projected = (version: number): ProjectedTable =>
    projectRows({ ...stockLevelRows, name: `bench.${table}`, version, table, rowsOf }).table;
  let version = 0;
  return {
    name,
    callers: 1,
    eventsPerCall: EVENTS,
    call: async () => {
      if (version === 0) await registerProjection(database, projected((version += 1)));
      version += 1;
      const { isSwitched, events } = await new ProjectionRebuild({
        database,
        store: storeOf(database),
        table: projected(version),
        ...(workers === undefined ? {} : { workers }),
      }).run();
      if (!isSwitched || events !== EVENTS) throw new Error(`${name}: ${events} of ${EVENTS} events were folded.`);
    },
  };
}

/** The subscriber under another version each time, on an empty table: it begins at the beginning. */
function catchingUp({ database }: StewardLog): Contender {
  const { name, handles, apply, batchSize } = projectRows({
    ...stockLevelRows,
    name: 'bench.catching-up',
    table: CAUGHT_UP,
  });
  let version = 0;
  return {
    name: 'catching up by subscription',
    callers: 1,
    eventsPerCall: EVENTS,
    call: async () => {
      version += 1;
      await database.query(`truncate ${CAUGHT_UP}`);
      const subscriber: Subscriber = { name, version, apply, ...(handles ? { handles } : {}) };
      let applied = 0;
      await new Promise<void>((resolve, reject) => {
        const subscription = new Subscription({
          database,
          store: storeOf(database),
          subscriber,
          ...(batchSize === undefined ? {} : { batchSize }),
          onProgress: (progress) => {
            applied += progress.applied;
            if (applied === EVENTS) subscription.stop().then(resolve, reject);
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
