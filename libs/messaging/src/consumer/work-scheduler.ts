import type { DeliveredEvent } from './delivered-event.ts';
import type { SlotWorker } from './slot-worker.ts';

export type WorkSchedulerOptions = Readonly<{
  workers: ReadonlyMap<number, SlotWorker>;
  /** Events that are handled at once. */
  concurrency: number;
  /** How long an event may take until others of its slot, of other streams, go past it, in milliseconds. */
  slowMs: number;
  /** Told of what a worker could not settle by itself. */
  onError: (worker: SlotWorker, error: unknown) => void;
  /** Told how long it took to apply some events, in seconds. */
  onHandled: (seconds: number, events: number) => void;
}>;

/** Lets the workers of the held slots apply events, so many at once and each slot in its turn. */
export class WorkScheduler {
  private readonly options: WorkSchedulerOptions;
  /** Slots that may have an event to be applied, in the order of their turns. */
  private readonly ready = new Set<number>();
  private readonly timers = new Set<NodeJS.Timeout>();
  private readonly waiting = new Set<() => void>();
  private running = 0;

  constructor(options: WorkSchedulerOptions) {
    this.options = options;
  }

  /** These slots may have got something to do. */
  wake(slots: Iterable<number>): void {
    for (const slot of slots) this.ready.add(slot);
    this.startWork();
    // What waited may have turned out to be known.
    this.letThrough();
  }

  /** Events that wait or are under way. */
  get queued(): number {
    let queued = 0;
    for (const { queue, ofLaterEpoch } of this.options.workers.values()) queued += queue.size + ofLaterEpoch.length;
    return queued;
  }

  /** Resolves when fewer than so many events wait. */
  async room(limit: number): Promise<void> {
    while (this.queued >= limit) {
      await new Promise<void>((resolve) => {
        this.waiting.add(resolve);
      });
    }
  }

  /** Starts nothing more by itself. */
  stop(): void {
    for (const timer of this.timers) clearTimeout(timer);
    this.timers.clear();
    this.ready.clear();
    this.letThrough();
  }

  private startWork(): void {
    for (const slot of this.ready) {
      if (this.running >= this.options.concurrency) return;
      this.ready.delete(slot);
      const worker = this.options.workers.get(slot);
      if (!worker) continue;
      const events = worker.next();
      if (events.length > 0) void this.work(worker, events);
      else this.wakeAfterPause(worker);
    }
  }

  private async work(worker: SlotWorker, events: readonly DeliveredEvent[]): Promise<void> {
    const { slowMs, onError, onHandled } = this.options;
    const startedAt = performance.now();
    const slow = this.after(slowMs, () => {
      worker.queue.slowDown(events);
      this.wake([worker.slot]);
    });
    this.running += 1;
    try {
      await worker.apply(events);
      onHandled((performance.now() - startedAt) / 1_000, events.length);
    } catch (error) {
      onError(worker, error);
    } finally {
      this.running -= 1;
      this.forget(slow);
      this.letThrough();
      this.wake([worker.slot]);
    }
  }

  private wakeAfterPause(worker: SlotWorker): void {
    const pauseMs = worker.pausedUntil - performance.now();
    if (pauseMs <= 0) return;
    this.after(pauseMs, () => {
      this.wake([worker.slot]);
    });
  }

  private after(ms: number, call: () => void): NodeJS.Timeout {
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      call();
    }, ms);
    this.timers.add(timer);
    return timer;
  }

  private forget(timer: NodeJS.Timeout): void {
    clearTimeout(timer);
    this.timers.delete(timer);
  }

  private letThrough(): void {
    const waiting = [...this.waiting];
    this.waiting.clear();
    for (const resolve of waiting) resolve();
  }
}
