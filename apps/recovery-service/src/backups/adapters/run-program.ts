import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { basename } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Content } from '../domain/backup-ports.ts';

export type Program = Readonly<{
  path: string;
  args: readonly string[];
  env: NodeJS.ProcessEnv;
  /** Ends the program. */
  signal: AbortSignal;
}>;

/** A program ended otherwise than well. */
export class ProgramFailed extends Error {
  constructor(path: string, how: string, output: string) {
    super(`${basename(path)} ${how}${output === '' ? '.' : `: ${output}`}`);
    this.name = 'ProgramFailed';
  }
}

/** Enough of what a program complains about; the first lines name the cause. */
const LONGEST_COMPLAINT = 1_500;

/** What a program writes. Ends well only when the program did. @throws ProgramFailed */
export async function* outputOf(program: Program): AsyncGenerator<Uint8Array> {
  const child = spawn(program.path, program.args, { env: program.env, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = endOf(program, child, child.stderr);
  const output: AsyncIterable<Buffer> = child.stdout;
  try {
    yield* output;
    await succeeded(program, ended);
  } finally {
    // Whoever stopped reading wants no more of it.
    child.kill();
    await ended;
  }
}

/** Gives a program its input. Resolves when the program ended well. @throws ProgramFailed */
export async function feed(program: Program, input: Content): Promise<void> {
  const child = spawn(program.path, program.args, { env: program.env, stdio: ['pipe', 'ignore', 'pipe'] });
  const ended = endOf(program, child, child.stderr);
  const [fed] = await Promise.allSettled([pipeline(input, child.stdin), ended]);
  // A program that gave up stops reading, too: its own words come first.
  await succeeded(program, ended);
  if (fed.status === 'rejected') throw fed.reason;
}

type Ending = Readonly<{ how: string | undefined; complaint: string }>;

/** How a program ended: never rejects. */
async function endOf({ signal }: Program, child: ChildProcess, stderr: Readable): Promise<Ending> {
  const stop = (): void => {
    child.kill();
  };
  let complaint = '';
  stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint = `${complaint}${text}`.slice(0, LONGEST_COMPLAINT);
  });
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  try {
    await once(child, 'close');
    return { how: howItEnded(child), complaint: complaint.trim() };
  } catch (error) {
    return { how: `could not be started: ${error instanceof Error ? error.message : String(error)}`, complaint: '' };
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

function howItEnded({ exitCode, signalCode }: ChildProcess): string | undefined {
  if (exitCode === 0) return undefined;
  return exitCode === null ? `was ended by ${String(signalCode)}` : `exited with ${exitCode}`;
}

async function succeeded({ path }: Program, ended: Promise<Ending>): Promise<void> {
  const { how, complaint } = await ended;
  if (how !== undefined) throw new ProgramFailed(path, how, complaint);
}
