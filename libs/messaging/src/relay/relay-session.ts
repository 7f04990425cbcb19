import { storeLives, type LogTail, type Position, type RecordedEvent, type WakeSignal } from '#libs/event-store';
import { injectContext, withSpan } from '#libs/observability';
import type { BrokerTailReader, TailMessage } from './broker-tail.ts';
import { refilledId } from './message-headers.ts';
import { outgoingHeaders, type Expectation } from './outgoing-headers.ts';
import { outgoingMessage, type OutgoingMessage } from './outgoing-message.ts';
import { PublishWindow, type Confirmed, type Sent } from './publish-window.ts';
import type { RelayOptions } from './relay-options.ts';
import type { SessionStart } from './relay-start.ts';
import type { RelayProgress } from './relay-progress.ts';
import { StreamChanged } from './relay.errors.ts';

export type SessionOptions = Readonly<{
  relay: RelayOptions;
  start: SessionStart;
  tail: LogTail;
  wake: WakeSignal;
  /** Notes how far it came. Never rejects. */
  save: (progress: RelayProgress) => Promise<void>;
  onLag: (events: number) => void;
}>;

/** Events read at a time. */
const PAGE = 512;
/** A full window is filled again when so many are on their way: fewer turns, and the broker is never without work. */
const REFILL_AT = 0.75;
/** Progress is noted and lag told at most so often. */
const NOTE_EVERY_MS = 200;

type Page = Readonly<{ events: readonly RecordedEvent[] } | { error: unknown }>;

/**
 * Publishes from one starting point on, each message chained to the one before it, until something is not as it should be.
 */
export class RelaySession {
  private readonly window: PublishWindow;
  private readonly options: SessionOptions;
  private readonly sentOfSlots: Position[];
  private readonly confirmedOfSlots: Position[];
  private scanned: Position;
  private confirmed: Position;
  private lastId: string | undefined;
  /** The stream's last sequence, and the last message of the log in it. */
  private sequence: number;
  private end: Pick<TailMessage, 'sequence' | 'id'> | undefined;
  private published = false;
  private noted: Position;
  private noting: NodeJS.Timeout | undefined;
  private saving: Promise<void> = Promise.resolve();
  private reading: Promise<Page> | undefined;

  constructor(options: SessionOptions) {
    const { start, relay, wake } = options;
    this.options = options;
    this.sentOfSlots = [...start.lastOfSlots];
    this.confirmedOfSlots = [...start.lastOfSlots];
    this.scanned = start.after;
    this.noted = start.after;
    this.confirmed = start.published;
    this.sequence = start.lastSequence;
    this.end = start.tail;
    this.window = new PublishWindow({
      connection: relay.bus.connection,
      stream: relay.outlet.stream,
      onConfirmed: (confirmed) => {
        this.noteConfirmed(confirmed);
      },
      onFailed: () => {
        wake.notify();
      },
      ...(relay.publishTimeoutMs === undefined ? {} : { timeoutMs: relay.publishTimeoutMs }),
      ...(relay.windowSize === undefined ? {} : { size: relay.windowSize }),
    });
  }
  /** What the broker has confirmed, for the next session and for whoever relays next. */
  get progress(): RelayProgress {
    const { epoch } = this.options.start;
    // Of what was sent and not confirmed nobody knows; it is looked at again.
    const scanned = this.isAtRest && !this.window.failure ? this.scanned : this.confirmed;
    return { epoch, scanned, published: this.confirmed, lastOfSlots: [...this.confirmedOfSlots] };
  }

  /** Whether the broker took something of this session. */
  get hasPublished(): boolean {
    return this.published;
  }

  /** Whether nothing is on its way. */
  get isAtRest(): boolean {
    return this.window.onTheirWay === 0;
  }

  /**
   * Looks at the next events, and publishes those that are not private.
   * @returns `idle` at the end of the log, `new-life` when the events may be of another life of the store than this session
   * @throws PublishFailed, and what reading throws
   */
  async step(signal: AbortSignal): Promise<'busy' | 'idle' | 'new-life'> {
    const { relay, start, tail } = this.options;
    this.throwIfBroken();
    const events = await this.nextEvents();
    const newest = events.at(-1);
    if (!newest) return 'idle';
    const [{ epoch }] = await storeLives(relay.database);
    if (epoch !== start.epoch) return 'new-life';
    if (tail.mayFollow(newest.position)) this.readAhead(newest.position);
    for (const event of events) {
      if (this.window.isFull) await this.window.atMost(this.window.size * REFILL_AT);
      if (signal.aborted) return 'idle';
      this.throwIfBroken();
      this.publish(event);
      this.scanned = event.position;
    }
    return this.reading ? 'busy' : 'idle';
  }

  /** At the end of the log: tells so. */
  rest(): void {
    if (!this.isAtRest) return;
    this.tellLag();
    this.noteSoon();
  }

