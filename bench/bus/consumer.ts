import type { Bench } from '../harness/bench.ts';
import { sharedNowMs } from '../harness/clock.ts';
import { isWanted, measureTogether, type Measured, type TimedContender } from '../harness/measure.ts';
import { messagesIn, openNats } from '../harness/nats.ts';
import { beside, bestRate, ratio } from '../harness/ratio.ts';
import type { Report } from '../harness/report.ts';
import { fill } from '../harness/steward-log.ts';
import { withResources } from '../harness/with-resources.ts';
import { Followers, lastOf } from './follower-process.ts';
import type { Following } from './follower-protocol.ts';
import { CONCURRENCY, openFollowingService, renewDurable } from './following-service.ts';
import { openPublishingService, relayUntil, type PublishingService } from './publishing-service.ts';

const SCHEMAS = {
  followed: 'bench_bus_consumer',
  consumed: 'bench_bus_consumer_log',
  effects: 'bench_bus_consumer_effects',
};
const REPLICAS = [1, 4];
const STREAMS = [400, 20_000];
const BACKLOG_PART = 0.1;

const NAMES: Readonly<Record<Exclude<Following, 'subscriber'>, string>> = {
  inbox: 'consumer with inbox',
  insert: 'bare consumer, row inserted',
  ack: 'bare consumer, acknowledged only',
};
type Kind = keyof typeof NAMES;
const KINDS: readonly Kind[] = ['inbox', 'insert', 'ack'];

const nameOf = (kind: Kind, replicas: number, streams: number): string =>
  `${NAMES[kind]}, ${replicas} replica${replicas === 1 ? '' : 's'}, ${streams} streams`;

/** Messages that wait in the stream, handled by replicas of a service. */
export async function consumer(bench: Bench): Promise<Report> {
  const events = Math.trunc(bench.backlog * BACKLOG_PART);
  const measured: Measured[] = [];
  for (const streams of STREAMS) measured.push(...(await withStreams(streams, events, bench)));
  const rate = (name: string): number | undefined => bestRate(measured, (row) => row.name === name);
  const rows = STREAMS.flatMap((streams) =>
    REPLICAS.flatMap((replicas) =>
      measured
        .filter(({ name }) => KINDS.some((kind) => name === nameOf(kind, replicas, streams)))
        .map((row) => {
          if (row.name !== nameOf('inbox', replicas, streams)) return row;
          const own = rate(row.name);
          return {
            ...row,
            beside: beside({
              'of row inserted': ratio(own, rate(nameOf('insert', replicas, streams))),
              'of acknowledged': ratio(own, rate(nameOf('ack', replicas, streams))),
              'x 1 replica': replicas === 1 ? undefined : ratio(own, rate(nameOf('inbox', 1, streams))),
            }),
          };
        }),
    ),
  );
  return {
    topic: 'bus-consumer',
    title: `${events} messages that wait in the stream`,
    rows,
    notes: [
      `Each replica is a process, works on ${CONCURRENCY} events at once, and begins when all slots are held and all messages are in the stream.`,
      'An effect is a row in Postgres. The bare consumers share a durable one, keep no order, and may do a thing twice.',
    ],
  };
}

async function withStreams(
  streams: number,
  events: number,
  { server: { url }, pace }: Bench,
): Promise<readonly Measured[]> {
  const names = REPLICAS.flatMap((replicas) => KINDS.map((kind) => nameOf(kind, replicas, streams)));
  if (!names.some((name) => isWanted(name, pace))) return [];
  return withResources(async (atEnd) => {
    const nats = await openNats(atEnd);
    // Two logs: the inbox has to pass by nothing that others were sent.
    const followed = await openPublishingService({ name: 'agent', url, schema: SCHEMAS.followed, nats }, atEnd);
    const consumed = await openPublishingService({ name: 'health', url, schema: SCHEMAS.consumed, nats }, atEnd);
    await openFollowingService(url, SCHEMAS.effects, atEnd);
    const followers = await Followers.start(Math.max(...REPLICAS), atEnd);
    const contenders = REPLICAS.flatMap((replicas) =>
      KINDS.map((kind) =>
        consuming({ kind, replicas, streams, events }, { service: kind === 'inbox' ? consumed : followed, followers }),
      ),
    );
    return measureTogether(contenders, { ...pace, natsPid: nats.pid });
  });
}

type Plan = Readonly<{ kind: Kind; replicas: number; streams: number; events: number }>;
type Setup = Readonly<{ service: PublishingService; followers: Followers }>;

function consuming({ kind, replicas, streams, events }: Plan, { service, followers }: Setup): TimedContender {
  const { stream, url, nats, log } = service;
  const durable = `bench_${kind}`;
  return {
    name: nameOf(kind, replicas, streams),
    warmsUp: false,
    helpers: () => followers.pids,
    before: async () => {
      if (kind !== 'inbox') await renewDurable(nats.bus, { stream, durable, from: 'the next' });
      await followers.follow(replicas, {
        how: kind,
        natsUrl: nats.url,
        stream,
        durable,
        log: service.name,
        concurrency: CONCURRENCY,
        databaseUrl: url,
        schema: SCHEMAS.effects,
      });
      await fill(log.store, { events, streams });
      await relayUntil(service, (await messagesIn(nats.bus, stream)) + events);
    },
    after: () => followers.stop(),
    run: async () => {
      const startedAt = sharedNowMs();
      await followers.open();
      await followers.untilDone(events);
      const endedAt = lastOf(await followers.effects(), events);
      return { events, seconds: (endedAt - startedAt) / 1_000, latenciesMs: [] };
    },
  };
}
