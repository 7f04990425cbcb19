import type { ErrorReporter, Logger } from '../ports.ts';
import type { ShutdownSequence } from './shutdown-sequence.ts';
import { withDeadline } from './shutdown-sequence.ts';

/** What is needed of Node's `process`. */
export interface GuardedProcess {
  on(event: string, listener: (subject: unknown) => void): unknown;
  exit(code: number): void;
}

export type ProcessGuardOptions = Readonly<{
  process: GuardedProcess;
  sequence: ShutdownSequence;
  logger: Logger;
  reporter?: ErrorReporter;
  /** Sends what telemetry still holds; called before the process dies of a defect. */
  flush?: () => Promise<void>;
  /** How long that may take; default 2 s. */
  flushDeadlineMs?: number;
}>;

const guarded = new WeakSet<GuardedProcess>();

/**
 * Ties a process to its shutdown: SIGTERM and SIGINT run the sequence and exit with 0, or with 1 when a step failed; a second
 * signal exits with 1 at once. An uncaught exception or unhandled rejection is logged and reported, and ends the process with
 * 1 after a bounded flush: its state can no longer be trusted, and nothing that was acknowledged depends on it.
 *
 * Installs once per process; a second call does nothing.
 */
export function guardProcess(options: ProcessGuardOptions): void {
  const { process, sequence, logger } = options;
  if (guarded.has(process)) return;
  guarded.add(process);

  for (const signal of ['SIGTERM', 'SIGINT']) {
    process.on(signal, () => {
      if (sequence.hasBegun) {
        logger.warn({ signal }, 'second signal: exiting at once');
        process.exit(1);
        return;
      }
      void sequence.run(signal).then((outcomes) => {
        process.exit(outcomes.every(({ outcome }) => outcome === 'done') ? 0 : 1);
      });
    });
  }
  const die = dieOnce(options);
  process.on('uncaughtException', (error) => {
    die('uncaught exception', error);
  });
  process.on('unhandledRejection', (reason) => {
    die('unhandled rejection', reason);
  });
}

function dieOnce(options: ProcessGuardOptions): (what: string, error: unknown) => void {
  const { process, logger, reporter, flush = () => Promise.resolve(), flushDeadlineMs = 2_000 } = options;
  let isDying = false;
  return (what, error) => {
    logger.fatal({ err: error }, `${what}: the process ends`);
    if (isDying) return;
    isDying = true;
    reporter?.report(error, 'process');
    void withDeadline(flush, flushDeadlineMs).then(() => {
      process.exit(1);
    });
  };
}
