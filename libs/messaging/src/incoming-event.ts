import { parseBinary, parseStructured, type CloudEvent } from '#libs/contracts';
import { position, type Position } from '#libs/event-store';
import { SLOT_COUNT } from '#libs/kernel';
import type { BusHeaders } from './bus.ts';
import { MalformedMessage } from './errors.ts';
import { CLOUD_EVENT_JSON, HEADER } from './relay/message-headers.ts';

/** A message as it came: from the stream, handed over by another instance, from the log, or from the parked ones. */
export type RawMessage = Readonly<{
  subject: string;
  /** With lower-case names. */
  headers: BusHeaders;
  body: string;
  /** What came, when that is no UTF-8 text, so that it can be kept as it is. */
  bytes?: Uint8Array;
}>;

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const lenientUtf8 = new TextDecoder('utf-8', { ignoreBOM: true });

/** Reads a payload as text; keeps the bytes of one that is none. */
export function payloadOf(data: Uint8Array): Pick<RawMessage, 'body' | 'bytes'> {
  try {
    return { body: strictUtf8.decode(data) };
  } catch {
    return { body: lenientUtf8.decode(data), bytes: data };
  }
}

/** The place of a message in the log that it came from; absent for messages from outside. */
export type LogPlace = Readonly<{
  log: string;
  /** Life of the source's store. */
  epoch: number;
  slot: number;
  position: Position;
  /** Position such that no event of the slot was published between there and this one. */
  previous: Position;
}>;

/** A message of a stream, understood. */
export type IncomingEvent = Readonly<{
  event: CloudEvent;
  subject: string;
  place?: LogPlace;
  /** Trace context of whoever sent it. */
  carrier: Readonly<Record<string, string>>;
}>;

/**
 * Reads a CloudEvent from a message, in structured or binary mode.
 * @throws MalformedMessage, InvalidCloudEvent
 */
export function incomingEvent({ subject, headers, body }: RawMessage): IncomingEvent {
  const place = logPlaceOf(headers);
  return {
    event: readEvent(headers, body),
    subject,
    ...(place === undefined ? {} : { place }),
    carrier: carrierOf(headers),
  };
}

function readEvent(headers: BusHeaders, payload: string): CloudEvent {
  const json = parseJson(payload);
  const contentType = headers[HEADER.contentType.toLowerCase()];
  const isStructured = contentType?.startsWith(CLOUD_EVENT_JSON) ?? headers['ce-specversion'] === undefined;
  return isStructured ? parseStructured(json) : parseBinary(withHttpContentType(headers), json);
}

/** The NATS binding names it `ce-datacontenttype`; `parseBinary` reads the HTTP binding's name. */
function withHttpContentType(headers: BusHeaders): BusHeaders {
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
export function logPlaceOf(headers: BusHeaders): LogPlace | undefined {
  const log = headers[HEADER.log.toLowerCase()];
  const epoch = wholeNumber(headers[HEADER.epoch.toLowerCase()]);
  const slot = wholeNumber(headers[HEADER.slot.toLowerCase()]);
  const at = wholeNumber(headers[HEADER.position.toLowerCase()]);
  const previous = wholeNumber(headers[HEADER.previousPosition.toLowerCase()]);
  if (log === undefined || epoch === undefined || at === undefined || previous === undefined) return undefined;
  if (slot === undefined || slot >= SLOT_COUNT) return undefined;
  return { log, epoch, slot, position: position(at), previous: position(previous) };
}

function wholeNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

function carrierOf({ traceparent, tracestate }: BusHeaders): Readonly<Record<string, string>> {
  return {
    ...(traceparent === undefined ? {} : { traceparent }),
    ...(tracestate === undefined ? {} : { tracestate }),
  };
}
