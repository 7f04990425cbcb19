import type { INestApplication } from '@nestjs/common';
import { position, Subscription, type Subscriber } from '#libs/event-store';
import { ensureStream, PublishedEventsAnswerer, Relay } from '#libs/messaging';
import { reportError } from '#libs/observability';
import type { PositionGate } from '../reads/position-gate.ts';
import type { ShutdownSequence } from '../shutdown/shutdown-sequence.ts';
import { streamLimits } from './nats-health.ts';
import { provisioningLog } from './provisioning-log.ts';
import type { Runtime } from './runtime.module.ts';
import type { ServiceName, ServiceParts } from './service-definition.ts';
import { rebuildLog } from './rebuild-log.ts';
import { healthOfSubscriptions } from './subscriptions-health.ts';

/** What follows the service's own log: its read models and reactions, and the relays that tell others. */
export type Followers = Readonly<{ subscriptions: readonly Subscription[]; relays: readonly Relay[] }>;

export type StartFollowersOptions = Readonly<{
  name: ServiceName;
  parts: ServiceParts;
  application: INestApplication;
  runtime: Runtime;
  sequence: ShutdownSequence;
  /** Told of commits and of what the read models make of them. */
  positions: PositionGate;
}>;

/** Starts everything that follows the log, wakes it when another instance appends, and adds its end to the shutdown. */
export async function startFollowers(options: StartFollowersOptions): Promise<Followers> {
  const { parts, application, runtime, sequence, name, positions } = options;
  const reactions = (parts.reactions ?? []).map((reaction) => application.get<Subscriber>(reaction, { strict: false }));
  const subscriptions = [
    ...parts.projections.map((projection) =>
      subscription(projection, runtime, () => {
        positions.projected();
      }),
    ),
    ...reactions.map((reaction) => subscription(reaction, runtime)),
  ];
  const relays = parts.outlets.map((outlet) => relay(name, outlet, runtime));
  for (const one of subscriptions) await one.start();
  for (const one of relays) one.start();
  const answerer = publishedEvents(name, parts, runtime);
  answerer.start();
  wakeAcrossInstances(name, runtime, { subscriptions, relays, positions });
  runtime.health.register({
    name: 'projections',
    required: false,
    check: () => Promise.resolve(healthOfSubscriptions(subscriptions.map(({ status }) => status))),
  });
  sequence.add({ phase: 'stop-taking-work', name: 'published events', run: () => answerer.stop() });
  sequence.add({
    phase: 'finish',
    name: 'projections and reactions',
    run: async () => {
      await Promise.all(subscriptions.map((one) => one.stop()));
    },
  });
  sequence.add({
    phase: 'acknowledge',
    name: 'relays',
    run: async () => {
      await Promise.all(relays.map((one) => one.stop()));
    },
  });
  return { subscriptions, relays };
}

function subscription(
  subscriber: Subscriber,
  { database, store, metrics, logger }: Runtime,
  onProgress?: () => void,
): Subscription {
  const { name } = subscriber;
  return new Subscription({
    database,
    store,
    subscriber,
    onProgress: ({ lag }) => {
      metrics.projectionLag.set(lag, { projection: name });
      onProgress?.();
    },
    onRebuild: rebuildLog(logger, (lag) => {
      metrics.projectionLag.set(lag, { projection: name });
    }),
    onFailure: (error, attempt) => {
      logger.error({ err: error, subscriber: name, attempt }, 'a subscriber could not apply events; it is tried again');
      reportError(error, { component: name });
    },
  });
}

function relay(name: ServiceName, outlet: ServiceParts['outlets'][number], runtime: Runtime): Relay {
  const { bus, database, store, logger, metrics, configuration } = runtime;
  return new Relay({
    log: name,
    owner: configuration.INSTANCE_ID,
    bus,
    database,
    store,
    outlet,
    ensureStream: () => ensureStream(bus, outlet.stream, streamLimits(configuration), provisioningLog(logger)),
    onFailure: (error) => {
      logger.warn(
        { err: error, stream: outlet.stream },
        'the relay stopped; it begins anew from the broker\u2019s tail',
      );
    },
    onLag: (events) => {
      metrics.relayLag.set(events, { log: `${name}:${outlet.stream}` });
    },
    onRefill: (from) => {
      metrics.relayRefills.add(1, { log: `${name}:${outlet.stream}` });
      logger.error({ stream: outlet.stream, from }, 'the broker lost messages; they are put back from the log');
    },
  });
}

function publishedEvents(name: ServiceName, { outlets }: ServiceParts, runtime: Runtime): PublishedEventsAnswerer {
  const { bus, database, store, logger } = runtime;
  return new PublishedEventsAnswerer({
    log: name,
    bus,
    database,
    store,
    outlets,
    onFailure: (error) => {
      logger.error({ err: error }, 'a consumer asked what was published, and the log could not be read');
      reportError(error, { component: 'published-events' });
    },
  });
}

/** A commit on one instance wakes the followers on every other one; polling covers a wake-up that gets lost. */
function wakeAcrossInstances(
  name: ServiceName,
  { bus, store }: Runtime,
  { subscriptions, relays, positions }: Followers & Readonly<{ positions: PositionGate }>,
): void {
  const subject = `wake.${name}`;
  store.onCommit((head) => {
    positions.appended(head);
    if (bus.isConnected) bus.publish(subject, String(head));
  });
  bus.subscribe(subject, ({ text }) => {
    const head = Number(text);
    if (Number.isSafeInteger(head) && head >= 0) positions.appended(position(head));
    for (const one of [...subscriptions, ...relays]) one.notify();
  });
}