  /**
   * Whether the stream is not a session's any more: the store began another life.
   * @throws StreamChanged when the stream is not as this session left it
   */
  async isOver(reader: BrokerTailReader): Promise<boolean> {
    const { relay, start } = this.options;
    const info = await reader.info();
    if (!info) throw new StreamChanged(relay.outlet.stream, 'it is missing');
    const { last_seq: sequence } = info.state;
    if (sequence !== this.sequence)
      throw new StreamChanged(relay.outlet.stream, `it ends with sequence ${sequence}, not ${this.sequence}`);
    if (this.end && (await reader.messageAt(this.end.sequence))?.id !== this.end.id)
      throw new StreamChanged(relay.outlet.stream, `its message ${this.end.sequence} is gone`);
    const [{ epoch }] = await storeLives(relay.database);
    return epoch !== start.epoch;
  }

  /** Waits for what is on its way, at the longest until the broker is silent for too long, and notes how far it came. */
  async close(): Promise<void> {
    await this.reading;
    await this.window.atMost(0);
    const { progress } = this;
    this.window.close();
    clearTimeout(this.noting);
    await this.saving;
    await this.options.save(progress);
  }

  private throwIfBroken(): void {
    if (this.window.failure) throw this.window.failure;
  }

  private async nextEvents(): Promise<readonly RecordedEvent[]> {
    if (!this.reading) this.readAhead(this.scanned);
    const page = await this.reading;
    this.reading = undefined;
    if (page && 'error' in page) throw page.error;
    return page?.events ?? [];
  }

  /** Begins to read while messages are on their way; what it throws is told to whoever wants the events. */
  private readAhead(after: Position): void {
    this.reading = this.options.tail.readAfter(after, PAGE).then(
      (events) => ({ events }),
      (error: unknown) => ({ error }),
    );
  }

  private publish(event: RecordedEvent): void {
    const { relay, start } = this.options;
    const { log, outlet } = relay;
    const previous = this.sentOfSlots[event.slot] ?? start.after;
    const message = outgoingMessage({ log, epoch: start.epoch, outlet, event, previous });
    if (!message) return;
    const id = start.refillBehind === undefined ? message.id : refilledId(message.id, start.refillBehind);
    const expectation = this.lastId === undefined ? { lastSequence: this.sequence } : { lastMsgID: this.lastId };
    const sent = { position: event.position, slot: event.slot, id };
    if (isTraced(event)) this.sendTraced(event, message, { sent, expectation });
    else this.send(message, sent, expectation);
    this.lastId = id;
    this.sentOfSlots[event.slot] = event.position;
  }

  private send({ subject, body, headers }: OutgoingMessage, sent: Sent, expectation: Expectation): void {
    this.window.publish(sent, subject, { body, headers: outgoingHeaders(headers, sent.id, expectation) });
  }

  /** The span lasts until the broker has the message, and the message carries the span's context on. */
  private sendTraced(
    event: RecordedEvent,
    message: OutgoingMessage,
    { sent, expectation }: Readonly<{ sent: Sent; expectation: Expectation }>,
  ): void {
    const { outlet } = this.options.relay;
    const attributes = {
      'messaging.system.name': 'nats',
      'messaging.operation.type': 'send',
      'messaging.destination.name': message.subject,
      'messaging.message.id': event.id,
      'messaging.message.conversation_id': event.metadata.correlationId,
    };
    const send = (): Promise<void> =>
      new Promise((resolve, reject) => {
        const headers = { ...message.headers };
        injectContext(headers);
        const settled = (error?: Error): void => {
          if (error) reject(error);
          else resolve();
        };
        this.send({ ...message, headers }, { ...sent, settled }, expectation);
      });
    // The window tells of failures; the span only notes them.
    withSpan(`send ${outlet.stream}`, { kind: 'producer', attributes, parent: message.headers }, send).catch(
      () => undefined,
    );
  }

  private noteConfirmed({ sent, sequence }: Confirmed): void {
    this.confirmed = sent.position;
    this.confirmedOfSlots[sent.slot] = sent.position;
    this.end = { sequence, id: sent.id };
    this.sequence = Math.max(this.sequence, sequence);
    this.published = true;
    this.noteSoon();
    if (this.isAtRest) this.tellLag();
  }

  private tellLag(): void {
    this.options.onLag(Math.max(0, this.options.tail.head - this.progress.scanned));
  }

  private noteSoon(): void {
    const { scanned } = this.progress;
    if (this.noting || scanned === this.noted) return;
    this.noting = setTimeout(() => {
      this.noting = undefined;
      this.tellLag();
      const { progress } = this;
      this.noted = progress.scanned;
      this.saving = this.options.save(progress);
    }, NOTE_EVERY_MS);
  }
}

/** Whether somebody records the trace that the event belongs to. */
function isTraced({ metadata }: RecordedEvent): boolean {
  return metadata.traceparent?.endsWith('-01') ?? false;
}
