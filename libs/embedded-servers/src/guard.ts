/**
 * A program of its own: ends what its parent started when the parent is gone, however it went.
 *
 * The parent holds the other end of our stdin and writes one line per thing it owns. Only the end of that pipe makes
 * us act, and the kernel closes it even on `kill -9`. Signals are ignored, since a Ctrl-C reaches the whole terminal.
 */
import { rmSync } from 'node:fs';
import { constants } from 'node:os';
import { createInterface } from 'node:readline';
import { waitUntil } from './wait-until.ts';

/** Time that each signal of a list has before the next one is sent. */
const PATIENCE_MS = 3_000;

const watched = new Map<number, readonly number[]>();
const folders = new Set<string>();

/** Takes `watch <pid> <signal>,<signal>`, `forget <pid>`, `remove <folder>` or `keep <folder>`. */
function take(line: string): void {
  const [word = '', subject = '', signals = ''] = /^(watch|forget) (\d+) ?(.*)$/.exec(line)?.slice(1) ?? [];
  if (word === 'watch') watched.set(Number(subject), signals.split(',').map(Number));
  if (word === 'forget') watched.delete(Number(subject));
  if (line.startsWith('remove ')) folders.add(line.slice('remove '.length));
  if (line.startsWith('keep ')) folders.delete(line.slice('keep '.length));
}

/** Sends the signal (0 only asks); false when there is no such process any more. */
function send(pid: number, signal: number): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false; // gone already, which is what we are here for
  }
}

async function end(pid: number, signals: readonly number[]): Promise<void> {
  for (const signal of [...signals, constants.signals.SIGKILL]) {
    if (!send(pid, signal)) return;
    if (await waitUntil(() => !send(pid, 0), PATIENCE_MS)) return;
  }
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    // The parent gets the same signal and decides; see above.
  });
}

for await (const line of createInterface({ input: process.stdin })) take(line);
await Promise.all([...watched].map(([pid, signals]) => end(pid, signals)));
for (const folder of folders) rmSync(folder, { recursive: true, force: true });
