import type { Position, RecordedEvent } from '#libs/event-store';
import { CLOUD_EVENT_JSON, HEADER, messageId } from './message-headers.ts';
import { envelope, type Outlet } from './publication.ts';

/** A message as it is published, and as the log answers for one that the broker no longer has. */
export type OutgoingMessage = Readonly<{
  /** The `Nats-Msg-Id`; not among the headers. */
  id: string;
  subject: string;
  headers: Readonly<Record<string, string>>;
  /** A CloudEvent in JSON. */
  body: string;
}>;

export type OutgoingOptions = Readonly<{
  log: string;
  /** Life of the store that the event was read in. */
  epoch: number;
  outlet: Outlet;
  event: RecordedEvent;
  /** Position such that nothing of the event's slot was published between there and the event. */
  previous: Position;
}>;

/** What the outlet tells of an event; nothing for an event that is private. Pure: the same event is always the same message. */
export function outgoingMessage({ log, epoch, outlet, event, previous }: OutgoingOptions): OutgoingMessage | undefined {
  const published = outlet.publication(event);
  if (!published) return undefined;
  const { metadata } = event;
  const headers: Record<string, string> = {
    [HEADER.contentType]: CLOUD_EVENT_JSON,
    [HEADER.log]: log,
    [HEADER.epoch]: String(epoch),
    [HEADER.position]: String(event.position),
    [HEADER.slot]: String(event.slot),
    [HEADER.previousPosition]: String(previous),
  };
  const { correlationId, causationId, traceparent, tracestate } = metadata;
  add(headers, HEADER.correlationId, correlationId);
  add(headers, HEADER.causationId, causationId);
  add(headers, HEADER.traceparent, traceparent);
  add(headers, HEADER.tracestate, tracestate);
  return {
    id: messageId(log, event.lane, { epoch, position: event.position }),
    subject: outlet.subjectOf(event, published),
    headers,
    body: JSON.stringify(envelope(log, event, published)),
  };
}

const LINE_BREAK = /[\r\n]/;

/** A value that would end its line is left out; the event has it, too. */
function add(headers: Record<string, string>, name: string, value: string | undefined): void {
  if (value !== undefined && !LINE_BREAK.test(value)) headers[name] = value;
}
