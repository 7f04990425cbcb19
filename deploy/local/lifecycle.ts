import { killOwned } from '#libs/embedded-servers';

/** npm passes on a signal that the terminal has sent us as well: that is no second Ctrl-C. */
const SAME_SIGNAL_MS = 500;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

type Closer = Readonly<{ name: string; close: () => Promise<void> | void }>;

/** The end of the launcher: whoever starts something says how to end it, and all of it ends in reverse order. */
export class Lifecycle {
  readonly #controller = new AbortController();
  readonly #closers: Closer[] = [];
  readonly #say: (line: string) => void;
  #exitCode = 0;
  #askedAtMs: number | undefined;

  constructor(say: (line: string) => void) {
    this.#say = say;
  }

  /** Aborted as soon as the end begins. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get exitCode(): number {
    return this.#exitCode;
  }

  /** What to do at the end. Runs even when the end has begun already. */
  onStop(name: string, close: Closer['close']): void {
    this.#closers.push({ name, close });
  }

  /** Begins the end; only the first reason counts. */
  stop(reason: string, exitCode: number): void {
    if (this.signal.aborted) return;
    this.#exitCode = exitCode;
    this.#say(reason);
    this.#controller.abort();
  }

  /** Ctrl-C or kill begins the end; asked again, everything is killed at once. */
  listen(): void {
    for (const signal of SIGNALS) {
      process.on(signal, () => {
        const now = performance.now();
        this.#askedAtMs ??= now;
        if (now - this.#askedAtMs > SAME_SIGNAL_MS) {
          killOwned();
          process.exit(130);
        }
        this.stop(`${signal === 'SIGINT' ? 'Ctrl-C' : signal}: stopping (once more to kill) ...`, 0);
      });
    }
    this.#followNpm();
  }

  /** Settles when the end begins. */
  async ended(): Promise<void> {
    if (this.signal.aborted) return;
    await new Promise((resolve) => {
      this.signal.addEventListener('abort', resolve, { once: true });
    });
  }

  /** Ends all that was started, the last first. One that fails does not keep the others. */
  async close(): Promise<void> {
    for (let closer = this.#closers.pop(); closer !== undefined; closer = this.#closers.pop()) {
      try {
        await closer.close();
      } catch (error) {
        this.#exitCode = 1;
        this.#say(`${closer.name} did not stop well: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
  }

  /** Whoever kills npm wants us to end, although npm can then no longer tell us. */
  #followNpm(): void {
    if (process.env['npm_lifecycle_event'] === undefined) return;
    const parent = process.ppid;
    setInterval(() => {
      if (process.ppid !== parent) this.stop('npm has gone: stopping ...', 1);
    }, 1_000).unref();
  }
}
