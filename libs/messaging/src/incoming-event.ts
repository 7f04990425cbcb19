import type { JsMsg } from '@nats-io/jetstream';
import { parseBinary, parseStructured, type CloudEvent } from '#libs/contracts';
import { position, type Position } from '#libs/event-store';
import { headerValues } from './bus.ts';
import { MalformedMessage } from './errors.ts';
import { CLOUD_EVENT_JSON, HEADER } from './relay/message-headers.ts';

/** The place of a message in the log that it came from; absent for messages from outside. */
export type LogPlace = Readonly<{ log: string; position: Position; previous: Position }>;

/** A message of a stream, understood. */
export type IncomingEvent = Readonly<{
  event: CloudEvent;
  subject: string;
  /** Sequence in the JetStream stream. */
  sequence: number;
  deliveries: number;
  place?: LogPlace;
  /** Trace context of whoever sent it. */
  carrier: Readonly<Record<string, string>>;
}>;

/**
 * Reads a CloudEvent from a message, in structured or binary mode.
 * @throws MalformedMessage, InvalidCloudEvent
 */
export function incomingEvent(message: JsMsg): IncomingEvent {
  const headers = headerValues(message.headers);
  const place = logPlaceOf(message.headers);
  return {
    event: readEvent(headers, message.string()),
    subject: message.subject,
    sequence: message.seq,
    deliveries: message.info.deliveryCount,
    ...(place === undefined ? {} : { place }),
    carrier: carrierOf(headers),
  };
}

function readEvent(headers: Readonly<Record<string, string>>, payload: string): CloudEvent {
  const json = parseJson(payload);
  const contentType = headers[HEADER.contentType.toLowerCase()];
  const isStructured = contentType?.startsWith(CLOUD_EVENT_JSON) ?? headers['ce-specversion'] === undefined;
  return isStructured ? parseStructured(json) : parseBinary(withHttpContentType(headers), json);
}

/** The NATS binding names it `ce-datacontenttype`; `parseBinary` reads the HTTP binding's name. */
function withHttpContentType(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const { 'ce-datacontenttype': dataContentType, ...others } = headers;
  return dataContentType === undefined ? others : { ...others, 'content-type': dataContentType };
}

function parseJson(payload: string): unknown {
  try {
    return JSON.parse(payload);
  } catch (error) {
    throw new MalformedMessage(error instanceof Error ? error.message : 'its payload is no JSON');
  }
}

/** The place that a message's headers name, also when the message is no event; nothing when they name none. */
export function logPlaceOf(values: JsMsg['headers']): LogPlace | undefined {
  const headers = headerValues(values);
  const log = headers[HEADER.log.toLowerCase()];
  const at = positionOf(headers[HEADER.position.toLowerCase()]);
  const previous = positionOf(headers[HEADER.previousPosition.toLowerCase()]);
  return log === undefined || at === undefined || previous === undefined ? undefined : { log, position: at, previous };
}

function positionOf(text: string | undefined): Position | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text) ? position(Number(text)) : undefined;
}

function carrierOf(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const { traceparent, tracestate } = headers;
  return {
    ...(traceparent === undefined ? {} : { traceparent }),
    ...(tracestate === undefined ? {} : { tracestate }),
  };
}
