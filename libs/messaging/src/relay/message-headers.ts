import { position, type Position } from '#libs/event-store';

/** Names of the headers that our messages carry beside the CloudEvent. */
export const HEADER = {
  contentType: 'Content-Type',
  messageId: 'Nats-Msg-Id',
  /** Service whose log the event is in. */
  log: 'Steward-Log',
  /** Life of the store in which it was published; see `currentEpoch`. */
  epoch: 'Steward-Epoch',
  position: 'Steward-Position',
  /** Part of all streams that the event's stream belongs to, 0 to 63; ALERTS has it here alone. */
  slot: 'Steward-Slot',
  /** Position such that no event of the same slot was published between there and this one: proves that none is missing. */
  previousPosition: 'Steward-Previous-Position',
  traceparent: 'traceparent',
  tracestate: 'tracestate',
  correlationId: 'Correlation-Id',
  causationId: 'Causation-Id',
} as const;

export const CLOUD_EVENT_JSON = 'application/cloudevents+json';

/** What a message id says of the event: one position is another event in another life of the store. */
export type MessagePlace = Readonly<{ epoch: number; position: Position }>;

/** `<log>:<lane>:<epoch>:<position>`: the same event always has the same id, and never that of another one. */
export function messageId(log: string, lane: number, place: MessagePlace): string {
  return `${log}:${lane}:${place.epoch}:${place.position}`;
}

/**
 * The id of a message that is put back behind a sequence: `<id>:r<sequence>`. The server remembers the ids of messages that
 * were deleted, and would take one of them for a double.
 */
export function refilledId(id: string, behind: number): string {
  return `${id}:r${behind}`;
}

/** Ids of before there were epochs in them are of the first one. */
const PLACE = /^(?:(\d{1,9}):)?(\d{1,15})(?::r\d+)?$/;

/** @returns nothing for an id that is not of this log and lane */
export function placeOfMessageId(id: string, log: string, lane: number): MessagePlace | undefined {
  const prefix = `${log}:${lane}:`;
  if (!id.startsWith(prefix)) return undefined;
  const [, epoch = '1', at] = PLACE.exec(id.slice(prefix.length)) ?? [];
  return at === undefined ? undefined : { epoch: Number(epoch), position: position(Number(at)) };
}
