import type { Database } from '#libs/event-store';
import { OutOfPlace } from '../errors.ts';
import type { SlotClaim } from '../slots/slot-holder.ts';
import { openSlots, settleIdle, type InboxName } from './slot-inbox.ts';
import { SlotWorker, type SlotWorkerOptions } from './slot-worker.ts';

export type SlotWorkersOptions = Readonly<{
  database: Database;
  name: InboxName;
  worker: SlotWorkerOptions;
  /** Told of slots whose work begins: what came meanwhile must be asked for. */
  onOpened: () => void;
  /** Told of slots whose inbox was moved on; events that came meanwhile wait. */
  onSettled: (slots: readonly number[]) => void;
  onFailure: (error: unknown) => void;
}>;

const REOPEN_MS = 500;

/** The slots that this instance holds, each with its worker once its inbox was read. */
export class SlotWorkers {
  private readonly options: SlotWorkersOptions;
  private readonly claims = new Map<number, SlotClaim>();
  private readonly opened = new Map<number, SlotWorker>();
  /** What came for a slot whose inbox is being read. */
  private readonly waiting = new Map<number, ((worker: SlotWorker | undefined) => void)[]>();
  private readonly timers = new Set<NodeJS.Timeout>();

  constructor(options: SlotWorkersOptions) {
    this.options = options;
  }

  get workers(): ReadonlyMap<number, SlotWorker> {
    return this.opened;
  }

  get parkedStreams(): number {
    let parked = 0;
    for (const worker of this.opened.values()) parked += worker.parked.size;
    return parked;
  }

  /** Slots that are held, and whose inbox could not be read yet. */
  get unopened(): number {
    return [...this.claims.keys()].filter((slot) => this.opened.get(slot)?.isClosed !== false).length;
  }

  isHeld(slot: number): boolean {
    return this.claims.has(slot);
  }

  /** Calls back with the slot's worker once its inbox was read; without one when the slot is lost before. */
  whenOpen(slot: number, use: (worker: SlotWorker | undefined) => void): void {
    const worker = this.opened.get(slot);
    if (worker) use(worker);
    else if (this.claims.has(slot)) this.waiting.set(slot, [...(this.waiting.get(slot) ?? []), use]);
    else use(undefined);
  }

  gain(claims: readonly SlotClaim[]): void {
    for (const claim of claims) this.claims.set(claim.slot, claim);
    void this.open(claims);
  }

  /** Resolves when nothing of the slots is under way any more. */
  async release(slots: readonly number[]): Promise<void> {
    for (const slot of slots) {
      this.claims.delete(slot);
      this.letIn(slot, undefined);
    }
    const workers = slots.flatMap((slot) => this.opened.get(slot) ?? []);
    await Promise.all(workers.map((worker) => worker.close()));
    for (const worker of workers) if (this.opened.get(worker.slot) === worker) this.opened.delete(worker.slot);
  }

  /** What is under way runs into the fence. */
  drop(slots: readonly number[]): void {
    void this.release(slots);
    for (const slot of slots) this.opened.delete(slot);
  }

  /** Gives up all that is held. */
  async close(): Promise<void> {
    for (const timer of this.timers) clearTimeout(timer);
    await this.release([...this.claims.keys()]);
  }

  /** Reads anew what the inbox says: our picture of the slot is not right, or we do not know whether it is. */
  reopen(worker: SlotWorker, error: unknown): void {
    if (!(error instanceof OutOfPlace)) this.options.onFailure(error);
    if (this.opened.get(worker.slot) !== worker) return;
    this.opened.delete(worker.slot);
    const claim = this.claims.get(worker.slot);
    void worker.close().then(() => {
      if (claim) this.openLater([claim], error instanceof OutOfPlace ? 0 : REOPEN_MS);
    });
  }

  /** Moves the inboxes of idle slots on, so that a later start need not look through what is behind them. */
  async settleIdle(): Promise<void> {
    const idle = [...this.opened.values()].flatMap((worker) => worker.beginSettling() ?? []);
    if (idle.length === 0) return;
    const { database, name, onSettled } = this.options;
    try {
      const moved = await settleIdle(database, name, idle);
      for (const { held, move, worker } of idle) {
        if (moved.has(held.slot)) worker.queue.moved(move);
        else this.reopen(worker, new OutOfPlace(name.consumer, held.slot));
      }
    } catch (error) {
      // Whether the inboxes were moved is not known.
      for (const { worker } of idle) this.reopen(worker, error);
    } finally {
      for (const { worker } of idle) worker.endSettling();
      onSettled(idle.map(({ worker }) => worker.slot));
    }
  }

  private async open(claims: readonly SlotClaim[]): Promise<void> {
    const wanted = claims.filter(
      (claim) => this.claims.get(claim.slot) === claim && this.opened.get(claim.slot)?.isClosed !== false,
    );
    if (wanted.length === 0) return;
    const { database, name, worker, onOpened, onFailure } = this.options;
    try {
      const opened = await openSlots(database, name, wanted);
      const still = opened.filter(({ slot, fence }) => this.claims.get(slot)?.fence === fence);
      for (const one of still) {
        const opening = new SlotWorker(one, worker);
        this.opened.set(one.slot, opening);
        this.letIn(one.slot, opening);
      }
      onOpened();
    } catch (error) {
      onFailure(error);
      this.openLater(wanted, REOPEN_MS);
    }
  }

  private letIn(slot: number, worker: SlotWorker | undefined): void {
    const waiting = this.waiting.get(slot) ?? [];
    this.waiting.delete(slot);
    for (const use of waiting) use(worker);
  }

  private openLater(claims: readonly SlotClaim[], inMs: number): void {
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      void this.open(claims);
    }, inMs);
    this.timers.add(timer);
  }
}
