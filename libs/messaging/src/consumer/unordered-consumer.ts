import type { StreamName } from '#libs/contracts';
import { WakeSignal, type Database } from '#libs/event-store';
import { SECOND_MS } from '#libs/kernel';
import { parseBusinessSubject } from '#libs/contracts';
import type { Bus } from '../bus.ts';
import { parkedSubject } from '../dead-letters/dead-letter-desk.ts';
import { incomingEvent, type IncomingEvent, type RawMessage } from '../incoming-event.ts';
import { announceDead } from './announce-dead.ts';
import type { Delivery } from './delivered-event.ts';
import { ACK_WAIT_MS, LiveFeed, type LiveOrigin } from './live-feed.ts';
import { NO_MESSAGE, type FailureContext } from './log-consumer-options.ts';
import {
  claimParked,
  failedAgain,
  leaveParked,
  park,
  parkedAlone,
  readParked,
  type ParkedHead,
} from './parked-messages.ts';
import { fateOf, isStoreAway, RETRY_POLICY, type RetryPolicy } from './retry-policy.ts';

export type UnorderedConsumerOptions = Readonly<{
  service: string;
  stream: StreamName;
  /** Durable name: `<service>_<purpose>`. */
  name: string;
  bus: Bus;
  database: Database;
  ensureStream: () => Promise<unknown>;
  /** Handles one message, which may come more than once: it is idempotent by a key of its own. */
  handle: (incoming: IncomingEvent) => Promise<void>;
  /** Messages that are handled at once. @default 64 */
  concurrency?: number;
  retry?: Partial<RetryPolicy>;
  onFailure: (error: unknown, context: FailureContext) => void;
}>;

/** How a consumer of messages from outside is on this instance. */
export type UnorderedStatus = Readonly<{ name: string; underWay: number }>;

const POLL_MS = SECOND_MS;
const LONGEST_STORE_PAUSE_MS = 2 * SECOND_MS;
/** Meanwhile no other instance tries the same parked message. */
const CLAIM_MS = 60 * SECOND_MS;

/**
 * Takes messages from outside, which keep no order among themselves: all instances at once. At least once; the handler
 * makes the second time harmless. One that fails is put aside alone.
 */
export class UnorderedConsumer {
  private readonly options: UnorderedConsumerOptions;
  private readonly retry: RetryPolicy;
  private readonly feed: LiveFeed;
  private readonly stopping = new AbortController();
  private readonly wake = new WakeSignal();
  private readonly underWay = new Map<Promise<void>, Delivery>();
  /** Parked messages that are being tried again, by their ids. */
  private readonly retries = new Map<number, Promise<void>>();
  private running: Promise<void> | undefined;
  private unsubscribe: (() => void) | undefined;
  private extending: NodeJS.Timeout | undefined;

  constructor(options: UnorderedConsumerOptions) {
    const { bus, stream, name, ensureStream, onFailure, concurrency = 64 } = options;
    this.options = options;
    this.retry = { ...RETRY_POLICY, ...options.retry };
    this.feed = new LiveFeed({
      bus,
      stream,
      name,
      ensureStream,
      room: async () => {
        while (this.underWay.size >= concurrency) await Promise.race(this.underWay.keys());
      },
      onMessage: (message, origin) => {
        this.take(message, origin);
      },
      onBegin: () => undefined,
      onFailure: (error) => {
        onFailure(error, NO_MESSAGE);
      },
    });
  }

  get trouble(): string | null {
    return this.feed.trouble;
  }

  /** For health. */
  get status(): UnorderedStatus {
    return { name: this.options.name, underWay: this.underWay.size };
  }

  start(): void {
    const { bus, service } = this.options;
    this.unsubscribe = bus.subscribe(parkedSubject(service), () => {
      this.wake.notify();
    });
    this.extending = setInterval(() => {
      for (const { extend } of this.underWay.values()) extend();
    }, ACK_WAIT_MS / 3);
    this.running = this.retryParked();
    this.feed.start();
  }

  /** Pulls no more, finishes what was begun. */
  async stop(): Promise<void> {
    this.unsubscribe?.();
    this.stopping.abort();
    await this.feed.stop();
    await Promise.all(this.underWay.keys());
    await this.running;
    clearInterval(this.extending);
  }

  private take(message: RawMessage, { delivery, sequence, storedAt }: LiveOrigin): void {
    const settled = this.settle(message, { delivery, position: sequence, epoch: storedAt }).finally(() =>
      this.underWay.delete(settled),
    );
    this.underWay.set(settled, delivery);
  }

  /** Never rejects: without a store the message goes back when the consumer stops. */
  private async settle(
    raw: RawMessage,
    { delivery, position, epoch }: Readonly<{ delivery: Delivery; position: number; epoch: number }>,
  ): Promise<void> {
    const { signal } = this.stopping;
    for (let failures = 0; ; failures += 1) {
      try {
        await this.handleOrPark(raw, { position, epoch });
        delivery.ack();
        return;
      } catch (error) {
        this.options.onFailure(error, { attempt: failures + 1, deadLettered: false });
        await new WakeSignal().wait(Math.min(this.retry.firstMs * 2 ** failures, LONGEST_STORE_PAUSE_MS), signal);
        if (signal.aborted) {
          delivery.giveBack();
          return;
        }
      }
    }
  }

  private async handleOrPark(raw: RawMessage, place: Readonly<{ position: number; epoch: number }>): Promise<void> {
    const { handle, database, onFailure, name, stream } = this.options;
    try {
      await handle(incomingEvent(raw));
    } catch (error) {
      if (isStoreAway(error)) throw error;
      const fate = fateOf(error, 1, this.retry);
      const tenant = parseBusinessSubject(raw.subject)?.tenant;
      const message = { raw, ...place, ...(tenant === undefined ? {} : { tenant }) };
      await park(database, { consumer: name, source: stream }, message, { ...fate, attempts: 1, error });
      onFailure(error, { attempt: 1, deadLettered: fate.state === 'dead' });
      this.wake.notify();
    }
  }

  private async retryParked(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      try {
        const heads = await parkedAlone(this.options.database, this.options.name);
        // Not awaited: one that takes long must not keep the others from being tried.
        for (const head of heads) this.beginRetry(head);
      } catch (error) {
        this.options.onFailure(error, NO_MESSAGE);
      }
      await this.wake.wait(POLL_MS, signal);
    }
    await Promise.all(this.retries.values());
  }

  private beginRetry(head: ParkedHead): void {
    if (this.retries.has(head.id)) return;
    const retry = this.tryAgain(head)
      .catch((error: unknown) => {
        this.options.onFailure(error, NO_MESSAGE);
      })
      .finally(() => this.retries.delete(head.id));
    this.retries.set(head.id, retry);
  }

  private async tryAgain({ id, state }: ParkedHead): Promise<void> {
    const { database, name, handle, onFailure } = this.options;
    if (state === 'dead') {
      await announceDead(this.options, name, id);
      return;
    }
    if (!(await claimParked(database, id, CLAIM_MS))) return;
    const message = await readParked(database, id);
    if (!message) return;
    try {
      await handle(incomingEvent(message.raw));
    } catch (error) {
      const attempts = message.attempts + 1;
      const fate = fateOf(error, attempts, this.retry);
      onFailure(error, { attempt: attempts, deadLettered: fate.state === 'dead' });
      await failedAgain(database, id, { ...fate, attempts, error });
      this.wake.notify();
      return;
    }
    await leaveParked(database, id);
  }
}
