import { QueryTooLate } from './query.errors.ts';

/** Where time comes from; injected, so that tests decide when it is over. */
export type Timers = Readonly<{
  /** Rises evenly, from any beginning. */
  nowMs: () => number;
  /** @returns the way to cancel */
  after: (ms: number, callback: () => void) => () => void;
}>;

export const machineTimers: Timers = {
  nowMs: () => performance.now(),
  after: (ms, callback) => {
    const timer = setTimeout(callback, ms);
    return () => {
      clearTimeout(timer);
    };
  },
};

/** What the way back may take, so that a refusal arrives before nobody waits for it any more. */
const WAY_BACK_MS = 50;
const WAY_BACK_SHARE = 0.1;
/** `setTimeout` fires at once for more than this. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Until when a query is worth answering, counted from when it came. */
export class QueryDeadline {
  private readonly timers: Timers;
  private readonly timeoutMs: number;
  private readonly endsAtMs: number;
  private readonly wayBackMs: number;

  /** @param timeoutMs nothing: whoever asks waits for ever */
  constructor(timeoutMs: number | undefined, timers: Timers) {
    this.timers = timers;
    this.timeoutMs = timeoutMs ?? Infinity;
    this.wayBackMs = Math.min(WAY_BACK_MS, this.timeoutMs * WAY_BACK_SHARE);
    this.endsAtMs = timers.nowMs() + this.timeoutMs - this.wayBackMs;
  }

  /** For the work as a whole; 0 when it is over. */
  get leftMs(): number {
    return Math.max(0, this.endsAtMs - this.timers.nowMs());
  }

  /** For waiting before the work: something must be left for the work itself. */
  get leftForWaitingMs(): number {
    return Math.max(0, this.leftMs - this.wayBackMs);
  }

  /** @throws QueryTooLate */
  check(): void {
    if (this.leftMs === 0) throw new QueryTooLate(this.timeoutMs);
  }

  /**
   * What the work results in, if that comes in time. The work is not ended: what it results in later goes to `late`.
   * @throws QueryTooLate, and what the work throws
   */
  async race<Result>(work: () => Promise<Result>, late: (error: unknown) => void): Promise<Result> {
    this.check();
    if (this.timeoutMs > LONGEST_TIMER_MS) return work();
    let isOver = false;
    const over = Promise.withResolvers<never>();
    const cancel = this.timers.after(this.leftMs, () => {
      isOver = true;
      over.reject(new QueryTooLate(this.timeoutMs));
    });
    const working = work();
    working.catch((error: unknown) => {
      if (isOver) late(error);
    });
    try {
      return await Promise.race([working, over.promise]);
    } finally {
      cancel();
    }
  }
}
