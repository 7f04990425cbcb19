import type { StreamName } from '#libs/contracts';
import type { Database, EventStore, Transaction } from '#libs/event-store';
import type { Bus } from '../bus.ts';
import type { IncomingEvent } from '../incoming-event.ts';
import type { RetryPolicy } from './retry-policy.ts';

/** What is told with a failure. */
export type FailureContext = Readonly<{
  /** How often the message was tried, from 1; 0 when it was not the handling of a message that failed. */
  attempt: number;
  deadLettered: boolean;
}>;

/** The consumer itself met with trouble. */
export const NO_MESSAGE: FailureContext = { attempt: 0, deadLettered: false };

export type LogConsumerOptions = Readonly<{
  service: string;
  /** The service whose log is followed, and its stream on the bus. */
  log: string;
  stream: StreamName;
  /** Durable name, and the name in the inbox: `<service>_<purpose>`. Another name applies the log from its beginning. */
  name: string;
  bus: Bus;
  database: Database;
  store: Pick<EventStore, 'transaction'>;
  ensureStream: () => Promise<unknown>;
  /** Events, by the `<event>` of their type, that need the handler; all others are passed over. @default all */
  follows?: (eventName: string) => boolean;
  /** Runs in the inbox's transaction: its rows and appends come true with the inbox, or not at all. */
  handle: (incoming: IncomingEvent, transaction: Transaction) => Promise<void>;
  /** Events that are handled at once, each of another stream. @default 8 */
  concurrency?: number;
  retry?: Partial<RetryPolicy>;
  onFailure: (error: unknown, context: FailureContext) => void;
  /** Told of what there is to measure. */
  onProgress?: (progress: ConsumerProgress) => void;
}>;

/** What happened since the last time. */
export type ConsumerProgress = Readonly<
  Partial<{
    /** Seconds that an event took. */
    handledIn: number;
    /** Events that came from the producer's log instead of the bus. */
    caughtUp: number;
    /** Messages that had been applied already. */
    duplicates: number;
    /** Events known of that wait to be applied, here or on the broker. */
    lag: number;
    /** Streams of the held slots that have messages put aside. */
    parkedStreams: number;
  }>
>;

/** How a consumer is on this instance. */
export type ConsumerStatus = Readonly<{ name: string; slots: number; queued: number; parkedStreams: number }>;
