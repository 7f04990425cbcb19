import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { spawnOwned } from '#libs/embedded-servers';
import { Line } from './history.ts';

/** A program of this folder that runs. It never outlives this process. */
export interface Program {
  /** Sends a word on its stdin. */
  tell(word: string): void;
  /** Resolves at its line `ready`; rejects when it ends before. */
  readonly ready: Promise<void>;
  /** Resolves when it said `done` and ended well; else rejects with what it wrote on stderr. */
  readonly done: Promise<void>;
  kill(): Promise<void>;
}

/** @param hear told each line as soon as it comes */
export async function startProgram(
  file: string,
  settings: Readonly<Record<string, string>>,
  hear: (line: Line) => void,
): Promise<Program> {
  const owned = await spawnOwned(process.execPath, {
    args: [join(import.meta.dirname, file)],
    cwd: import.meta.dirname,
    env: { PATH: process.env['PATH'], PROGRAM_NAME: file, ...settings },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const { stdin, stdout, stderr } = owned.child;
  if (!stdin || !stdout || !stderr) throw new Error('The program has no pipes.');
  let complaint = '';
  stderr.setEncoding('utf8').on('data', (text: string) => (complaint += text));
  // A program that ended takes no more words; why it ended is told by `done`.
  stdin.on('error', () => undefined);

  const ready = Promise.withResolvers<undefined>();
  const hearing = (async () => {
    let isDone = false;
    for await (const text of createInterface({ input: stdout })) {
      const line = Line.parse(JSON.parse(text));
      if (line.line === 'ready') ready.resolve(undefined);
      if (line.line === 'done') isDone = true;
      hear(line);
    }
    const { code, signal } = await owned.exited;
    if (isDone && code === 0) return;
    const error = new Error(`${file} ended with ${signal ?? `code ${code}`}:\n${complaint}`);
    ready.reject(error);
    throw error;
  })();
  // Both are awaited later; until then a failure of one must not end the process.
  hearing.catch(() => undefined);
  ready.promise.catch(() => undefined);
  return {
    tell: (word) => {
      stdin.write(`${word}\n`);
    },
    ready: ready.promise,
    done: hearing,
    kill: async () => {
      owned.signal('SIGKILL');
      await owned.exited;
    },
  };
}
