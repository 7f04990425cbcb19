import type { StreamName } from '#libs/contracts';
import { BUS_MIGRATIONS, eventOutlet, PublishedEventsAnswerer, Relay, type Outlet } from '#libs/messaging';
import { messagesIn, renewStream, type BenchNats } from '../harness/nats.ts';
import { until } from '../harness/paced.ts';
import { execute, makeSchema } from '../harness/server.ts';
import { openStewardLog, type StewardLog } from '../harness/steward-log.ts';
import type { AtEnd } from '../harness/with-resources.ts';

/** A service as far as publishing goes: its log, where that is published, and a relay when it is started. */
export type PublishingService = Readonly<{
  name: string;
  url: string;
  schema: string;
  log: StewardLog;
  nats: BenchNats;
  stream: StreamName;
  outlet: Outlet;
}>;

const STREAM_OF = { agent: 'EVT_AGENT', health: 'EVT_HEALTH' } as const;
const RELAY_DEADLINE_MS = 600_000;

/** Everything in its log is published, and it answers those who ask for what was. */
export async function openPublishingService(
  { name, url, schema, nats }: Readonly<{ name: keyof typeof STREAM_OF; url: string; schema: string; nats: BenchNats }>,
  atEnd: AtEnd,
): Promise<PublishingService> {
  await makeSchema(url, schema, atEnd);
  const log = await openStewardLog(url, schema, atEnd, BUS_MIGRATIONS);
  const stream = STREAM_OF[name];
  const outlet = eventOutlet(name, stream, ({ type, data }) => ({ type: `steward.${type}.v1`, data: objectIn(data) }));
  const answerer = new PublishedEventsAnswerer({
    log: name,
    bus: nats.bus,
    ...log,
    outlets: [outlet],
    onFailure: (error) => {
      console.error(error);
    },
  });
  answerer.start();
  atEnd(() => answerer.stop());
  return { name, url, schema, log, nats, stream, outlet };
}

function objectIn(data: unknown): object {
  if (typeof data === 'object' && data !== null) return data;
  throw new TypeError('The data of a sample event is an object.');
}

export type RunningRelay = Readonly<{
  /** Rejects with what made the relay begin anew. */
  failed: Promise<never>;
  stop: () => Promise<void>;
}>;

/** The product's relay, as the service starts it. */
export function startRelay({ name, nats: { bus }, log, outlet }: PublishingService): RunningRelay {
  const { promise: failed, reject } = Promise.withResolvers<never>();
  failed.catch(() => undefined); // whoever waits for the relay sees it
  const relay = new Relay({ log: name, owner: 'bench', bus, ...log, outlet, onFailure: reject });
  relay.start();
  return { failed, stop: () => relay.stop() };
}

/** Publishes what the stream lacks of the log. @returns how long it took, in seconds */
export async function relayUntil(service: PublishingService, messages: number): Promise<number> {
  const { stream, nats } = service;
  const startedAt = performance.now();
  const relay = startRelay(service);
  try {
    const arrived = until('all is published', async () => (await messagesIn(nats.bus, stream)) >= messages, {
      everyMs: 20,
      withinMs: RELAY_DEADLINE_MS,
    });
    await Promise.race([arrived, relay.failed]);
    return (performance.now() - startedAt) / 1_000;
  } finally {
    await relay.stop();
  }
}

/** As if nothing had ever been published: an empty stream, and a relay without memory. */
export async function forgetPublished({ schema, url, stream, nats: { bus } }: PublishingService): Promise<void> {
  await renewStream(bus, stream);
  await execute(url, `delete from ${schema}.relay_progress`);
}
