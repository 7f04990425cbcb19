import type { Bench } from '../harness/bench.ts';
import { sharedNowMs } from '../harness/clock.ts';
import { measureTogether, type Measured, type TimedContender } from '../harness/measure.ts';
import { openNats } from '../harness/nats.ts';
import { atRate } from '../harness/paced.ts';
import { beside, ratio } from '../harness/ratio.ts';
import type { Report } from '../harness/report.ts';
import { fill, sampleAppend } from '../harness/steward-log.ts';
import { withResources } from '../harness/with-resources.ts';
import { BARE, BarePublisher, renewBareStream, templatesFrom, type Template } from './bare-publisher.ts';
import { Followers } from './follower-process.ts';
import { CONCURRENCY, openFollowingService, renewDurable } from './following-service.ts';
import { openPublishingService, startRelay, type PublishingService, type RunningRelay } from './publishing-service.ts';

const SCHEMAS = {
  subscribed: 'bench_bus_latency',
  consumed: 'bench_bus_latency_consumed',
  effects: 'bench_bus_latency_effects',
};
const RATES = [100, 1_000, 5_000];
const STREAMS = 400;
const FIRST_EVENTS = 1_000;
const JUDGED = { rate: 1_000, atMostMs: 15 };

const NAMES = {
  subscriber: 'commit to subscriber',
  bareSubscriber: 'bare publish to subscriber',
  effect: 'commit to effect in another service',
  bareEffect: 'bare publish to a row inserted elsewhere',
} as const;
const nameOf = (name: string, rate: number): string => `${name}, ${rate}/s`;

/** How long after a commit others have the event, at steady rates. */
export async function latency({ server: { url }, pace }: Bench): Promise<Report> {
  return withResources(async (atEnd) => {
    const nats = await openNats(atEnd);
    // Two logs: what the consumer of one applies does not have to pass by what the subscriber of the other was sent.
    const subscribed = await openPublishingService({ name: 'agent', url, schema: SCHEMAS.subscribed, nats }, atEnd);
    const consumed = await openPublishingService({ name: 'health', url, schema: SCHEMAS.consumed, nats }, atEnd);
    await openFollowingService(url, SCHEMAS.effects, atEnd);
    await fill(subscribed.log.store, { events: FIRST_EVENTS, streams: STREAMS });
    const setup: Setup = {
      url,
      subscribed,
      consumed,
      templates: await templatesFrom(subscribed),
      followers: await Followers.start(1, atEnd),
    };
    const contenders = RATES.flatMap((rate) => [
      committing(NAMES.subscriber, rate, setup),
      publishing(NAMES.bareSubscriber, rate, setup),
      committing(NAMES.effect, rate, setup),
      publishing(NAMES.bareEffect, rate, setup),
    ]);
    return report(await measureTogether(contenders, { ...pace, natsPid: nats.pid }), nats.version);
  });
}

type Setup = Readonly<{
  url: string;
  subscribed: PublishingService;
  consumed: PublishingService;
  templates: readonly Template[];
  followers: Followers;
}>;

/** Appends at the rate; the clock of an event begins when its append is done. */
function committing(name: string, rate: number, { url, subscribed, consumed, followers }: Setup): TimedContender {
  const isConsumed = name === NAMES.effect;
  const service = isConsumed ? consumed : subscribed;
  let relay: RunningRelay | undefined;
  let count = 0;
  return {
    name: nameOf(name, rate),
    helpers: () => followers.pids,
    before: async () => {
      relay = startRelay(service);
      await followers.follow(1, {
        how: isConsumed ? 'inbox' : 'subscriber',
        stream: service.stream,
        log: service.name,
        concurrency: CONCURRENCY,
        durable: 'bench_latency',
        natsUrl: service.nats.url,
        databaseUrl: url,
        schema: SCHEMAS.effects,
      });
      await followers.open();
    },
    after: async () => {
      await followers.stop();
      await relay?.stop();
    },
    run: (seconds) =>
      timed(followers, { rate, seconds, failed: relay?.failed }, async () => {
        const { firstPosition } = await service.log.store.append(sampleAppend(count % STREAMS, (count += 1)));
        return { position: firstPosition, atMs: sharedNowMs() };
      }),
  };
}

