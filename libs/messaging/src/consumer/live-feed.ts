import type { ConsumerMessages, JsMsg } from '@nats-io/jetstream';
import type { StreamName } from '#libs/contracts';
import { WakeSignal } from '#libs/event-store';
import { SECOND_MS } from '#libs/kernel';
import { headerValues, type Bus } from '../bus.ts';
import { payloadOf, type RawMessage } from '../incoming-event.ts';
import {
  isAheadOfStream,
  provisionConsumer,
  recreateConsumer,
  type WantedConsumer,
} from '../provisioning/consumers.ts';
import type { Delivery } from './delivered-event.ts';

export type LiveFeedOptions = Readonly<{
  bus: Bus;
  stream: StreamName;
  /** Durable name. */
  name: string;
  /** Makes the stream when it is missing. */
  ensureStream: () => Promise<unknown>;
  /** Resolves when more messages can be taken. */
  room: () => Promise<void>;
  onMessage: (message: RawMessage, from: LiveOrigin) => void;
  /** The feed begins, or begins again: messages may have been missed meanwhile. */
  onBegin: () => void;
  onFailure: (error: unknown) => void;
}>;

/** Where a live message came from. */
export type LiveOrigin = Readonly<{
  delivery: Delivery;
  /** The subject that acknowledges it, for whoever it is handed over to. */
  reply: string;
  sequence: number;
  /**
   * When the server stored it, in seconds since 1970: the same sequence is another message when the stream was made again, or
   * when a broker had lost its newest messages and gave their numbers anew.
   */
  storedAt: number;
  /** Messages that the consumer has not delivered to anybody yet. */
  pending: number;
}>;

const PREFETCH = 256;
const EXPIRES_MS = 5 * SECOND_MS;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2 * SECOND_MS;
const CHECK_MS = 30 * SECOND_MS;

/**
 * Far more than what waits in memory: messages of a slot that nobody holds at the moment go without acknowledgement, and
 * must not keep the others from being delivered.
 */
const MAX_ACK_PENDING = 65_536;

/** Without an answer for so long the server delivers a message again; it is extended while it is worked on. */
export const ACK_WAIT_MS = 30 * SECOND_MS;

/**
 * Pulls messages from a stream through a durable consumer that all instances of a service share. Heals itself: a
 * consumer or a stream that vanished is made again, one that stands ahead of its stream is replaced.
 */
export class LiveFeed {
  private readonly options: LiveFeedOptions;
  private readonly stopping = new AbortController();
  private running: Promise<void> | undefined;
  private messages: ConsumerMessages | undefined;
  private failure: string | null = null;

  constructor(options: LiveFeedOptions) {
    this.options = options;
  }

  get trouble(): string | null {
    return this.failure;
  }

  /** Safe to call again. */
  start(): void {
    this.running ??= this.run();
  }

  /** Pulls no more; what was delivered stays with whoever has it. */
  async stop(): Promise<void> {
    this.stopping.abort();
    this.messages?.stop();
    await this.running;
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    for (let failures = 0; !signal.aborted; failures += 1) {
      try {
        await this.pullWhileItLasts(() => {
          failures = 0;
          this.failure = null;
        });
      } catch (error) {
        this.failure = error instanceof Error ? error.message : String(error);
        this.options.onFailure(error);
      }
      await new WakeSignal().wait(Math.min(FIRST_PAUSE_MS * 2 ** failures, LONGEST_PAUSE_MS), signal);
    }
  }

  private async pullWhileItLasts(onBegun: () => void): Promise<void> {
    const { bus, onBegin, room } = this.options;
    await this.provision();
    const consumer = await bus.jetstream.consumers.get(this.options.stream, this.options.name);
    const messages = await consumer.consume({
      max_messages: PREFETCH,
      expires: EXPIRES_MS,
      abort_on_missing_resource: true,
    });
    this.messages = messages;
    if (this.stopping.signal.aborted) messages.stop(); // it was while the consumer was made
    const stopListening = bus.onReconnect(() => {
      messages.stop();
    });
    const check = setInterval(() => void this.check(messages), CHECK_MS);
    onBegun();
    onBegin();
    try {
      for await (const message of messages) {
        this.pass(message);
        await room();
      }
    } finally {
      clearInterval(check);
      stopListening();
      messages.stop();
      this.messages = undefined;
    }
  }

  private pass(message: JsMsg): void {
    const { onMessage } = this.options;
    const delivery: Delivery = {
      ack: () => {
        this.tell(() => {
          message.ack();
        });
      },
      extend: () => {
        this.tell(() => {
          message.working();
        });
      },
      giveBack: () => {
        this.tell(() => {
          message.nak();
        });
      },
    };
    const raw = { subject: message.subject, headers: headerValues(message.headers), ...payloadOf(message.data) };
    const { pending } = message.info;
    const storedAt = Math.floor(message.time.getTime() / SECOND_MS);
    onMessage(raw, { delivery, reply: replyOf(message), sequence: message.seq, storedAt, pending });
  }

  /** Without a connection the server delivers the message again by itself, and it is known then. */
  private tell(call: () => void): void {
    if (!this.options.bus.connection.isClosed()) call();
  }

  /** After a roll back of the broker the consumer may have delivered what the stream does not hold yet, and skip it. */
  private async check(messages: ConsumerMessages): Promise<void> {
    try {
      if (await isAheadOfStream(this.options.bus, this.wanted)) messages.stop();
    } catch (error) {
      this.options.onFailure(error);
    }
  }

  private async provision(): Promise<void> {
    const { bus, ensureStream } = this.options;
    await ensureStream();
    await provisionConsumer(bus, this.wanted);
    if (await isAheadOfStream(bus, this.wanted)) await recreateConsumer(bus, this.wanted);
  }

  private get wanted(): WantedConsumer {
    const { stream, name } = this.options;
    return { stream, name, ackWaitMs: ACK_WAIT_MS, maxAckPending: MAX_ACK_PENDING };
  }
}

/** The client's interface does not show it, but its messages have it. */
function replyOf(message: JsMsg): string {
  return 'reply' in message && typeof message.reply === 'string' ? message.reply : '';
}
