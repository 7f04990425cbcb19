import { position, START, type Position } from '#libs/event-store';

/** Names of the headers that our messages carry beside the CloudEvent. */
export const HEADER = {
  contentType: 'Content-Type',
  messageId: 'Nats-Msg-Id',
  /** Position of the message before this one in the same stream; proves that none is missing. */
  previousPosition: 'Steward-Previous-Position',
  position: 'Steward-Position',
  log: 'Steward-Log',
  epoch: 'Steward-Epoch',
  traceparent: 'traceparent',
  tracestate: 'tracestate',
  correlationId: 'Correlation-Id',
  causationId: 'Causation-Id',
} as const;

export const CLOUD_EVENT_JSON = 'application/cloudevents+json';

/** `<log>:<lane>:<position>`: the same event always has the same id. */
export function messageId(log: string, lane: number, at: Position): string {
  return `${log}:${lane}:${at}`;
}

/** @returns `START` for an id that is not of this log and lane */
export function positionOfMessageId(id: string, log: string, lane: number): Position {
  const prefix = `${log}:${lane}:`;
  return id.startsWith(prefix) ? position(Number(id.slice(prefix.length))) : START;
}
