import type { Database, EventStore, Position, Transaction } from '#libs/event-store';
import { announceDead } from './announce-dead.ts';
import type { Bus } from '../bus.ts';
import { incomingEvent, type IncomingEvent } from '../incoming-event.ts';
import type { FailureContext } from './log-consumer-options.ts';
import type { DeliveredEvent } from './delivered-event.ts';
import { EventEffects, type Abandoned } from './event-effects.ts';
import { failedAgain, park, readParked, type ParkedBecause, type ParkedHead } from './parked-messages.ts';
import { fateOf, isConflict, isStoreAway, type RetryPolicy } from './retry-policy.ts';
import { enterEpoch, type HeldSlot, type InboxName, type OpenedSlot } from './slot-inbox.ts';
import { SlotQueue, type ForwardMove } from './slot-queue.ts';
import { OutOfPlace } from '../errors.ts';

export type SlotWorkerOptions = Readonly<{
  service: string;
  name: InboxName;
  database: Database;
  store: Pick<EventStore, 'transaction'>;
  bus: Bus;
  retry: RetryPolicy;
  /** Events, by the `<event>` of their type, that need the handler; the inbox passes over all others. */
  follows: (eventName: string) => boolean;
  handle: (incoming: IncomingEvent, transaction: Transaction) => Promise<void>;
  onFailure: (error: unknown, context: FailureContext) => void;
  /** Told of a message that was put aside because it failed. */
  onParked: () => void;
}>;

/** A move of the inbox over positions that hold no event of the slot. */
export type IdleMove = Readonly<{ worker: SlotWorker; held: HeldSlot; move: ForwardMove }>;

/** Events that share a transaction: beyond that it hardly gets cheaper, and holds rows for longer. */
const LARGEST_BATCH = 16;
/** After trouble so many events are applied one by one, so that little is done twice. */
const CALM_AFTER = 64;
/** Others do not wait longer than that for the handler of an event that shares their transaction, in milliseconds. */
const PATIENCE_MS = 100;

/** Attempts at once, when somebody else wrote to the same stream in the same moment. */
const CONFLICT_ATTEMPTS = 3;

/** Applies the events of one slot while this instance holds it. What to do when is the consumer's matter. */
export class SlotWorker {
  readonly slot: number;
  readonly fence: number;
  /** Streams with messages that are put aside. */
  readonly parked: Set<string>;
  queue: SlotQueue<DeliveredEvent>;
  /** Life of the source's store; 0 until the source said which one it is. */
  epoch: number;
  /** Until then nothing is tried, since the store is away (`performance.now()`). */
  pausedUntil = 0;
  isClosed = false;
  /** Offer messages of a life of the source's store that it has not told us of yet. */
  readonly ofLaterEpoch: (() => void)[] = [];
  private isSettling = false;
  private isEnteringEpoch = false;
  private readonly retrying = new Set<string>();
  private readonly options: SlotWorkerOptions;
  private readonly underWay = new Set<Promise<unknown>>();
  private storeFailures = 0;
  /** Events in a row that neither failed nor took long. */
  private calm = CALM_AFTER;
  private readonly leftovers = new Map<DeliveredEvent, Promise<void>>();
  private readonly effects: EventEffects;
  private parkings = 0;

  constructor(opened: OpenedSlot, options: SlotWorkerOptions) {
    this.slot = opened.slot;
    this.fence = opened.fence;
    this.epoch = opened.epoch;
    this.options = options;
    this.effects = new EventEffects(options);
    this.queue = this.queueFrom(opened.applied, opened.ahead);
    this.parked = new Set(opened.parked);
  }

  /** Rises with each message that is put aside: what was read of them before is out of date. */
  get parkedVersion(): number {
    return this.parkings;
  }

  get isBusy(): boolean {
    return this.underWay.size > 0;
  }

