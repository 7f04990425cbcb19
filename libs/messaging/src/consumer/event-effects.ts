import { setTimeout as delay } from 'node:timers/promises';
import type { EventStore, Transaction } from '#libs/event-store';
import { incomingEvent, type IncomingEvent } from '../incoming-event.ts';
import type { DeliveredEvent } from './delivered-event.ts';
import { LazyTransaction } from './lazy-transaction.ts';
import { leaveParked, type ParkedMessage } from './parked-messages.ts';
import { holdSlot, moveInbox, type HeldSlot, type InboxName } from './slot-inbox.ts';
import type { SlotQueue } from './slot-queue.ts';

export type EventEffectsOptions = Readonly<{
  name: InboxName;
  store: Pick<EventStore, 'transaction'>;
  handle: (incoming: IncomingEvent, transaction: Transaction) => Promise<void>;
}>;

/** A slot with the queue whose events are applied. */
export type EffectsOf = Readonly<{ held: HeldSlot; queue: SlotQueue<DeliveredEvent> }>;

/** One of several handlers took long: all of them are undone, and it still runs, for nothing. */
export type Abandoned = Readonly<{ slow: DeliveredEvent; leftover: Promise<void> }>;

/** Makes effects true: each together with the move of the inbox, and once. */
export class EventEffects {
  private readonly options: EventEffectsOptions;

  constructor(options: EventEffectsOptions) {
    this.options = options;
  }

  /**
   * Does some work and moves the inbox over the events, in one transaction.
   * @throws what the work or the commit throws; OutOfPlace
   */
  async apply(
    { held, queue }: EffectsOf,
    events: readonly DeliveredEvent[],
    work: (transaction: Transaction) => Promise<void>,
  ): Promise<void> {
    const transaction = new LazyTransaction(this.options.store);
    try {
      await work(transaction);
      await this.finish({ held, queue }, events, transaction);
    } catch (error) {
      await transaction.rollback(error);
      throw error;
    }
  }

  /**
   * Handles several events in one transaction. When one of them takes long the others should not wait for it: all are undone.
   * @returns what is left to run out, if it was abandoned
   */
  async applyTogether(
    of: EffectsOf,
    events: readonly DeliveredEvent[],
    patienceMs: number,
  ): Promise<Abandoned | undefined> {
    const transaction = new LazyTransaction(this.options.store);
    try {
      for (const event of events) {
        const handled = this.options.handle(incomingEvent(event.raw), transaction);
        if (!(await isLate(handled, patienceMs))) continue;
        await transaction.rollback(new Error('it took long'));
        return { slow: event, leftover: outlasted(handled) };
      }
      await this.finish(of, events, transaction);
      return undefined;
    } catch (error) {
      await transaction.rollback(error);
      throw error;
    }
  }

  /** Applies a parked message and takes it out, in one transaction. @returns whether it was still there */
  async applyParked(held: HeldSlot, { id, raw }: ParkedMessage): Promise<boolean> {
    const { store, name, handle } = this.options;
    const transaction = new LazyTransaction(store);
    try {
      await handle(incomingEvent(raw), transaction);
      await holdSlot(transaction, name, held);
      const wasThere = await leaveParked(transaction, id);
      if (wasThere) await transaction.commit();
      else await transaction.rollback(new Error('it was discarded meanwhile'));
      return wasThere;
    } catch (error) {
      await transaction.rollback(error);
      throw error;
    }
  }

  private async finish(
    { held, queue }: EffectsOf,
    events: readonly DeliveredEvent[],
    transaction: LazyTransaction,
  ): Promise<void> {
    const move = queue.moveFor(events);
    await moveInbox(transaction, this.options.name, held, move);
    await transaction.commit();
    queue.committed(events, move);
  }
}

async function isLate(work: Promise<void>, ms: number): Promise<boolean> {
  const settled = new AbortController();
  const late = delay(ms, true, { signal: settled.signal }).catch(() => false);
  try {
    return await Promise.race([work.then(() => false), late]);
  } finally {
    settled.abort();
  }
}

/** What it does or fails with counts for nothing: its transaction is over, and it is called again. */
async function outlasted(work: Promise<void>): Promise<void> {
  await Promise.allSettled([work]);
}
