import type { Meter } from '@opentelemetry/api';
import { LABEL, METRIC } from './telemetry-names.ts';

type LabelName = keyof typeof LABEL;

/** The values of a metric's labels; a metric without labels takes none. */
export type LabelValues<Name extends LabelName> = Readonly<Record<Name, string | number>>;

type LabelArguments<Name extends LabelName> = [Name] extends [never] ? [] : [labels: LabelValues<Name>];

export interface Counter<Name extends LabelName> {
  /** Adds a count of zero or more. */
  add(count: number, ...labels: LabelArguments<Name>): void;
}

export interface Gauge<Name extends LabelName> {
  /** Replaces the value. */
  set(value: number, ...labels: LabelArguments<Name>): void;
}

export interface Histogram<Name extends LabelName> {
  /** Takes one observation, in the unit that the metric's name says. */
  record(value: number, ...labels: LabelArguments<Name>): void;
}

/** Everything the services measure. Durations are in seconds. */
export interface Metrics {
  readonly decisions: Counter<'agentId' | 'decisionType'>;
  readonly decisionDuration: Histogram<'agentId'>;
  /** 0 to 1, of the agent's latest decision. */
  readonly confidence: Gauge<'agentId'>;
  /** `endpoint` is the route's template (`/v1/decisions/:id`), never the path of one request. */
  readonly apiRequests: Counter<'method' | 'endpoint' | 'status'>;
  readonly apiRequestDuration: Histogram<never>;
  readonly dbConnections: Gauge<never>;
  /** `queryType` is the statement's name in the code (`append`, `read-stream`), never its text. */
  readonly dbQueryDuration: Histogram<'queryType'>;
  readonly integrationRequests: Counter<'integration' | 'status'>;
  readonly integrationResponseTime: Histogram<'integration'>;
  /** Events in the log that the broker has not confirmed. */
  readonly relayLag: Gauge<'log'>;
  /** Events in the log that the projection has not folded. */
  readonly projectionLag: Gauge<'projection'>;
  readonly eventsIngested: Counter<'outcome'>;
  readonly deadLetters: Counter<'consumer'>;
  readonly backups: Counter<'outcome'>;
  readonly alertsFiring: Gauge<'severity'>;
  /** Appends that shared one commit. */
  readonly appendBatchSize: Histogram<never>;
  /** Appends that wait for the batch under way. */
  readonly appendsWaiting: Gauge<never>;
  /** When the newest head of the log was signed, in seconds since 1970: unlike an age, it shows a signer that hangs. */
  readonly logSignedHead: Gauge<'log'>;
  /** Turns of periodic work that failed, and are tried again. */
  readonly backgroundFailures: Counter<'work'>;
  /** Times a relay found that the broker had lost messages, and put them back from the log. */
  readonly relayRefills: Counter<'log'>;
  /** Events of the producer's log that the consumer has not applied. */
  readonly consumerLag: Gauge<'consumer'>;
  /** Streams whose events wait behind one that could not be handled. */
  readonly parkedStreams: Gauge<'consumer'>;
  /** Events taken from the producer's log, because the bus did not bring them. */
  readonly eventsCaughtUp: Counter<'consumer'>;
  /** Messages that came again after their effect, and had none. */
  readonly duplicatesDropped: Counter<'consumer'>;
  /** Slots that this instance works on. */
  readonly slotsHeld: Gauge<never>;
  /** From the begin of a handler to the commit of its effect. */
  readonly handlerDuration: Histogram<'consumer'>;
  /** Assessments by how they ended: `completed`, `failed`, or `detector-failed` for each detector that could not look. */
  readonly assessments: Counter<'agentId' | 'outcome'>;
  /** From facts to commit, without the time that a model took. */
  readonly assessmentDuration: Histogram<'agentId'>;
  /** Events of the log that the agent has not assessed. */
  readonly agentLag: Gauge<'agentId'>;
}

/** The defaults of Prometheus' own clients, which the guide's dashboards were drawn for. */
const SHORT_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];
/** A decision waits for a model: the tail reaches minutes. */
const DECISION_SECONDS = [...SHORT_SECONDS, 20, 30, 60, 120];
/** A statement on a local Postgres takes tenths of a millisecond. */
const QUERY_SECONDS = [0.0005, 0.001, 0.0025, ...SHORT_SECONDS];
/** Powers of two up to the event store's cap on appends in a batch. */
const BATCH_SIZES = [1, 2, 4, 8, 16, 32, 64, 128, 256];

/**
 * Creates every metric on one meter. Recording never throws and does nothing when nobody scrapes, so a caller
 * needs no condition around it.
 */
