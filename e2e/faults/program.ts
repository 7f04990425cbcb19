import { createInterface } from 'node:readline';
import { basename, dirname } from 'node:path';
import { spawnOwned } from '#libs/embedded-servers';

/** A program beside a spec that runs. It never outlives this process. */
export interface Program {
  readonly pid: number;
  /** Sends a word on its stdin. */
  tell(word: string): void;
  /** Resolves at its line `ready`; rejects when it ends before. */
  readonly ready: Promise<void>;
  /** Resolves when it said `done` and ended well; else rejects with what it wrote on stderr. */
  readonly done: Promise<void>;
  /** Holds it where it is, and lets it go on. */
  pause(): void;
  resume(): void;
  kill(): Promise<void>;
}

export type ProgramOptions<Line> = Readonly<{
  /** Its environment beside `PATH`. */
  settings: Readonly<Record<string, string>>;
  /** Understands a line of its stdout. */
  parse: (json: unknown) => Line;
  /** Told each line as soon as it comes. */
  hear: (line: Line) => void;
}>;

/** @param file absolute */
export async function startProgram<Line extends { readonly line: string }>(
  file: string,
  { settings, parse, hear }: ProgramOptions<Line>,
): Promise<Program> {
  const owned = await spawnOwned(process.execPath, {
    args: [file],
    cwd: dirname(file),
    env: { PATH: process.env['PATH'], PROGRAM_NAME: basename(file), ...settings },
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
      const line = parse(JSON.parse(text));
      if (line.line === 'ready') ready.resolve(undefined);
      if (line.line === 'done') isDone = true;
      hear(line);
    }
    const { code, signal } = await owned.exited;
    if (isDone && code === 0) return;
    const error = new Error(`${basename(file)} ended with ${signal ?? `code ${code}`}:\n${complaint}`);
    ready.reject(error);
    throw error;
  })();
  // Both are awaited later; until then a failure of one must not end the process.
  hearing.catch(() => undefined);
  ready.promise.catch(() => undefined);
  return {
    pid: owned.pid,
    tell: (word) => {
      stdin.write(`${word}\n`);
    },
    ready: ready.promise,
    done: hearing,
    pause: () => {
      owned.signal('SIGSTOP');
    },
    resume: () => {
      owned.signal('SIGCONT');
    },
    kill: async () => {
      owned.signal('SIGKILL');
      await owned.exited;
    },
  };
}
