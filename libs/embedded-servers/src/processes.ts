import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';

function readProc(pid: number | string, file: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return undefined; // processes come and go while we look
  }
}

function ps(...args: string[]): string {
  try {
    return execFileSync('ps', ['-ww', ...args], { encoding: 'utf8', stdio: 'pipe' });
  } catch {
    return ''; // `ps` fails when no process fits
  }
}

/** Small images have no `ps`, and macOS has no `/proc`. */
const hasProc = existsSync('/proc/self/stat');

/** The command line of a living process; undefined when there is none. */
export function commandOf(pid: number): string | undefined {
  const text = hasProc ? readProc(pid, 'cmdline')?.replaceAll('\0', ' ') : ps('-o', 'args=', '-p', String(pid));
  return text === undefined || text.trim() === '' ? undefined : text.trim();
}

/** The processes that this one has started and that still live. */
export function childrenOf(parent: number): number[] {
  const rows = hasProc
    ? readdirSync('/proc')
        .filter((name) => /^\d+$/.test(name))
        // After the name in parentheses, which may hold anything, come the state and the parent.
        .map((pid) => [
          Number(pid),
          Number(
            readProc(pid, 'stat')
              ?.replace(/^.*\) \S /s, '')
              .split(' ')[0],
          ),
        ])
    : ps('-A', '-o', 'pid=,ppid=')
        .split('\n')
        .map((line) => line.trim().split(/\s+/).map(Number));
  return rows.flatMap(([pid, of]) => (pid !== undefined && of === parent ? [pid] : []));
}

/** Whether the process lives; one that is dead and not yet collected by its parent does not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false; // ESRCH; those of another user are never asked for
  }
  return !hasProc || commandOf(pid) !== undefined;
}
