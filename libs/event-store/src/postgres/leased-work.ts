import { setTimeout as delay } from 'node:timers/promises';
import { SECOND_MS } from '#libs/kernel';
import { StoreUnavailable } from '../errors.ts';
import { WakeSignal } from '../subscriptions/wake-signal.ts';
import type { Queryable } from '../event-store.ts';
import { acquireLease, releaseLease } from './leases.ts';

export type LeasedWorkOptions = Readonly<{
  database: Queryable;
  /** What must be done by one instance at a time: `relay:agent:EVT_AGENT`. */
  name: string;
  /** This instance. */
  owner: string;
  /**
   * Runs while the lease is held; must end soon after `signal` aborts. What it throws is tried again.
   * `fence` rises each time the lease changes hands: what an earlier holder still writes can be told by it.
   */
  work: (signal: AbortSignal, fence: number) => Promise<void>;
  onFailure: (error: unknown) => void;
  /** @default 6000: another instance takes over at most this long after a sudden death */
  ttlMs?: number;
}>;

const DEFAULT_TTL_MS = 6 * SECOND_MS;

/**
 * Keeps some work running on exactly one of many instances, as far as a lease can: a paused process may
 * still believe that it holds it, so the work must be correct without the lease, too.
 *
 * The lease is renewed after a third of its time. When the database has not confirmed that after two
 * thirds, the work is told to end, which leaves it the last third to do so before another instance begins.
 */
export class LeasedWork {
  private readonly options: LeasedWorkOptions;
  private readonly ttlMs: number;
  private readonly stopping = new AbortController();
  private readonly pause = new WakeSignal();
  private running: Promise<void> | undefined;
  private fence: number | undefined;
  /** When the request was sent that last gave us the lease (`performance.now()`): it lasts at least `ttlMs` from there. */
  private heldSince = 0;

  constructor(options: LeasedWorkOptions) {
    this.options = options;
    this.ttlMs = options.ttlMs ?? DEFAULT_TTL_MS;
  }

  get isHeld(): boolean {
    return this.fence !== undefined;
  }

  start(): void {
    this.running = this.run();
  }

  /** Ends the work, then gives the lease back, so that another instance goes on at once. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      this.fence = await this.acquire();
      if (this.fence !== undefined) await this.workWhileHeld(this.fence);
      await this.pause.wait(this.ttlMs / 3, signal);
    }
  }

  private async workWhileHeld(fence: number): Promise<void> {
    const over = new AbortController();
    const work = this.workUntil(AbortSignal.any([over.signal, this.stopping.signal]), fence).finally(() => {
      over.abort();
    });
    const isOurs = await this.renewUntil(over, fence);
    await work;
    this.fence = undefined;
    // Who does not know whether the lease is still its own leaves it to its end: a late release could end a newer one.
    if (isOurs) await this.release();
  }

  private async workUntil(signal: AbortSignal, fence: number): Promise<void> {
    try {
      await this.options.work(signal, fence);
    } catch (error) {
      this.options.onFailure(error);
    }
  }

  /** @returns whether the lease was still ours at the last look */
  private async renewUntil(over: AbortController, fence: number): Promise<boolean> {
    const signal = AbortSignal.any([over.signal, this.stopping.signal]);
    const renewal = new WakeSignal();
    for (;;) {
      await renewal.wait(Math.max(0, this.heldSince + this.ttlMs / 3 - performance.now()), signal);
      if (signal.aborted) return true;
      // Another fence: it was lost in between, and came back.
      if ((await this.acquire()) === fence) continue;
      over.abort();
      return false;
    }
  }

  /** @returns the lease's fence; nothing when it is another's */
  private async acquire(): Promise<number | undefined> {
    const { database, name, owner, onFailure } = this.options;
    const askedAt = performance.now();
    try {
      const lease = await this.answered(acquireLease(database, name, owner, this.ttlMs));
      if (lease) this.heldSince = askedAt;
      return lease?.fence;
    } catch (error) {
      onFailure(error);
      return undefined;
    }
  }

  private async release(): Promise<void> {
    const { database, name, owner, onFailure } = this.options;
    try {
      await this.answered(releaseLease(database, name, owner));
    } catch (error) {
      onFailure(error);
    }
  }

  /** @throws StoreUnavailable when the answer takes longer than a third of the lease */
  private async answered<Result>(answer: Promise<Result>): Promise<Result> {
    const settled = new AbortController();
    const withinMs = this.ttlMs / 3;
    try {
      return await Promise.race([answer, silence(withinMs, settled.signal)]);
    } finally {
      settled.abort();
    }
  }
}

async function silence(ms: number, settled: AbortSignal): Promise<never> {
  await delay(ms, undefined, { signal: settled });
  throw new StoreUnavailable(new Error(`no answer about a lease within ${ms} ms`));
}