export function createMetrics(meter: Meter): Metrics {
  return {
    decisions: counter(meter, METRIC.agentDecisions, 'Decisions that agents made.'),
    decisionDuration: histogram(
      meter,
      METRIC.agentDecisionDuration,
      'Time from facts to decision, in seconds.',
      DECISION_SECONDS,
    ),
    confidence: gauge(meter, METRIC.agentConfidence, "Confidence of the agent's latest decision, 0 to 1."),
    apiRequests: counter(meter, METRIC.apiRequests, 'HTTP requests answered.'),
    apiRequestDuration: histogram(
      meter,
      METRIC.apiRequestDuration,
      'Time to answer an HTTP request, in seconds.',
      SHORT_SECONDS,
    ),
    dbConnections: gauge(meter, METRIC.dbConnectionsActive, 'Database connections in use.'),
    dbQueryDuration: histogram(meter, METRIC.dbQueryDuration, 'Time of a database query, in seconds.', QUERY_SECONDS),
    integrationRequests: counter(meter, METRIC.integrationRequests, 'Requests to systems outside.'),
    integrationResponseTime: histogram(
      meter,
      METRIC.integrationResponseTime,
      'Time until a system outside answered, in seconds.',
      DECISION_SECONDS,
    ),
    relayLag: gauge(meter, METRIC.relayLag, 'Events that the broker has not confirmed yet.'),
    projectionLag: gauge(meter, METRIC.projectionLag, 'Events that the projection has not folded yet.'),
    eventsIngested: counter(meter, METRIC.eventsIngested, 'Business events that came in, by outcome.'),
    deadLetters: counter(meter, METRIC.deadLetters, 'Messages given up after their last attempt.'),
    backups: counter(meter, METRIC.backups, 'Backups, by outcome.'),
    alertsFiring: gauge(meter, METRIC.alertsFiring, 'Alerts that fire now.'),
    appendBatchSize: histogram(meter, METRIC.appendBatchSize, 'Appends that shared one commit.', BATCH_SIZES),
    appendsWaiting: gauge(meter, METRIC.appendsWaiting, 'Appends that wait for the batch under way.'),
    logSignedHead: gauge(
      meter,
      METRIC.logSignedHead,
      'When the newest head of the log was signed, in seconds since 1970.',
    ),
    backgroundFailures: counter(meter, METRIC.backgroundFailures, 'Turns of periodic work that failed.'),
    ...busMetrics(meter),
    ...agentMetrics(meter),
  };
}

function agentMetrics(meter: Meter): Pick<Metrics, 'assessments' | 'assessmentDuration' | 'agentLag'> {
  return {
    assessments: counter(meter, METRIC.assessments, 'Assessments of agents, by how they ended.'),
    assessmentDuration: histogram(
      meter,
      METRIC.assessmentDuration,
      'Time of an assessment without that of a model, in seconds.',
      QUERY_SECONDS,
    ),
    agentLag: gauge(meter, METRIC.agentLag, 'Events of the log that the agent has not assessed yet.'),
  };
}

type BusMetric =
  | 'relayRefills'
  | 'consumerLag'
  | 'parkedStreams'
  | 'eventsCaughtUp'
  | 'duplicatesDropped'
  | 'slotsHeld'
  | 'handlerDuration';

function busMetrics(meter: Meter): Pick<Metrics, BusMetric> {
  return {
    relayRefills: counter(meter, METRIC.relayRefills, 'Refills of a broker that had lost messages.'),
    consumerLag: gauge(meter, METRIC.consumerLag, "Events of the producer's log that are not applied yet."),
    parkedStreams: gauge(meter, METRIC.parkedStreams, 'Streams that wait behind an event that could not be handled.'),
    eventsCaughtUp: counter(meter, METRIC.eventsCaughtUp, "Events taken from the producer's log instead of the bus."),
    duplicatesDropped: counter(meter, METRIC.duplicatesDropped, 'Messages that came again after their effect.'),
    slotsHeld: gauge(meter, METRIC.slotsHeld, 'Slots that this instance works on.'),
    handlerDuration: histogram(
      meter,
      METRIC.handlerDuration,
      'Time to handle an event and commit its effect, in seconds.',
      QUERY_SECONDS,
    ),
  };
}

function counter<Name extends LabelName>(meter: Meter, name: string, description: string): Counter<Name> {
  const instrument = meter.createCounter(name, { description });
  return {
    add: (count, ...labels) => {
      instrument.add(count, attributesOf(labels[0]));
    },
  };
}

function gauge<Name extends LabelName>(meter: Meter, name: string, description: string): Gauge<Name> {
  const instrument = meter.createGauge(name, { description });
  return {
    set: (value, ...labels) => {
      instrument.record(value, attributesOf(labels[0]));
    },
  };
}

function histogram<Name extends LabelName>(
  meter: Meter,
  name: string,
  description: string,
  explicitBucketBoundaries: number[],
): Histogram<Name> {
  const instrument = meter.createHistogram(name, { description, advice: { explicitBucketBoundaries } });
  return {
    record: (value, ...labels) => {
      instrument.record(value, attributesOf(labels[0]));
    },
  };
}

/** One order of labels, whatever order the caller wrote them in, so that a scrape reads the same every time. */
function attributesOf(labels: object | undefined): Record<string, string> {
  const given = new Map<string, unknown>(Object.entries(labels ?? {}));
  const present = Object.entries(LABEL).filter(([key]) => given.has(key));
  return Object.fromEntries(present.map(([key, name]) => [name, String(given.get(key))]));
}