  /** The next events to be applied together. They count as under way from here: `apply` must follow. */
  next(): readonly DeliveredEvent[] {
    if (this.isClosed || this.isHeldUp || performance.now() < this.pausedUntil) return [];
    // A stream that is put aside takes each of its events apart.
    const mayShare = this.calm >= CALM_AFTER && this.parked.size === 0;
    return this.queue.next(mayShare ? LARGEST_BATCH : 1, (streamKey) => this.retrying.has(streamKey));
  }

  /** Applies events, or puts them aside. @throws OutOfPlace when the slot must be opened anew */
  apply(events: readonly DeliveredEvent[]): Promise<void> {
    return this.track(this.applyOrPark(events));
  }

  /** Tries a parked message again. @returns whether it was applied @throws OutOfPlace */
  retry(head: ParkedHead & { readonly streamKey: string }): Promise<boolean> {
    this.retrying.add(head.streamKey);
    return this.track(
      this.retryParked(head.id).finally(() => {
        this.retrying.delete(head.streamKey);
      }),
    );
  }

  /** The source has told which life of its store runs. */
  offerHeldBack(): void {
    for (const offer of this.ofLaterEpoch.splice(0)) offer();
  }

  /** When nothing waits: how the inbox may move. No event is begun until `endSettling`. */
  beginSettling(): IdleMove | undefined {
    if (this.isClosed || this.isHeldUp || this.isBusy) return undefined;
    const move = this.queue.idleMove();
    if (!move) return undefined;
    this.isSettling = true;
    return { worker: this, held: this.held, move };
  }

  endSettling(): void {
    this.isSettling = false;
  }

  mayRetry(streamKey: string): boolean {
    return !this.isClosed && !this.isEnteringEpoch && !this.retrying.has(streamKey) && !this.queue.isBusy(streamKey);
  }

  /** Tells the stream DEAD_LETTERS of a message that is dead. */
  announce(id: number): Promise<void> {
    return this.track(announceDead(this.options, this.options.name.consumer, id));
  }

  /** Resolves when nothing of the slot is under way any more. */
  async close(): Promise<void> {
    this.isClosed = true;
    while (this.underWay.size > 0) await Promise.allSettled(this.underWay);
    this.queue.forEach(({ delivery }) => {
      delivery.giveBack();
    });
  }

  /**
   * Goes on in another life of the source's store. Events that wait are begun no more: they may be void.
   *
   * @param shared the last position that means the same in both lives
   * @throws OutOfPlace when the slot must be opened anew
   */
  async enterEpoch(epoch: number, shared: Position): Promise<void> {
    const { name, database } = this.options;
    if (this.isHeldUp) throw new OutOfPlace(name.consumer, this.slot);
    this.isEnteringEpoch = true;
    try {
      while (this.underWay.size > 0) await Promise.allSettled(this.underWay);
      const held = { slot: this.slot, fence: this.fence, epoch };
      const from = await database.transaction((transaction) => enterEpoch(transaction, name, held, shared));
      this.queue.forEach(({ delivery }) => {
        delivery.ack();
      });
      this.queue = this.queueFrom(from, this.queue.aheadUpTo(shared));
      this.epoch = epoch;
    } finally {
      this.isEnteringEpoch = false;
    }
  }

  private get isHeldUp(): boolean {
    return this.isSettling || this.isEnteringEpoch;
  }

  private queueFrom(applied: Position, ahead: readonly Position[]): SlotQueue<DeliveredEvent> {
    return new SlotQueue(applied, ahead, ({ eventName, delivery }) => {
      const isFollowed = this.options.follows(eventName);
      if (!isFollowed) delivery.ack();
      return isFollowed;
    });
  }

  private async track<Result>(work: Promise<Result>): Promise<Result> {
    this.underWay.add(work);
    try {
      return await work;
    } finally {
      this.underWay.delete(work);
    }
  }

  private async applyOrPark(events: readonly DeliveredEvent[]): Promise<void> {
    try {
      const [event] = events;
      if (events.length > 1) await this.applyTogether(events);
      else if (event) await this.applyOrParkOne(event);
      this.storeFailures = 0;
    } catch (error) {
      this.queue.putBack(events);
      this.calm = 0;
      if (!isStoreAway(error)) throw error;
      this.options.onFailure(error, { attempt: 1, deadLettered: false });
      this.pause();
    }
  }

