import { WakeSignal } from '#libs/event-store';
import type { BackgroundWork } from './service-definition.ts';

export type PeriodicWorkOptions = Readonly<{
  /** As it appears in the shutdown log. */
  name: string;
  /** Pause between the end of one turn and the begin of the next, in milliseconds. */
  everyMs: number;
  work: () => Promise<void> | void;
  /** Told what a turn threw; the next turn comes all the same. */
  onFailure: (error: unknown) => void;
}>;

/** Does something again and again, one turn at a time, the first at once. A failed turn ends nothing. */
export class PeriodicWork implements BackgroundWork {
  private readonly options: PeriodicWorkOptions;
  private readonly stopping = new AbortController();
  private running: Promise<void> | undefined;

  constructor(options: PeriodicWorkOptions) {
    this.options = options;
  }

  get name(): string {
    return this.options.name;
  }

  start(): void {
    this.running ??= this.run();
  }

  /** Resolves when the turn under way is finished. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    const { everyMs, work, onFailure } = this.options;
    const pause = new WakeSignal();
    while (!this.stopping.signal.aborted) {
      try {
        await work();
      } catch (error) {
        onFailure(error);
      }
      await pause.wait(everyMs, this.stopping.signal);
    }
  }
}
