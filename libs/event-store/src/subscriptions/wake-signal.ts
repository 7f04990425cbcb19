import { setTimeout as delay } from 'node:timers/promises';

/** Lets a loop sleep until there may be work, and never miss a call that came while it worked. */
export class WakeSignal {
  private pending = false;
  private wakeUp: (() => void) | undefined;

  /** There may be work: the current wait, or else the next one, ends at once. */
  notify(): void {
    this.pending = true;
    this.wakeUp?.();
  }

  /** Resolves at the next `notify`, after `atMostMs`, or when `signal` aborts. Never rejects. */
  async wait(atMostMs: number, signal: AbortSignal): Promise<void> {
    if (!this.pending && !signal.aborted) await this.sleep(atMostMs, signal);
    this.pending = false;
  }

  private async sleep(atMostMs: number, signal: AbortSignal): Promise<void> {
    const ended = new AbortController();
    this.wakeUp = () => {
      ended.abort();
    };
    try {
      await delay(atMostMs, undefined, { signal: AbortSignal.any([ended.signal, signal]) });
    } catch (error) {
      if (!ended.signal.aborted && !signal.aborted) throw error;
    } finally {
      this.wakeUp = undefined;
    }
  }
}
