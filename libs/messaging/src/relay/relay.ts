import { JetStreamApiError, type PubAck, type StreamState } from '@nats-io/jetstream';
import {
  currentEpoch,
  LeasedWork,
  LogTail,
  WakeSignal,
  type Database,
  type EventStore,
  type Position,
  type RecordedEvent,
} from '#libs/event-store';
import { SECOND_MS } from '#libs/kernel';
import { injectContext, withSpan } from '#libs/observability';
import { natsHeaders, type Bus } from '../bus.ts';
import { HEADER, messageId, placeOfMessageId } from './message-headers.ts';
import { outgoingMessage, type OutgoingMessage } from './outgoing-message.ts';
import type { Outlet } from './publication.ts';
import { readProgress, saveProgress, startingPoint, type BrokerTail } from './relay-progress.ts';

export type RelayOptions = Readonly<{
  /** Name of the log and of the service that owns it: `agent`. */
  log: string;
  /** This instance, for the lease. */
  owner: string;
  bus: Bus;
  database: Database;
  store: EventStore;
  outlet: Outlet;
  /** @default 1000: the safety net for wake-ups that got lost */
  pollMs?: number;
  onFailure: (error: unknown) => void;
  /** Told after each step how many events of the log wait to be published. */
  onLag?: (events: number) => void;
  /** Told when the broker had lost messages, and they are being put back. */
  onRefill?: (from: Position) => void;
}>;

/** Messages in flight; each waits for the one before it by the expected-last chain. */
const WINDOW = 256;
const LANE = 0;

/** What a message is stored after, or not at all. */
type Expectation = Readonly<{ lastSequence: number } | { lastMsgID: string }>;

type Cursor = {
  scanned: Position;
  last: Position;
  epoch: number;
  /** The last one that was published before this relay: of a slot that was not published of since, nothing lies behind it. */
  readonly from: Position;
  readonly lastOfSlot: Map<number, Position>;
  /**
   * The stream's last sequence when the relay began; absent once something was published. A server knows the id of its
   * last message only while that is within the window for doubles, and after a restart never that of an older one.
   */
  lastSequence: number | undefined;
};

/**
 * Publishes a log's events to a JetStream stream, in order and without a gap.
 *
 * A lease keeps one instance at it. It stays correct without the lease: every message carries the id of
 * its event, and is accepted only after the message before it, so a second publisher makes duplicates
 * that the server drops, and never a hole or another order.
 */
export class Relay {
  private readonly options: RelayOptions;
  private readonly wake = new WakeSignal();
  private readonly work: LeasedWork;
  private readonly tail: LogTail;
  private unsubscribe: (() => void) | undefined;

  constructor(options: RelayOptions) {
    this.options = options;
    this.tail = LogTail.of(options.store);
    this.work = new LeasedWork({
      database: options.database,
      name: `relay:${options.outlet.stream}`,
      owner: options.owner,
      work: (signal) => this.run(signal),
      onFailure: options.onFailure,
    });
  }

  start(): void {
    this.unsubscribe = this.options.store.onCommit(() => {
      this.wake.notify();
    });
    this.work.start();
  }

  /** There may be new events: look now instead of at the next poll. */
  notify(): void {
    this.wake.notify();
  }

  async stop(): Promise<void> {
    this.unsubscribe?.();
    await this.work.stop();
  }

  private async run(signal: AbortSignal): Promise<void> {
    const cursor = await this.findStart();
    while (!signal.aborted) {
      const looked = await this.step(cursor);
      if (looked === 0 || !this.tail.mayFollow(cursor.scanned))
        await this.wake.wait(this.options.pollMs ?? SECOND_MS, signal);
    }
  }

  private async findStart(): Promise<Cursor> {
    const { bus, database, log, outlet, onRefill } = this.options;
    const { state } = await bus.manager.streams.info(outlet.stream);
    const progress = await readProgress(database, outlet.stream);
    const { after, last, refilling } = startingPoint(await brokerTail(bus, outlet.stream, log, state), progress);
    if (refilling) onRefill?.(after);
    const epoch = await currentEpoch(database);
    return { scanned: after, last, epoch, from: last, lastOfSlot: new Map(), lastSequence: state.last_seq };
  }

