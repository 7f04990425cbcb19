import type { Database, EventStore, Position, Transaction } from '#libs/event-store';
import { announceDead } from './announce-dead.ts';
import type { Bus } from '../bus.ts';
import { incomingEvent, type IncomingEvent } from '../incoming-event.ts';
import type { FailureContext } from './log-consumer-options.ts';
import type { DeliveredEvent } from './delivered-event.ts';
import { LazyTransaction } from './lazy-transaction.ts';
import {
  failedAgain,
  leaveParked,
  park,
  readParked,
  type ParkedBecause,
  type ParkedHead,
  type ParkedMessage,
} from './parked-messages.ts';
import { fateOf, isConflict, isStoreAway, type RetryPolicy } from './retry-policy.ts';
import { enterEpoch, holdSlot, moveInbox, type HeldSlot, type InboxName, type OpenedSlot } from './slot-inbox.ts';
import { SlotQueue, type ForwardMove, type InboxMove } from './slot-queue.ts';
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
  private readonly retrying = new Set<string>();
  private readonly options: SlotWorkerOptions;
  private readonly underWay = new Set<Promise<unknown>>();
  private storeFailures = 0;
  private parkings = 0;

  constructor(opened: OpenedSlot, options: SlotWorkerOptions) {
    this.slot = opened.slot;
    this.fence = opened.fence;
    this.epoch = opened.epoch;
    this.options = options;
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

  /** The next event to be applied. It counts as under way from here: `apply` must follow. */
  next(): DeliveredEvent | undefined {
    if (this.isClosed || this.isSettling || performance.now() < this.pausedUntil) return undefined;
    return this.queue.next((streamKey) => this.retrying.has(streamKey));
  }

  /** Applies an event, or puts it aside. @throws OutOfPlace when the slot must be opened anew */
  apply(event: DeliveredEvent): Promise<void> {
    return this.track(this.applyOrPark(event));
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
    if (this.isClosed || this.isSettling || this.isBusy) return undefined;
    const move = this.queue.idleMove();
    if (!move) return undefined;
    this.isSettling = true;
    return { worker: this, held: this.held, move };
  }

  endSettling(): void {
    this.isSettling = false;
  }

  mayRetry(streamKey: string): boolean {
    return !this.isClosed && !this.retrying.has(streamKey) && !this.queue.isBusy(streamKey);
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

  /** Goes on in another life of the source's store. @throws OutOfPlace */
  async enterEpoch(epoch: number, from: Position): Promise<void> {
    const { name, database } = this.options;
    while (this.underWay.size > 0) await Promise.allSettled(this.underWay);
    const held = { slot: this.slot, fence: this.fence, epoch };
    await database.transaction((transaction) => enterEpoch(transaction, name, held, from));
    this.queue.forEach(({ delivery }) => {
      delivery.ack();
    });
    this.queue = this.queueFrom(from, this.queue.aheadUpTo(from));
    this.epoch = epoch;
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

  private async applyOrPark(event: DeliveredEvent): Promise<void> {
    try {
      if (this.parked.has(event.streamKey)) await this.parkAndMove(event, { state: 'waiting' });
      else await this.attempt(event);
      this.storeFailures = 0;
      event.delivery.ack();
    } catch (error) {
      this.queue.putBack(event);
      if (!isStoreAway(error)) throw error;
      this.options.onFailure(error, { attempt: 1, deadLettered: false });
      this.pause();
    }
  }

  private async attempt(event: DeliveredEvent): Promise<void> {
    const { handle } = this.options;
    for (let attempt = 1; ; attempt += 1) {
      try {
        const incoming = incomingEvent(event.raw);
        await this.inTransaction(event, (transaction) => handle(incoming, transaction));
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
    await this.inTransaction(event, (transaction) => park(transaction, name, message, because));
    this.parkings += 1;
    this.parked.add(streamKey);
    if (because.state !== 'waiting') this.options.onParked();
  }

  /** What is done and the move of the inbox over the event come true together. */
  private async inTransaction(event: DeliveredEvent, work: (transaction: Transaction) => Promise<void>): Promise<void> {
    const transaction = new LazyTransaction(this.options.store);
    let move: InboxMove;
    try {
      await work(transaction);
      move = this.queue.moveFor(event);
      await moveInbox(transaction, this.options.name, this.held, move);
      await transaction.commit();
    } catch (error) {
      await transaction.rollback(error);
      throw error;
    }
    this.queue.committed(event, move);
  }

  private async retryParked(id: number): Promise<boolean> {
    const { database, retry, onFailure } = this.options;
    const message = await readParked(database, id);
    if (!message || message.state === 'dead') return false;
    try {
      return await this.applyParked(message);
    } catch (error) {
      if (isStoreAway(error) || error instanceof OutOfPlace) throw error;
      const attempts = message.attempts + 1;
      const fate = fateOf(error, attempts, retry);
      onFailure(error, { attempt: attempts, deadLettered: fate.state === 'dead' });
      await failedAgain(database, id, { ...fate, attempts, error });
      return false;
    }
  }

  private async applyParked({ id, raw }: ParkedMessage): Promise<boolean> {
    const { store, name, handle } = this.options;
    const transaction = new LazyTransaction(store);
    try {
      await handle(incomingEvent(raw), transaction);
      await holdSlot(transaction, name, this.held);
      const wasThere = await leaveParked(transaction, id);
      if (!wasThere) {
        await transaction.rollback(new Error('It was discarded meanwhile.'));
        return false;
      }
      await transaction.commit();
      return true;
    } catch (error) {
      await transaction.rollback(error);
      throw error;
    }
  }

  private get held(): HeldSlot {
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
