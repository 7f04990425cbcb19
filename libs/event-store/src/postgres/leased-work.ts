import { SECOND_MS } from '#libs/kernel';
import { WakeSignal } from '../subscriptions/wake-signal.ts';
import type { Queryable } from '../event-store.ts';
import { acquireLease, releaseLease } from './leases.ts';

export type LeasedWorkOptions = Readonly<{
  database: Queryable;
  /** What must be done by one instance at a time: `relay:agent:EVT_AGENT`. */
  name: string;
  /** This instance. */
  owner: string;
  /** Runs while the lease is held; must end soon after `signal` aborts. What it throws is tried again. */
  work: (signal: AbortSignal) => Promise<void>;
  onFailure: (error: unknown) => void;
  /** @default 6000: another instance takes over at most this long after a sudden death */
  ttlMs?: number;
}>;

const DEFAULT_TTL_MS = 6 * SECOND_MS;

/**
 * Keeps some work running on exactly one of many instances, as far as a lease can: a paused process may
 * still believe that it holds it, so the work must be correct without the lease, too.
 */
export class LeasedWork {
  private readonly options: LeasedWorkOptions;
  private readonly ttlMs: number;
  private readonly stopping = new AbortController();
  private readonly pause = new WakeSignal();
  private running: Promise<void> | undefined;
  private held = false;

  constructor(options: LeasedWorkOptions) {
    this.options = options;
    this.ttlMs = options.ttlMs ?? DEFAULT_TTL_MS;
  }

  get isHeld(): boolean {
    return this.held;
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
      this.held = await this.acquire();
      if (this.held) await this.workWhileHeld();
      await this.pause.wait(this.ttlMs / 3, signal);
    }
  }

  private async workWhileHeld(): Promise<void> {
    const over = new AbortController();
    const work = this.workUntil(AbortSignal.any([over.signal, this.stopping.signal])).finally(() => {
      over.abort();
    });
    await this.renewUntil(over);
    await work;
    this.held = false;
    await this.release();
  }

  private async workUntil(signal: AbortSignal): Promise<void> {
    try {
      await this.options.work(signal);
    } catch (error) {
      this.options.onFailure(error);
    }
  }

  private async renewUntil(over: AbortController): Promise<void> {
    const signal = AbortSignal.any([over.signal, this.stopping.signal]);
    const renewal = new WakeSignal();
    await renewal.wait(this.ttlMs / 3, signal);
    while (!signal.aborted) {
      if (await this.acquire()) await renewal.wait(this.ttlMs / 3, signal);
      else over.abort();
    }
  }

  private async acquire(): Promise<boolean> {
    const { database, name, owner, onFailure } = this.options;
    try {
      return (await acquireLease(database, name, owner, this.ttlMs)) !== undefined;
    } catch (error) {
      onFailure(error);
      return false;
    }
  }

  private async release(): Promise<void> {
    const { database, name, owner, onFailure } = this.options;
    try {
      await releaseLease(database, name, owner);
    } catch (error) {
      onFailure(error);
    }
  }
}
