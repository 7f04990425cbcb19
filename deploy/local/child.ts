import { logTail, openLog, spawnOwned } from '#libs/embedded-servers';
import type { OwnedProcess } from '#libs/embedded-servers';
import { createWriteStream, fstatSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { Lifecycle } from './lifecycle.ts';

export type ChildPlan = Readonly<{
  name: string;
  /** Arguments of Node. */
  args: readonly string[];
  env: NodeJS.ProcessEnv;
  root: string;
  logFile: string;
  lifecycle: Lifecycle;
  /** How long it may take to end after SIGTERM, in milliseconds. */
  graceMs: number;
  say: (line: string) => void;
  /** What to show of each line that it writes. */
  show: (line: string) => string | undefined;
  /** Ends by itself without trouble when its work is done. @default false */
  mayFinish?: boolean;
}>;

function follow(stream: Readable | null, onLine: (line: string) => void): void {
  if (stream !== null) createInterface({ input: stream }).on('line', onLine);
}

/** Starts a Node program of ours. Its end, when nobody asked for it, ends everything and shows the end of its log. */
export async function startChild(plan: ChildPlan): Promise<OwnedProcess> {
  const { name, lifecycle, logFile, say } = plan;
  const descriptor = openLog(logFile);
  const fromBytes = fstatSync(descriptor).size; // what earlier runs wrote explains nothing
  const log = createWriteStream(logFile, { fd: descriptor });
  const child = await spawnOwned(process.execPath, {
    args: plan.args,
    env: plan.env,
    cwd: plan.root,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  for (const stream of [child.child.stdout, child.child.stderr]) {
    follow(stream, (line) => {
      log.write(`${line}\n`);
      const shown = plan.show(line);
      if (shown !== undefined && !lifecycle.signal.aborted) say(shown);
    });
  }
  child.child.once('close', (code, signal) => {
    log.end(() => {
      if (lifecycle.signal.aborted || (code === 0 && plan.mayFinish === true)) return;
      const how = signal ?? `code ${code ?? 'unknown'}`;
      lifecycle.stop(
        `${name} ended by itself (${how}). ${logFile} ends with:\n${logTail(logFile, { fromBytes })}\nStopping everything.`,
        1,
      );
    });
  });
  return child;
}

/** Asks a child to end, kills it after its time, and says so. */
export async function stopChild(child: OwnedProcess, { name, graceMs, say }: ChildPlan): Promise<void> {
  if (!child.isRunning()) return; // how it ended has been said
  const { signal } = await child.stop({ deadlineMs: graceMs });
  if (signal === 'SIGKILL') say(`${name} was killed: it did not end within ${graceMs / 1000} s.`);
}