/** Publishes at the rate; the clock of a message begins before it is published. */
function publishing(name: string, rate: number, { url, subscribed, templates, followers }: Setup): TimedContender {
  const { bus, url: natsUrl } = subscribed.nats;
  let publisher = new BarePublisher(bus, templates);
  return {
    name: nameOf(name, rate),
    helpers: () => followers.pids,
    before: async () => {
      await renewBareStream(bus, subscribed.stream);
      publisher = new BarePublisher(bus, templates);
      await renewDurable(bus, { stream: BARE, durable: 'bench_latency', from: 'the oldest' });
      await followers.follow(1, {
        how: name === NAMES.bareEffect ? 'insert' : 'subscriber',
        stream: BARE,
        log: '',
        concurrency: CONCURRENCY,
        durable: 'bench_latency',
        natsUrl,
        databaseUrl: url,
        schema: SCHEMAS.effects,
      });
      await followers.open();
    },
    after: () => followers.stop(),
    run: (seconds) =>
      timed(followers, { rate, seconds }, async () => {
        const atMs = sharedNowMs();
        return { position: await publisher.publish(), atMs };
      }),
  };
}

type Begun = Readonly<{ position: number; atMs: number }>;
type Rate = Readonly<{ rate: number; seconds: number; failed?: Promise<never> | undefined }>;

/** @throws when an event has not had its effect exactly once */
async function timed(followers: Followers, { rate, seconds, failed }: Rate, begin: () => Promise<Begun>) {
  const begunAt = new Map<number, number>();
  const events = await atRate(rate, seconds, async () => {
    const { position, atMs } = await begin();
    begunAt.set(position, atMs);
  });
  const done = followers.untilDone(events);
  await (failed ? Promise.race([done, failed]) : done);
  const { positions, atMs } = await followers.effects();
  const latenciesMs = positions.map((position, index) => {
    const begun = begunAt.get(position);
    if (begun === undefined) throw new Error(`Position ${position} had an effect twice, or was not of this round.`);
    begunAt.delete(position);
    return Number(atMs[index]) - begun;
  });
  if (begunAt.size > 0) throw new Error(`${begunAt.size} of ${events} events had no effect.`);
  const began = Math.min(...atMs.map((at, index) => at - Number(latenciesMs[index])));
  return { events, seconds: (Math.max(...atMs) - began) / 1_000, latenciesMs };
}

function report(measured: readonly Measured[], natsVersion: string): Report {
  const p99 = (name: string, rate: number): number | undefined =>
    measured.find((row) => row.name === nameOf(name, rate))?.figures.p99Ms;
  const rows = measured.map((row) => {
    const rate = RATES.find((one) => row.name.endsWith(`, ${one}/s`)) ?? 0;
    const bare = row.name.startsWith(NAMES.subscriber)
      ? NAMES.bareSubscriber
      : row.name.startsWith(NAMES.effect)
        ? NAMES.bareEffect
        : undefined;
    return bare === undefined
      ? row
      : { ...row, beside: beside({ 'p99 beside bare': ratio(row.figures.p99Ms, p99(bare, rate)) }) };
  });
  return {
    topic: 'bus-latency',
    title: 'from a commit to others',
    rows,
    goals: [NAMES.subscriber, NAMES.effect].map((name) => ({
      name: `${nameOf(name, JUDGED.rate)}: p99`,
      wanted: name === NAMES.subscriber ? { atMost: JUDGED.atMostMs } : undefined,
      unit: 'ms',
      found: p99(name, JUDGED.rate),
    })),
    notes: [
      `nats-server ${natsVersion}. Whoever follows is a process of its own; log, relay and what appends are another.`,
      'The clock begins when the append is done, or before the bare publish, and ends when the subscriber has the message or the effect is committed. events/s below the rate: it could not keep up.',
    ],
  };
}
