import type { Bench } from '../harness/bench.ts';
import { measureTogether, type TimedContender } from '../harness/measure.ts';
import { messagesIn, openNats } from '../harness/nats.ts';
import { beside, bestRate, ratio } from '../harness/ratio.ts';
import type { Report } from '../harness/report.ts';
import { fill } from '../harness/steward-log.ts';
import { withResources } from '../harness/with-resources.ts';
import { BARE, BarePublisher, renewBareStream, templatesFrom, WINDOW, type Template } from './bare-publisher.ts';
import { forgetPublished, openPublishingService, relayUntil, type PublishingService } from './publishing-service.ts';

const SCHEMA = 'bench_bus_relay';
const STREAMS = 400;
const FIRST_EVENTS = 1_000;
const WANTED = 0.6;
const RELAY = 'relay, catching up';
const CEILING = `bare JetStream publisher, ${WINDOW} in flight`;

/** A log that was written while the relay was away, beside a publisher that has the messages ready. */
export async function relay({ server: { url }, pace, backlog }: Bench): Promise<Report> {
  return withResources(async (atEnd) => {
    const nats = await openNats(atEnd);
    const service = await openPublishingService({ name: 'agent', url, schema: SCHEMA, nats }, atEnd);
    await fill(service.log.store, { events: FIRST_EVENTS, streams: STREAMS });
    const templates = await templatesFrom(service);
    await fill(service.log.store, { events: backlog - FIRST_EVENTS, streams: STREAMS, say: pace.say });
    await service.log.database.query('vacuum analyze');
    const contenders = [relaying(service, backlog), publishing(service, templates, backlog)];
    const measured = await measureTogether(contenders, { ...pace, natsPid: nats.pid });
    const rate = (name: string): number | undefined => bestRate(measured, (row) => row.name === name);
    const ofBare = ratio(rate(RELAY), rate(CEILING));
    return {
      topic: 'bus-relay',
      title: `${backlog} events that were appended before`,
      rows: measured.map((row) => (row.name === RELAY ? { ...row, beside: beside({ 'of bare': ofBare }) } : row)),
      goals: [{ name: 'relay beside the bare publisher', wanted: { atLeast: WANTED }, found: ofBare }],
      notes: [
        `nats-server ${nats.version}; the streams are new in each round.`,
        `The bare publisher sends ${templates.length} messages of the relay again and again, each with an id of its own and chained as the relay's are: it reads nothing and builds nothing.`,
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

function publishing(service: PublishingService, templates: readonly Template[], events: number): TimedContender {
  const { bus } = service.nats;
  return {
    name: CEILING,
    warmsUp: false,
    before: () => renewBareStream(bus, service.stream),
    run: async () => {
      const startedAt = performance.now();
      await new BarePublisher(bus, templates).publishAll(events);
      const seconds = (performance.now() - startedAt) / 1_000;
      await refuseOtherThan(events, service, BARE);
      return { events, seconds, latenciesMs: [] };
    },
  };
}

async function refuseOtherThan(events: number, { nats: { bus } }: PublishingService, stream: string): Promise<void> {
  const messages = await messagesIn(bus, stream);
  if (messages !== events) throw new Error(`${stream} has ${messages} messages instead of ${events}.`);
}
