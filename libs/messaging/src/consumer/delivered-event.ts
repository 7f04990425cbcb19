import { fromSubjectToken } from '#libs/contracts';
import type { BusHeaders } from '../bus.ts';
import type { LogPlace, RawMessage } from '../incoming-event.ts';
import type { LiveEvent } from './slot-queue.ts';

/** Tells the broker about a message that it delivered; does nothing for one that was read from the log. */
export type Delivery = Readonly<{
  /** It is dealt with. */
  ack: () => void;
  /** It is still being dealt with: do not deliver it again. */
  extend: () => void;
  /** Deliver it again, to whoever works then. */
  giveBack: () => void;
}>;

/** An event of a log on its way to its handler. */
export type DeliveredEvent = LiveEvent &
  Readonly<{
    raw: RawMessage;
    place: LogPlace;
    tenant: string;
    /** `<event>` of `steward.<area>.<event>.v<n>`. */
    eventName: string;
    delivery: Delivery;
    /** `performance.now()`. */
    receivedAt: number;
  }>;

export const FROM_LOG: Delivery = { ack: () => undefined, extend: () => undefined, giveBack: () => undefined };

/** Where `evt.<service>.<tenant>.<slot>.<category>.<event>.<streamId>` says what. */
const TOKEN = { tenant: 2, event: 5, streamId: 6 } as const;

export function deliveredEvent(raw: RawMessage, place: LogPlace, delivery: Delivery): DeliveredEvent {
  const tokens = raw.subject.split('.');
  const token = (index: number): string => fromSubjectToken(tokens[index] ?? '') ?? '';
  const tenant = token(TOKEN.tenant);
  return {
    position: place.position,
    previous: place.previous,
    streamKey: `${tenant}/${token(TOKEN.streamId)}`,
    raw,
    place,
    tenant,
    eventName: token(TOKEN.event),
    delivery,
    receivedAt: performance.now(),
  };
}

/** Header names as NATS' Go clients write them differ in case. */
export function lowerCaseNames(headers: BusHeaders): BusHeaders {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
