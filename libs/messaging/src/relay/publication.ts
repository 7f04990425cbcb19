import { alertSubject, eventSubject, type CloudEvent, type StreamName } from '#libs/contracts';
import type { RecordedEvent } from '#libs/event-store';

/** What a domain event looks like to others: a contract type and its data. */
export type Published = Readonly<{ type: string; data: object; subject?: string }>;

/** What a service tells of its domain events: a pure function, applied by the relay. Nothing for private ones. */
export type Publication = (event: RecordedEvent) => Published | undefined;

/** One log's way to one JetStream stream. */
export type Outlet = Readonly<{
  stream: StreamName;
  publication: Publication;
  subjectOf: (event: RecordedEvent, published: Published) => string;
}>;

/** The outlet for everything that a service says, to `EVT_<SERVICE>`. */
export function eventOutlet(service: string, stream: StreamName, publication: Publication): Outlet {
  return {
    stream,
    publication,
    subjectOf: (event, { type }) =>
      eventSubject({
        service,
        tenant: event.tenant,
        slot: event.slot,
        category: event.category,
        type,
        streamId: event.streamId,
      }),
  };
}

/**
 * The outlet for alerts, to `alerts.<tenant>.<severity>.<name>`, where people subscribe. The labels may come from
 * the recorded event, since not every contract event of an alert repeats them.
 */
export function alertOutlet(
  publication: Publication,
  labelsOf: (published: Published, event: RecordedEvent) => { readonly severity: string; readonly name: string },
): Outlet {
  return {
    stream: 'ALERTS',
    publication,
    subjectOf: (event, published) => {
      const { severity, name } = labelsOf(published, event);
      return alertSubject(event.tenant, severity, name);
    },
  };
}

/** Wraps what is published in an envelope that keeps the event's id, time, causes and place in the log. */
export function envelope(service: string, event: RecordedEvent, published: Published): CloudEvent<object> {
  const { metadata } = event;
  return {
    specversion: '1.0',
    id: event.id,
    source: `urn:steward:${service}`,
    type: published.type,
    subject: published.subject ?? event.streamId,
    time: metadata.occurredAt,
    datacontenttype: 'application/json',
    tenantid: event.tenant,
    correlationid: metadata.correlationId,
    ...(metadata.causationId === undefined ? {} : { causationid: metadata.causationId }),
    recordedtime: event.recordedAt.toISOString(),
    ...(metadata.traceparent === undefined ? {} : { traceparent: metadata.traceparent }),
    sequence: String(event.position),
    data: published.data,
  };
}
