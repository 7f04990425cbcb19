import { JetStreamApiError, type PubAck } from '@nats-io/jetstream';
import {
  LeasedWork,
  WakeSignal,
  type Database,
  type EventStore,
  type Position,
  type RecordedEvent,
} from '#libs/event-store';
import { SECOND_MS } from '#libs/kernel';
import { injectContext, withSpan } from '#libs/observability';
import { natsHeaders, type Bus } from './bus.ts';
import { CLOUD_EVENT_JSON, HEADER, messageId, positionOfMessageId } from './message-headers.ts';
import { envelope, type Outlet, type Published } from './publication.ts';
import { readProgress, saveProgress, startingPoint, type BrokerTail, type StartingPoint } from './relay-progress.ts';

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

type Cursor = { scanned: Position; last: Position };

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
  private unsubscribe: (() => void) | undefined;

  constructor(options: RelayOptions) {
    this.options = options;
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
    const start = await this.findStart();
    if (start.refilling) this.options.onRefill?.(start.after);
    const cursor: Cursor = { scanned: start.after, last: start.last };
    while (!signal.aborted) {
      const published = await this.step(cursor);
      if (published < WINDOW) await this.wake.wait(this.options.pollMs ?? SECOND_MS, signal);
    }
  }

  private async findStart(): Promise<StartingPoint> {
    const { bus, database, log, outlet } = this.options;
    const { state } = await bus.manager.streams.info(outlet.stream);
    const progress = await readProgress(database, outlet.stream);
    return startingPoint(await brokerTail(bus, outlet.stream, log, state), progress);
  }

  /** Publishes the next window. @returns how many events of the log it looked at */
  private async step(cursor: Cursor): Promise<number> {
    const { database, store, outlet, onLag } = this.options;
    const events = await store.readAll({ after: cursor.scanned, limit: WINDOW });
    const newest = events.at(-1);
    if (!newest) {
      onLag?.(0);
      return 0;
    }
    const acknowledgements: Promise<PubAck>[] = [];
    let last = cursor.last;
    for (const event of events) {
      const published = outlet.publication(event);
      if (!published) continue;
      acknowledgements.push(this.send(event, published, last));
      last = event.position;
    }
    await allSettledOrThrow(acknowledgements);
    cursor.scanned = newest.position;
    cursor.last = last;
    await saveProgress(database, outlet.stream, { scanned: cursor.scanned, published: cursor.last });
    onLag?.((await store.head()) - cursor.scanned);
    return events.length;
  }

  private send(event: RecordedEvent, published: Published, previous: Position): Promise<PubAck> {
    const { bus, log, outlet } = this.options;
    const subject = outlet.subjectOf(event, published);
    const attributes = {
      'messaging.system.name': 'nats',
      'messaging.operation.type': 'send',
      'messaging.destination.name': subject,
      'messaging.message.id': event.id,
      'messaging.message.conversation_id': event.metadata.correlationId,
    };
    return withSpan(`send ${outlet.stream}`, { kind: 'producer', attributes, parent: carrierOf(event) }, () => {
      const headers: Record<string, string> = {
        [HEADER.contentType]: CLOUD_EVENT_JSON,
        [HEADER.log]: log,
        [HEADER.position]: String(event.position),
        [HEADER.previousPosition]: String(previous),
        [HEADER.correlationId]: event.metadata.correlationId,
      };
      if (event.metadata.causationId !== undefined) headers[HEADER.causationId] = event.metadata.causationId;
      injectContext(headers);
      return bus.jetstream.publish(subject, JSON.stringify(envelope(log, event, published)), {
        msgID: messageId(log, LANE, event.position),
        headers: natsHeaders(headers),
        ...(previous > 0 ? { expect: { lastMsgID: messageId(log, LANE, previous) } } : {}),
      });
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

async function brokerTail(
  bus: Bus,
  stream: string,
  log: string,
  state: { readonly messages: number; readonly last_seq: number },
): Promise<BrokerTail> {
  if (state.last_seq === 0) return { state: 'never-written' };
  if (state.messages === 0) return { state: 'aged-out' };
  try {
    const message = await bus.manager.streams.getMessage(stream, { seq: state.last_seq });
    const id = message?.header.get(HEADER.messageId) ?? '';
    return { state: 'at', position: positionOfMessageId(id, log, LANE) };
  } catch (error) {
    if (error instanceof JetStreamApiError && error.code === NO_MESSAGE_FOUND) return { state: 'aged-out' };
    throw error;
  }
}
