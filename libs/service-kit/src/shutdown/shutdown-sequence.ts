import type { Logger } from '../ports.ts';

/** The order in which a process lets go; steps of one phase run one after another, as they were added. */
export const SHUTDOWN_PHASES = ['stop-taking-work', 'finish', 'acknowledge', 'release', 'flush'] as const;
export type ShutdownPhase = (typeof SHUTDOWN_PHASES)[number];

export type ShutdownStep = Readonly<{
  phase: ShutdownPhase;
  /** As it appears in the log. */
  name: string;
  /** Default: what is left of the grace period. */
  deadlineMs?: number;
  /** @param signal aborted at the deadline; the next step then begins although this one goes on */
  run: (signal: AbortSignal) => Promise<void> | void;
}>;

export type StepOutcome = Readonly<{ name: string; outcome: 'done' | 'failed' | 'timed-out'; durationMs: number }>;

export type ShutdownOptions = Readonly<{
  logger: Logger;
  /** For all steps together, in milliseconds. A step that begins after it still gets 250 ms. */
  graceMs: number;
  /** Milliseconds of a clock that never goes back; default `performance.now`. */
  elapsedMs?: () => number;
}>;

const LEAST_STEP_MS = 250;

/**
 * Takes a service down in named steps. Every step runs, whatever became of those before it: a relay that hangs must not keep
 * a lease from being released.
 */
export class ShutdownSequence {
  readonly #steps: ShutdownStep[] = [];
  readonly #logger: Logger;
  readonly #graceMs: number;
  readonly #elapsedMs: () => number;
  #running: Promise<readonly StepOutcome[]> | undefined;

  constructor({ logger, graceMs, elapsedMs = () => performance.now() }: ShutdownOptions) {
    this.#logger = logger;
    this.#graceMs = graceMs;
    this.#elapsedMs = elapsedMs;
  }

  /** @throws Error when the sequence has begun */
  add(step: ShutdownStep): void {
    if (this.#running) throw new Error(`Cannot add shutdown step "${step.name}": the shutdown has begun.`);
    this.#steps.push(step);
  }

  get hasBegun(): boolean {
    return this.#running !== undefined;
  }

  /** Runs the steps once; later calls get the same result. Never rejects. */
  run(reason: string): Promise<readonly StepOutcome[]> {
    this.#running ??= this.#runAll(reason);
    return this.#running;
  }

  async #runAll(reason: string): Promise<readonly StepOutcome[]> {
    const beganAtMs = this.#elapsedMs();
    this.#logger.info({ reason, steps: this.#steps.length }, 'shutdown begins');
    const outcomes: StepOutcome[] = [];
    for (const phase of SHUTDOWN_PHASES) {
      for (const step of this.#steps.filter((one) => one.phase === phase)) {
        const leftMs = Math.max(LEAST_STEP_MS, this.#graceMs - (this.#elapsedMs() - beganAtMs));
        outcomes.push(await this.#runStep(step, Math.min(step.deadlineMs ?? leftMs, leftMs)));
      }
    }
    this.#logger.info({ reason, durationMs: Math.round(this.#elapsedMs() - beganAtMs) }, 'shutdown is complete');
    return outcomes;
  }

  async #runStep(step: ShutdownStep, deadlineMs: number): Promise<StepOutcome> {
    const beganAtMs = this.#elapsedMs();
    const { outcome, error } = await withDeadline(step.run, deadlineMs);
    const durationMs = Math.round(this.#elapsedMs() - beganAtMs);
    const fields = { phase: step.phase, step: step.name, durationMs, deadlineMs, ...(error ? { err: error } : {}) };
    this.#logger[outcome === 'done' ? 'info' : 'error'](fields, `shutdown step ${step.name}: ${outcome}`);
    return { name: step.name, outcome, durationMs };
  }
}

type Ended = Readonly<{ outcome: StepOutcome['outcome']; error?: unknown }>;

async function started(work: ShutdownStep['run'], signal: AbortSignal): Promise<void> {
  await work(signal);
}

/** Ends with the work or at the deadline, whichever comes first. Never rejects. */
export async function withDeadline(work: ShutdownStep['run'], deadlineMs: number): Promise<Ended> {
  const abort = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<Ended>((resolve) => {
    timer = setTimeout(() => {
      resolve({ outcome: 'timed-out' });
      abort.abort();
    }, deadlineMs);
  });
  const working = started(work, abort.signal).then(
    (): Ended => ({ outcome: 'done' }),
    (error: unknown): Ended => ({ outcome: 'failed', error }),
  );
  const ended = await Promise.race([working, tooLate]);
  clearTimeout(timer);
  return ended;
}
