import { AckPolicy, DeliverPolicy, type Consumer, type ConsumerMessages, type JsMsg } from '@nats-io/jetstream';
import type { StreamName } from '#libs/contracts';
import { LeasedWork, WakeSignal, type Database } from '#libs/event-store';
import { DomainError, SECOND_MS } from '#libs/kernel';
import type { Bus } from './bus.ts';
import { publishDeadLetter } from './dead-letters.ts';
import { PredecessorMissing } from './errors.ts';
import { incomingEvent, logPlaceOf, type IncomingEvent } from './incoming-event.ts';

/** What became of a message: it is done with, or must come again because one before it is missing. */
export type Settlement = 'done' | 'wait-for-predecessor';

/** What is certain of a message that became a dead letter: its place, when it came from a log. */
export type BuriedMessage = Pick<IncomingEvent, 'place'>;

export type EventConsumerOptions = Readonly<{
  service: string;
  stream: StreamName;
  /** Durable name: `<service>_<purpose>`. Another name reads the stream from its beginning. */
  name: string;
  /** This instance, for the lease. */
  owner: string;
  bus: Bus;
  database: Database;
  /** How many messages may be handled at once; 1 keeps the stream's order. */
  concurrency: number;
  /** Applies one message. What it throws is tried again or ends as a dead letter, by its kind. */
  handle: (incoming: IncomingEvent) => Promise<Settlement>;
  /** After a message has become a dead letter: lets the ones after it go on. The message may be no event at all. */
  skip: (buried: BuriedMessage) => Promise<void>;
  onFailure: (error: unknown, context: { readonly attempt: number; readonly deadLettered: boolean }) => void;
}>;

const PREFETCH = 100;
const ACK_WAIT_MS = 5 * SECOND_MS;
const EXTEND_ACK_MS = 2 * SECOND_MS;
const PREDECESSOR_WAIT_MS = 500;
const NANOSECONDS_PER_MS = 1_000_000;

/** A defect is tried this often; a dependency that is down, until it is back. */
const ATTEMPTS = 5;
const FIRST_RETRY_MS = 100;
const LAST_RETRY_MS = 10 * SECOND_MS;

/**
 * Reads a stream through a durable pull consumer; one instance at a time, by a lease. A message is
 * acknowledged after its effect was committed, so it may come twice, and the handler's inbox makes
 * the second time harmless.
 */
export class EventConsumer {
  private readonly options: EventConsumerOptions;
  private readonly work: LeasedWork;
  private lastError: string | null = null;

  constructor(options: EventConsumerOptions) {
    this.options = options;
    this.work = new LeasedWork({
      database: options.database,
      name: `consumer:${options.name}`,
      owner: options.owner,
      work: (signal) => this.run(signal),
      onFailure: (error) => {
        this.lastError = error instanceof Error ? error.message : String(error);
        options.onFailure(error, { attempt: 1, deadLettered: false });
      },
    });
  }

  /** What hinders the consumer now, for health. */
  get trouble(): string | null {
    return this.lastError;
  }

  start(): void {
    this.work.start();
  }

  /** Stops fetching, finishes the messages that were begun, gives the others and then the lease back. */
  async stop(): Promise<void> {
    await this.work.stop();
  }

  private async run(signal: AbortSignal): Promise<void> {
    const consumer = await this.provision();
    const messages = await consumer.consume({ max_messages: PREFETCH, abort_on_missing_resource: true });
    const stop = (): void => {
      messages.stop();
    };
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop(); // it was while the consumer was made
    this.lastError = null;
    try {
      await this.settleAll(messages, signal);
    } finally {
      stop();
      signal.removeEventListener('abort', stop);
    }
  }

  /** @throws what the first message failed with that could be neither applied nor put aside */
  private async settleAll(messages: ConsumerMessages, signal: AbortSignal): Promise<void> {
    const underWay = new Set<Promise<void>>();
    const failures: unknown[] = [];
    for await (const message of messages) {
      if (signal.aborted || failures.length > 0) {
        this.giveBack(message);
        continue;
      }
      const settled = this.settle(message, signal)
        .catch((error: unknown) => {
          failures.push(error);
          messages.stop();
          this.giveBack(message);
        })
        .finally(() => underWay.delete(settled));
      underWay.add(settled);
      if (underWay.size >= this.options.concurrency) await Promise.race(underWay);
    }
    await Promise.all(underWay);
    if (failures.length > 0) throw failures[0];
  }

  /** Lets it come again, to whoever works then; without a connection the server does so by itself when its time is over. */
  private giveBack(message: JsMsg): void {
    if (!this.options.bus.connection.isClosed()) message.nak();
  }

  private async provision(): Promise<Consumer> {
    const { bus, stream, name } = this.options;
    await bus.manager.consumers.add(stream, {
      durable_name: name,
      ack_policy: AckPolicy.Explicit,
      deliver_policy: DeliverPolicy.All,
      ack_wait: ACK_WAIT_MS * NANOSECONDS_PER_MS,
      max_deliver: -1,
      max_ack_pending: 10 * PREFETCH,
    });
    return bus.jetstream.consumers.get(stream, name);
  }

  /** Never rejects for what a handler throws; rejects when a message cannot be put aside, and the work begins anew. */
  private async settle(message: JsMsg, signal: AbortSignal): Promise<void> {
    const extend = setInterval(() => {
      message.working();
    }, EXTEND_ACK_MS);
    try {
      await this.handleUntilSettled(message, signal);
    } finally {
      clearInterval(extend);
    }
  }

  private async handleUntilSettled(message: JsMsg, signal: AbortSignal): Promise<void> {
    const pause = new WakeSignal();
    let incoming: IncomingEvent | undefined;
    for (let attempt = 1; ; attempt += 1) {
      try {
        incoming ??= incomingEvent(message);
        acknowledge(message, await this.options.handle(incoming));
        return;
      } catch (error) {
        const isFinal = mustNotBeRetried(error, attempt);
        this.options.onFailure(error, { attempt, deadLettered: isFinal });
        if (isFinal) {
          await this.bury(message, { reason: error, attempts: attempt });
          return;
        }
        await pause.wait(Math.min(FIRST_RETRY_MS * 2 ** (attempt - 1), LAST_RETRY_MS), signal);
        if (signal.aborted) {
          this.giveBack(message);
          return;
        }
      }
    }
  }

  private async bury(message: JsMsg, cause: { readonly reason: unknown; readonly attempts: number }): Promise<void> {
    const { bus, service, name, skip } = this.options;
    await publishDeadLetter(bus, { service, consumer: name, message, ...cause });
    const place = logPlaceOf(message.headers);
    try {
      await skip(place === undefined ? {} : { place });
      message.ack();
    } catch (error) {
      if (!(error instanceof PredecessorMissing)) throw error;
      acknowledge(message, 'wait-for-predecessor');
    }
  }
}

function acknowledge(message: JsMsg, settlement: Settlement): void {
  if (settlement === 'done') message.ack();
  else message.nak(PREDECESSOR_WAIT_MS);
}

/** A message that breaks a rule of form or of the business will do so again; what is unavailable comes back. */
function mustNotBeRetried(error: unknown, attempt: number): boolean {
  if (!(error instanceof DomainError)) return attempt >= ATTEMPTS;
  if (error.kind === 'unavailable') return false;
  return error.kind === 'conflict' ? attempt >= ATTEMPTS : true;
}