  /**
   * One transaction for several events costs hardly more than for one. When anything in it fails or takes long, all of it
   * is undone, and each is in its turn again on its own.
   */
  private async applyTogether(events: readonly DeliveredEvent[]): Promise<void> {
    const abandoned = await this.tryTogether(events);
    if (abandoned === undefined) {
      for (const { delivery } of events) delivery.ack();
      return;
    }
    if (abandoned !== 'failed') this.leftovers.set(abandoned.slow, abandoned.leftover);
    this.calm = 0;
    this.queue.putBack(events);
  }

  private async tryTogether(events: readonly DeliveredEvent[]): Promise<Abandoned | 'failed' | undefined> {
    try {
      return await this.effects.applyTogether(this, events, PATIENCE_MS);
    } catch (error) {
      if (isStoreAway(error) || error instanceof OutOfPlace) throw error;
      // Not told: the one that failed fails again on its own, and then it is.
      return 'failed';
    }
  }

  private async applyOrParkOne(event: DeliveredEvent): Promise<void> {
    await this.leftovers.get(event);
    this.leftovers.delete(event);
    const startedAt = performance.now();
    if (this.parked.has(event.streamKey)) await this.parkAndMove(event, { state: 'waiting' });
    else await this.attempt(event);
    this.calm = performance.now() - startedAt > PATIENCE_MS ? 0 : this.calm + 1;
    event.delivery.ack();
  }

  private async attempt(event: DeliveredEvent): Promise<void> {
    const { handle } = this.options;
    for (let attempt = 1; ; attempt += 1) {
      try {
        const incoming = incomingEvent(event.raw);
        await this.effects.apply(this, [event], (transaction) => handle(incoming, transaction));
        return;
      } catch (error) {
        if (isStoreAway(error) || error instanceof OutOfPlace) throw error;
        if (isConflict(error) && attempt < CONFLICT_ATTEMPTS) continue;
        await this.parkAfter(event, error, attempt);
        return;
      }
    }
  }

  private async parkAfter(event: DeliveredEvent, error: unknown, attempts: number): Promise<void> {
    const fate = fateOf(error, attempts, this.options.retry);
    this.options.onFailure(error, { attempt: attempts, deadLettered: fate.state === 'dead' });
    await this.parkAndMove(event, { ...fate, attempts, error });
  }

  private async parkAndMove(event: DeliveredEvent, because: ParkedBecause): Promise<void> {
    const { name } = this.options;
    const { raw, place, position, streamKey, tenant } = event;
    const message = { raw, slot: this.slot, epoch: place.epoch, position, streamKey, tenant };
    this.parkings += 1;
    await this.effects.apply(this, [event], (transaction) => park(transaction, name, message, because));
    this.parkings += 1;
    this.parked.add(streamKey);
    if (because.state !== 'waiting') this.options.onParked();
  }

  private async retryParked(id: number): Promise<boolean> {
    const { database, retry, onFailure } = this.options;
    const message = await readParked(database, id);
    if (!message || message.state === 'dead') return false;
    try {
      return await this.effects.applyParked(this.held, message);
    } catch (error) {
      if (isStoreAway(error) || error instanceof OutOfPlace) throw error;
      const attempts = message.attempts + 1;
      const fate = fateOf(error, attempts, retry);
      onFailure(error, { attempt: attempts, deadLettered: fate.state === 'dead' });
      await failedAgain(database, id, { ...fate, attempts, error });
      return false;
    }
  }

  /** As its transactions name it. */
  get held(): HeldSlot {
    return { slot: this.slot, fence: this.fence, epoch: this.epoch };
  }

  private pause(): void {
    const { firstMs, longestMs } = this.options.retry;
    this.pausedUntil = performance.now() + Math.min(firstMs * 2 ** this.storeFailures, longestMs, STORE_RETRY_MS);
    this.storeFailures += 1;
  }
}

/** A store that is back should be used at once. */
const STORE_RETRY_MS = 2_000;
