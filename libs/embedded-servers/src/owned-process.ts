import { spawn } from 'node:child_process';
import type { ChildProcess, StdioOptions } from 'node:child_process';
import { ServerCommandFailed } from './errors.ts';
import { disownProcess, ownProcess } from './ownership.ts';
import type { RunAs } from './run-as.ts';

export type ProcessExit = Readonly<{ code: number | null; signal: NodeJS.Signals | null }>;

export type OwnedProcessOptions = Readonly<{
  args?: readonly string[];
  cwd?: string;
  /** The whole environment of the process. @default that of this process */
  env?: NodeJS.ProcessEnv;
  runAs?: RunAs;
  /** @default nothing in, nothing out */
  stdio?: StdioOptions;
  /** Signals that ask it to end, the gentlest first. SIGKILL follows by itself. @default SIGTERM */
  stopSignals?: readonly NodeJS.Signals[];
}>;

/** A child process that never outlives this one, not even when this one is killed. */
export interface OwnedProcess {
  readonly pid: number;
  readonly child: ChildProcess;
  /** Settles when the process has ended; never rejects. */
  readonly exited: Promise<ProcessExit>;
  isRunning(): boolean;
  /** Sends a signal; nothing happens when the process has ended. */
  signal(signal: NodeJS.Signals): void;
  /** Asks it to end, waits `deadlineMs` (10,000 by default) after each signal of the list, and kills it at last. */
  stop(options?: Readonly<{ signals?: readonly NodeJS.Signals[]; deadlineMs?: number }>): Promise<ProcessExit>;
}

const STOP_DEADLINE_MS = 10_000;

async function endedWithin(exited: Promise<ProcessExit>, deadlineMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(resolve, deadlineMs, false);
  });
  const inTime = await Promise.race([exited.then(() => true), late]);
  clearTimeout(timer);
  return inTime;
}

/**
 * Starts a program in a session of its own, so that a Ctrl-C in the terminal reaches only the process that owns it.
 *
 * @throws ServerCommandFailed when the program cannot be started
 */
export async function spawnOwned(command: string, options: OwnedProcessOptions = {}): Promise<OwnedProcess> {
  const stopSignals = options.stopSignals ?? ['SIGTERM'];
  const child = spawn(command, options.args ?? [], {
    cwd: options.cwd ?? '/',
    env: options.env ?? process.env,
    stdio: options.stdio ?? 'ignore',
    detached: true,
    ...(options.runAs === undefined ? {} : { uid: options.runAs.uid, gid: options.runAs.gid }),
  });
  const { pid } = child;
  if (pid === undefined) {
    const [cause] = await new Promise<[Error]>((resolve) =>
      child.once('error', (error) => {
        resolve([error]);
      }),
    );
    throw new ServerCommandFailed(command, cause.message, { cause });
  }
  ownProcess(pid, stopSignals);
  const exited = new Promise<ProcessExit>((resolve) => {
    child.once('exit', (code, signal) => {
      disownProcess(pid);
      resolve({ code, signal });
    });
  });
  const isRunning = (): boolean => child.exitCode === null && child.signalCode === null;
  const signal = (name: NodeJS.Signals): void => {
    if (isRunning()) child.kill(name);
  };
  return {
    pid,
    child,
    exited,
    isRunning,
    signal,
    stop: async ({ signals = stopSignals, deadlineMs = STOP_DEADLINE_MS } = {}) => {
      for (const name of signals) {
        signal(name);
        if (await endedWithin(exited, deadlineMs)) return exited;
      }
      signal('SIGKILL');
      return exited;
    },
  };
}