  /** Publishes the next window. @returns how many events of the log it looked at */
  private async step(cursor: Cursor): Promise<number> {
    const { database, log, outlet, onLag } = this.options;
    const events = await this.tail.readAfter(cursor.scanned, WINDOW);
    const newest = events.at(-1);
    if (!newest) {
      onLag?.(0);
      return 0;
    }
    const acknowledgements: Promise<PubAck>[] = [];
    let { last, lastSequence } = cursor;
    const { epoch, from, lastOfSlot } = cursor;
    for (const event of events) {
      const previous = lastOfSlot.get(event.slot) ?? from;
      const message = outgoingMessage({ log, epoch, outlet, event, previous });
      if (!message) continue;
      const expect =
        lastSequence === undefined ? { lastMsgID: messageId(log, LANE, { epoch, position: last }) } : { lastSequence };
      acknowledgements.push(this.send(event, message, expect));
      last = event.position;
      lastOfSlot.set(event.slot, last);
      lastSequence = undefined;
    }
    await allSettledOrThrow(acknowledgements);
    cursor.scanned = newest.position;
    cursor.last = last;
    cursor.lastSequence = lastSequence;
    await saveProgress(database, outlet.stream, { scanned: cursor.scanned, published: cursor.last });
    onLag?.(Math.max(0, this.tail.head - cursor.scanned));
    return events.length;
  }

  private send(event: RecordedEvent, message: OutgoingMessage, expect: Expectation): Promise<PubAck> {
    const { bus, outlet } = this.options;
    const { id, subject, body } = message;
    const attributes = {
      'messaging.system.name': 'nats',
      'messaging.operation.type': 'send',
      'messaging.destination.name': subject,
      'messaging.message.id': event.id,
      'messaging.message.conversation_id': event.metadata.correlationId,
    };
    return withSpan(`send ${outlet.stream}`, { kind: 'producer', attributes, parent: carrierOf(event) }, () => {
      const headers = { ...message.headers };
      injectContext(headers);
      return bus.jetstream.publish(subject, body, { msgID: id, headers: natsHeaders(headers), expect });
    });
  }
}

function carrierOf({ metadata }: RecordedEvent): Record<string, string> {
  return {
    ...(metadata.traceparent === undefined ? {} : { traceparent: metadata.traceparent }),
    ...(metadata.tracestate === undefined ? {} : { tracestate: metadata.tracestate }),
  };
}

/** Waits for all, so that nothing is in flight when the relay begins anew from the broker's tail. */
async function allSettledOrThrow(acknowledgements: readonly Promise<PubAck>[]): Promise<void> {
  const outcomes = await Promise.allSettled(acknowledgements);
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed) throw failed.reason;
}

/** The server's code for a message that is not there. */
const NO_MESSAGE_FOUND = 10037;

/** How many messages of others, which do not belong into the stream, are passed over in search of our last one. */
const MAX_STRANGERS = 1_000;

async function brokerTail(bus: Bus, stream: string, log: string, state: StreamState): Promise<BrokerTail> {
  if (state.last_seq === 0) return { state: 'never-written' };
  if (state.messages === 0) return { state: 'aged-out' };
  const oldest = Math.max(state.first_seq, state.last_seq - MAX_STRANGERS);
  for (let sequence = state.last_seq; sequence >= oldest; sequence -= 1) {
    const place = placeOfMessageId(await messageIdAt(bus, stream, sequence), log, LANE);
    if (place) return { state: 'at', position: place.position };
  }
  return { state: 'aged-out' };
}

/** Empty for a message without an id, and for one that is not there any more. */
async function messageIdAt(bus: Bus, stream: string, sequence: number): Promise<string> {
  try {
    const message = await bus.manager.streams.getMessage(stream, { seq: sequence });
    return message?.header.get(HEADER.messageId) ?? '';
  } catch (error) {
    if (error instanceof JetStreamApiError && error.code === NO_MESSAGE_FOUND) return '';
    throw error;
  }
}
