import type { Msg, MsgHdrs, NatsConnection, Subscription } from '@nats-io/transport-node';
import { createInbox } from '@nats-io/transport-node';
import { z } from 'zod';
import { SECOND_MS } from '#libs/kernel';
import type { Position } from '#libs/event-store';
import { parsedJson } from './published-events.ts';
import { PublishFailed } from './relay.errors.ts';

/** A message on its way. */
export type Sent = Readonly<{
  position: Position;
  slot: number;
  id: string;
  /** Called once, with the failure if there was one. */
  settled?: (error?: Error) => void;
}>;

/** What the broker confirmed; `duplicate`: it had a message with this id before. */
export type Confirmed = Readonly<{ sent: Sent; sequence: number; duplicate: boolean }>;

export type PublishWindowOptions = Readonly<{
  connection: NatsConnection;
  stream: string;
  /** Called for each message, in the order in which they were sent. */
  onConfirmed: (confirmed: Confirmed) => void;
  /** Called once, when the window fails. */
  onFailed: () => void;
  /** Messages on their way at a time. @default 256 */
  size?: number;
  /** @default 2000 */
  timeoutMs?: number;
}>;

const SIZE = 256;
const TIMEOUT_MS = 2 * SECOND_MS;
/** The header status of a subject that no stream listens to. */
const NO_RESPONDERS = 503;

const answer = z.union([
  z.object({ error: z.object({ description: z.string() }) }),
  z.object({ stream: z.string(), seq: z.int().positive(), duplicate: z.boolean().optional() }),
]);

type Flight = { readonly sent: Sent; readonly sentAt: number; answer: Omit<Confirmed, 'sent'> | undefined };

/**
 * Publishes with many messages on their way at a time, and tells of their confirmations in order. After the first
 * rejection or silence it takes nothing more: what a chained message follows is not there.
 *
 * It matches answers to messages by itself: a promise, a timer and a lookup for each, as the client has them, cost as much
 * as all the rest of publishing.
 */
export class PublishWindow {
  private readonly options: PublishWindowOptions;
  readonly size: number;
  private readonly timeoutMs: number;
  private readonly inbox = createInbox();
  private readonly subscription: Subscription;
  private readonly timer: NodeJS.Timeout;
  /** Numbers of the oldest message on its way, and of the next one to be sent; each stands at its number modulo the size. */
  private oldest = 0;
  private next = 0;
  private readonly flights: (Flight | undefined)[];
  private waiting: { readonly forAtMost: number; readonly resolve: () => void } | undefined;
  private broken: Error | undefined;

  constructor(options: PublishWindowOptions) {
    this.options = options;
    this.size = options.size ?? SIZE;
    this.timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
    this.flights = Array.from({ length: this.size });
    this.subscription = options.connection.subscribe(`${this.inbox}.*`, {
      callback: (error, message) => {
        if (error) this.fail(error.message);
        else this.answered(message);
      },
    });
    this.timer = setInterval(() => {
      const flight = this.flights[this.oldest % this.size];
      const isSilent = this.onTheirWay > 0 && flight && performance.now() - flight.sentAt > this.timeoutMs;
      if (isSilent) this.fail(`no answer within ${this.timeoutMs} ms`);
    }, this.timeoutMs / 4);
  }

  get onTheirWay(): number {
    return this.next - this.oldest;
  }

  /** Why nothing more is taken. */
  get failure(): Error | undefined {
    return this.broken;
  }

  get isFull(): boolean {
    return this.onTheirWay >= this.size;
  }

  /** Sends a message; only when the window is not full. One that the client refuses breaks it, as does one that the server refuses. */
  publish(sent: Sent, subject: string, message: Readonly<{ body: string; headers: MsgHdrs }>): void {
    const number = this.next;
    const reply = `${this.inbox}.${number}`;
    try {
      this.options.connection.publish(subject, message.body, { headers: message.headers, reply });
    } catch (error) {
      this.fail(`${sent.id} cannot be sent: ${error instanceof Error ? error.message : String(error)}`);
    }
    this.flights[number % this.size] = { sent, sentAt: performance.now(), answer: undefined };
    this.next += 1;
  }

  /** Resolves when at most so many messages are on their way, or none will be confirmed any more. */
  async atMost(count: number): Promise<void> {
    if (this.onTheirWay <= count || this.broken) return;
    await new Promise<void>((resolve) => {
      this.waiting = { forAtMost: count, resolve };
    });
  }

  /** Forgets what is on its way. */
  close(): void {
    clearInterval(this.timer);
    this.subscription.unsubscribe();
    const reason = this.broken ?? new PublishFailed(this.options.stream, 'the relay ends');
    for (; this.oldest < this.next; this.oldest += 1) this.flights[this.oldest % this.size]?.sent.settled?.(reason);
    this.waiting?.resolve();
  }

  private answered(message: Msg): void {
    const number = Number(message.subject.slice(this.inbox.length + 1));
    const flight = this.flights[number % this.size];
    // An answer to a message that this window does not wait for any more.
    if (!flight || number < this.oldest || number >= this.next) return;
    if (message.headers?.code === NO_RESPONDERS) {
      this.fail('no stream takes its subject');
      return;
    }
    const answer = acknowledgement(message);
    if ('error' in answer) {
      this.fail(answer.error);
      return;
    }
    flight.answer = answer;
    this.advance();
  }

  private advance(): void {
    while (this.oldest < this.next && !this.broken) {
      const flight = this.flights[this.oldest % this.size];
      if (!flight?.answer) break;
      this.oldest += 1;
      flight.sent.settled?.();
      this.options.onConfirmed({ sent: flight.sent, ...flight.answer });
    }
    if (this.waiting && this.onTheirWay <= this.waiting.forAtMost) this.resume();
  }

  private fail(reason: string): void {
    if (this.broken) return;
    this.broken = new PublishFailed(this.options.stream, reason);
    this.resume();
    this.options.onFailed();
  }

  private resume(): void {
    this.waiting?.resolve();
    this.waiting = undefined;
  }
}

/** What the server says to a publication: `{"stream":"EVT_AGENT","seq":7,"duplicate":true}`, or why not. */
function acknowledgement(message: Msg): Omit<Confirmed, 'sent'> | Readonly<{ error: string }> {
  const parsed = answer.safeParse(parsedJson(message.string()));
  if (!parsed.success) return { error: `its answer is not understood: ${message.string().slice(0, 200)}` };
  const { data } = parsed;
  return 'error' in data
    ? { error: data.error.description }
    : { sequence: data.seq, duplicate: data.duplicate ?? false };
}
