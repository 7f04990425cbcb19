import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { Socket } from 'node:net';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';

const GUARD_PROGRAM = fileURLToPath(new URL('./guard.ts', import.meta.url));

let guard: ChildProcess | undefined;
const processes = new Set<number>();
const folders = new Set<string>();

function startGuard(): ChildProcess {
  const child = spawn(process.execPath, ['--no-warnings', GUARD_PROGRAM], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
    cwd: '/',
    env: {},
  });
  // Without a guard we still stop everything ourselves; only a kill -9 of this process would leave something behind.
  const dismiss = (): void => {
    if (guard === child) guard = undefined;
  };
  child.on('error', dismiss);
  child.on('exit', dismiss);
  child.stdin.on('error', dismiss);
  child.unref();
  if (child.stdin instanceof Socket) child.stdin.unref();
  return child;
}

function tell(line: string): void {
  guard ??= startGuard();
  guard.stdin?.write(`${line}\n`);
}

/** A guard without work would only take memory. */
function dismissIdleGuard(): void {
  if (processes.size + folders.size > 0) return;
  guard?.stdin?.end();
  guard = undefined;
}

/** From now on the process ends, at the latest, when this one does: by these signals, 3 s apart, then SIGKILL. */
export function ownProcess(pid: number, signals: readonly NodeJS.Signals[]): void {
  processes.add(pid);
  tell(`watch ${pid} ${signals.map((name) => constants.signals[name]).join(',')}`);
}

/** The process has ended, so its number may soon belong to another one. */
export function disownProcess(pid: number): void {
  if (!processes.delete(pid)) return;
  tell(`forget ${pid}`);
  dismissIdleGuard();
}

/** From now on the folder goes, at the latest, when this process does. */
export function ownFolder(folder: string): void {
  folders.add(folder);
  tell(`remove ${folder}`);
}

/** The folder has gone, or may stay. */
export function disownFolder(folder: string): void {
  if (!folders.delete(folder)) return;
  tell(`keep ${folder}`);
  dismissIdleGuard();
}

/** Kills every process that this one owns, now and without asking: for a user who will not wait. */
export function killOwned(): void {
  for (const pid of processes) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It ended just now, which is what we want.
    }
  }
}
