import type { Bench } from '../harness/bench.ts';
import { measureTogether, type TimedContender } from '../harness/measure.ts';
import { messagesIn, openNats } from '../harness/nats.ts';
import { beside, bestRate, ratio } from '../harness/ratio.ts';
import type { Report } from '../harness/report.ts';
import { fill } from '../harness/steward-log.ts';
import { withResources } from '../harness/with-resources.ts';
import { BARE as BARE_STREAM, BarePublisher, renewBareStream, templatesFrom, WINDOW } from './bare-publisher.ts';
import { PlainPublisher } from './plain-publisher.ts';
import { forgetPublished, openPublishingService, relayUntil, type PublishingService } from './publishing-service.ts';

const SCHEMA = 'bench_bus_relay';
const STREAMS = 400;
const FIRST_EVENTS = 1_000;
const WANTED = 0.6;
const RELAY = 'relay, catching up';
const BARE = {
  client: `bare JetStream publisher, ${WINDOW} in flight`,
  plain: `bare plain messages with reply, ${WINDOW} in flight`,
} as const;

/** A log that was written while the relay was away, beside a publisher that has the messages ready. */
export async function relay({ server: { url }, pace, backlog }: Bench): Promise<Report> {
  return withResources(async (atEnd) => {
    const nats = await openNats(atEnd);
    const service = await openPublishingService({ name: 'agent', url, schema: SCHEMA, nats }, atEnd);
    await fill(service.log.store, { events: FIRST_EVENTS, streams: STREAMS });
    const templates = await templatesFrom(service);
    await fill(service.log.store, { events: backlog - FIRST_EVENTS, streams: STREAMS, say: pace.say });
    await service.log.database.query('vacuum analyze');
    const { bus } = nats;
    const contenders = [
      relaying(service, backlog),
      publishing(BARE.client, service, backlog, () => new BarePublisher(bus, templates)),
      publishing(BARE.plain, service, backlog, () => new PlainPublisher(bus, templates)),
    ];
    const measured = await measureTogether(contenders, { ...pace, natsPid: nats.pid });
    const rate = (name: string): number | undefined => bestRate(measured, (row) => row.name === name);
    const ofClient = ratio(rate(RELAY), rate(BARE.client));
    const ofPlain = ratio(rate(RELAY), rate(BARE.plain));
    return {
      topic: 'bus-relay',
      title: `${backlog} events that were appended before`,
      rows: measured.map((row) =>
        row.name === RELAY
          ? { ...row, beside: beside({ 'of JetStream publisher': ofClient, 'of plain messages': ofPlain }) }
          : row,
      ),
      goals: [
        { name: 'relay beside the bare JetStream publisher', wanted: { atLeast: WANTED }, found: ofClient },
        { name: 'relay beside bare plain messages', found: ofPlain },
      ],
      notes: [
        `nats-server ${nats.version}; the streams are new in each round.`,
        `The bare publishers send ${templates.length} messages of the relay again and again, each with an id of its own and chained as the relay's are: they read no log and build no payload.`,
        'The JetStream publisher is the client\u2019s own `publish`; plain messages only count the answers of the server, which is the ceiling.',
      ],
    };
  });
}

function relaying(service: PublishingService, events: number): TimedContender {
  return {
    name: RELAY,
    warmsUp: false,
    before: () => forgetPublished(service),
    run: async () => {
      const seconds = await relayUntil(service, events);
      await refuseOtherThan(events, service, service.stream);
      return { events, seconds, latenciesMs: [] };
    },
  };
}

function publishing(
  name: string,
  service: PublishingService,
  events: number,
  open: () => Pick<BarePublisher, 'publishAll'>,
): TimedContender {
  return {
    name,
    warmsUp: false,
    before: () => renewBareStream(service.nats.bus, service.stream),
    run: async () => {
      const publisher = open();
      const startedAt = performance.now();
      await publisher.publishAll(events);
      const seconds = (performance.now() - startedAt) / 1_000;
      await refuseOtherThan(events, service, BARE_STREAM);
      return { events, seconds, latenciesMs: [] };
    },
  };
}

async function refuseOtherThan(events: number, { nats: { bus } }: PublishingService, stream: string): Promise<void> {
  const messages = await messagesIn(bus, stream);
  if (messages !== events) throw new Error(`${stream} has ${messages} messages instead of ${events}.`);
}
