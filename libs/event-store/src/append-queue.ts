import { setImmediate as nextTurn } from 'node:timers/promises';
import { AppendQueueFull } from './errors.ts';

/** @default 256 appends per batch: beyond it the gain flattens while latency grows. */
const MAX_BATCH_APPENDS = 256;
/** @default 1 MiB of event text per batch */
const MAX_BATCH_BYTES = 1024 * 1024;
/** @default 10,000 appends may wait; more are refused at once rather than kept until they time out. */
const MAX_WAITING = 10_000;
/** @default 64 MiB of event text may wait */
const MAX_WAITING_BYTES = 64 * 1024 * 1024;

export type AppendQueueLimits = Readonly<{
  batchAppends: number;
  batchBytes: number;
  waitingAppends: number;
  waitingBytes: number;
}>;

const LIMITS: AppendQueueLimits = {
  batchAppends: MAX_BATCH_APPENDS,
  batchBytes: MAX_BATCH_BYTES,
  waitingAppends: MAX_WAITING,
  waitingBytes: MAX_WAITING_BYTES,
};

type Waiting<Item, Result> = {
  readonly item: Item;
  readonly sizeBytes: number;
  readonly resolve: (result: Result) => void;
  readonly reject: (reason: unknown) => void;
};

/**
 * Group commit: one batch is in flight, and what arrives meanwhile forms the next one.
 * There is no timer, so an idle log adds no latency.
 */
export class AppendQueue<Item, Result> {
  private readonly write: (items: readonly Item[]) => Promise<readonly Result[]>;
  private readonly limits: AppendQueueLimits;
  private waiting: Waiting<Item, Result>[] = [];
  private waitingBytes = 0;
  private inFlight: Promise<void> | undefined;

  /** @param write stores one batch and answers each item, in order; what it throws fails the whole batch */
  constructor(write: (items: readonly Item[]) => Promise<readonly Result[]>, limits: Partial<AppendQueueLimits> = {}) {
    this.write = write;
    this.limits = { ...LIMITS, ...limits };
  }

  /** Appends that wait for the batch under way. */
  get depth(): number {
    return this.waiting.length;
  }

  /** @throws AppendQueueFull, or what `write` threw */
  async add(item: Item, sizeBytes: number): Promise<Result> {
    const { waitingAppends, waitingBytes } = this.limits;
    const isTooMuch = this.waiting.length > 0 && this.waitingBytes + sizeBytes > waitingBytes;
    if (this.waiting.length >= waitingAppends || isTooMuch) {
      throw new AppendQueueFull(this.waiting.length, this.waitingBytes);
    }
    const result = new Promise<Result>((resolve, reject) => {
      this.waiting.push({ item, sizeBytes, resolve, reject });
    });
    this.waitingBytes += sizeBytes;
    this.inFlight ??= this.drain();
    return result;
  }

  /** Resolves when nothing waits and nothing is in flight. */
  async idle(): Promise<void> {
    while (this.inFlight) await this.inFlight;
  }

  private async drain(): Promise<void> {
    while (this.waiting.length > 0) {
      await this.writeNext();
      // Callers who were answered together append again together: the first of them must not go alone.
      await nextTurn();
    }
    this.inFlight = undefined;
  }

  private async writeNext(): Promise<void> {
    const batch = this.takeBatch();
    try {
      const results = await this.write(batch.map(({ item }) => item));
      batch.forEach((waiting, index) => {
        const result = results[index];
        if (result === undefined) waiting.reject(new Error('The batch gave no verdict for an append.'));
        else waiting.resolve(result);
      });
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }

  private takeBatch(): Waiting<Item, Result>[] {
    let bytes = 0;
    let count = 0;
    for (const { sizeBytes } of this.waiting) {
      const isFull = count >= this.limits.batchAppends || bytes + sizeBytes > this.limits.batchBytes;
      if (count > 0 && isFull) break;
      bytes += sizeBytes;
      count += 1;
    }
    this.waitingBytes -= bytes;
    return this.waiting.splice(0, count);
  }
}
