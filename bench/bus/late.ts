import type { Bench } from '../harness/bench.ts';
import { sharedNowMs } from '../harness/clock.ts';
import { measureTogether, type TimedContender } from '../harness/measure.ts';
import { messagesIn, openNats } from '../harness/nats.ts';
import { beside, bestRate, ratio } from '../harness/ratio.ts';
import type { Report } from '../harness/report.ts';
import { fill } from '../harness/steward-log.ts';
import { withResources } from '../harness/with-resources.ts';
import { Followers, lastOf } from './follower-process.ts';
import { CONCURRENCY, dropDurable, forgetFollowed, openFollowingService, renewDurable } from './following-service.ts';
import { forgetPublished, openPublishingService, relayUntil, type PublishingService } from './publishing-service.ts';

const SCHEMAS = { log: 'bench_bus_late', effects: 'bench_bus_late_effects' };
const STREAMS = 400;
const BACKLOG_PART = 0.25;
const DURABLE = 'bench_late';
const NAMES = {
  log: 'consumer with inbox, nothing left in the stream',
  stream: 'consumer with inbox, everything in the stream',
  bare: 'bare consumer, row inserted, everything in the stream',
} as const;
type Kind = keyof typeof NAMES;

/** A consumer that was away for longer than the stream keeps messages. */
export async function late({ server: { url }, pace, backlog }: Bench): Promise<Report> {
  const events = Math.trunc(backlog * BACKLOG_PART);
  return withResources(async (atEnd) => {
    const nats = await openNats(atEnd);
    const service = await openPublishingService({ name: 'agent', url, schema: SCHEMAS.log, nats }, atEnd);
    await openFollowingService(url, SCHEMAS.effects, atEnd);
    await fill(service.log.store, { events, streams: STREAMS, say: pace.say });
    await relayUntil(service, events);
    const setup: Setup = { service, events, followers: await Followers.start(1, atEnd), fromTheLog: new Map() };
    const contenders = (['log', 'stream', 'bare'] as const).map((kind) => catchingUp(kind, setup));
    const measured = await measureTogether(contenders, { ...pace, natsPid: nats.pid });
    const rate = (kind: Kind): number | undefined => bestRate(measured, ({ name }) => name === NAMES[kind]);
    return {
      topic: 'bus-late',
      title: `a new consumer and ${events} events`,
      rows: measured.map((row) => {
        const kind = (['log', 'stream'] as const).find((one) => row.name === NAMES[one]);
        const of = (other: Kind): number | undefined =>
          kind === undefined ? undefined : ratio(rate(kind), rate(other));
        return {
          ...row,
          beside: beside({
            'of stream': kind === 'log' ? of('stream') : undefined,
            'of bare': of('bare'),
            'from the log': setup.fromTheLog.get(row.name),
          }),
        };
      }),
      notes: [
        `One replica, ${CONCURRENCY} events at once; the clock begins when it holds all slots.`,
        '"from the log" is the part of the events that the consumer asked the service for: it asks for what is missing when it gains slots, and takes from the stream meanwhile.',
      ],
    };
  });
}

type Setup = Readonly<{
  service: PublishingService;
  events: number;
  followers: Followers;
  /** What part of the events came from there in the last round, by the name of the row. */
  fromTheLog: Map<string, number>;
}>;

function catchingUp(kind: Kind, { service, events, followers, fromTheLog }: Setup): TimedContender {
  const { stream, url, nats } = service;
  return {
    name: NAMES[kind],
    warmsUp: false,
    helpers: () => followers.pids,
    before: async () => {
      await forgetFollowed(url, SCHEMAS.effects);
      if (kind !== 'log' && (await messagesIn(nats.bus, stream)) < events) {
        await forgetPublished(service);
        await relayUntil(service, events);
      }
      if (kind === 'log') await nats.bus.manager.streams.purge(stream);
      await dropDurable(nats.bus, stream, DURABLE);
      if (kind === 'bare') await renewDurable(nats.bus, { stream, durable: DURABLE, from: 'the oldest' });
      await followers.follow(1, {
        how: kind === 'bare' ? 'insert' : 'inbox',
        natsUrl: nats.url,
        stream,
        durable: DURABLE,
        log: service.name,
        concurrency: CONCURRENCY,
        databaseUrl: url,
        schema: SCHEMAS.effects,
      });
    },
    after: () => followers.stop(),
    run: async () => {
      const startedAt = sharedNowMs();
      await followers.open();
      await followers.untilDone(events);
      const endedAt = lastOf(await followers.effects(), events);
      fromTheLog.set(NAMES[kind], (await followers.caughtUp()) / events);
      return { events, seconds: (endedAt - startedAt) / 1_000, latenciesMs: [] };
    },
  };
}
