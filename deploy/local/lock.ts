import { commandOf } from '#libs/embedded-servers';
import { existsSync, linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { parseJson, text, field } from './fields.ts';

/** Who runs Steward in this folder. */
export type LockHolder = Readonly<{
  pid: number;
  startedAt: string;
  /** Where its agent-service answers, once it has a port. */
  api?: string;
}>;

/** Another launcher runs in this folder. */
export class AlreadyRunning extends Error {
  constructor(holder: LockHolder) {
    const where = holder.api === undefined ? 'it is still starting' : `its API is ${holder.api}`;
    super(
      `Steward runs here already: process ${holder.pid} since ${holder.startedAt}; ${where}. ` +
        `Stop it with Ctrl-C in its terminal or by kill ${holder.pid}, then start again.`,
    );
  }
}

const ATTEMPTS = 5;

/** Half a file is what a power cut leaves: nobody holds that. */
function parse(content: string): LockHolder | undefined {
  const value = parseJson(content);
  const [pid, startedAt, api] = [field(value, 'pid'), text(value, 'startedAt'), text(value, 'api')];
  if (typeof pid !== 'number' || startedAt === '') return undefined;
  return { pid, startedAt, ...(api === '' ? {} : { api }) };
}

/** A number alone proves nothing: after a crash it may belong to any other program. */
function isLauncher(pid: number): boolean {
  return pid !== process.pid && commandOf(pid)?.includes('deploy/local/start.ts') === true;
}

function put(file: string, holder: LockHolder): string {
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, JSON.stringify(holder));
  return draft;
}

/** Removes the lock of a dead launcher, unless another one has replaced it since it was read. */
function removeStale(file: string, content: string): void {
  const aside = `${file}.stale.${process.pid}`;
  try {
    renameSync(file, aside);
  } catch {
    return; // somebody else removed it first
  }
  if (readFileSync(aside, 'utf8') !== content) linkSync(aside, file);
  rmSync(aside, { force: true });
}

/** The lock of one folder; only one launcher at a time has it, and a killed one has it no longer. */
export class Lock {
  readonly #file: string;
  #holder: LockHolder;
  /** Whether an earlier launcher was killed, so that what it ran may still be ending. */
  readonly followsCrash: boolean;

  private constructor(file: string, holder: LockHolder, followsCrash: boolean) {
    this.#file = file;
    this.#holder = holder;
    this.followsCrash = followsCrash;
  }

  /** @throws AlreadyRunning */
  static take(file: string, startedAt: string, isHeld: (pid: number) => boolean = isLauncher): Lock {
    mkdirSync(dirname(file), { recursive: true });
    const holder = { pid: process.pid, startedAt };
    const draft = put(file, holder);
    let followsCrash = false;
    try {
      for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
        const content = existsSync(file) ? readFileSync(file, 'utf8') : undefined;
        const other = content === undefined ? undefined : parse(content);
        if (other !== undefined && isHeld(other.pid)) throw new AlreadyRunning(other);
        if (content !== undefined) {
          followsCrash = true;
          removeStale(file, content);
        }
        if (tryLink(draft, file)) return new Lock(file, holder, followsCrash);
      }
      throw new Error(`Cannot take ${file}: several launchers start at once. Start one of them again.`);
    } finally {
      rmSync(draft, { force: true });
    }
  }

  /** Lets others know where the API is. */
  publish(api: string): void {
    this.#holder = { ...this.#holder, api };
    renameSync(put(this.#file, this.#holder), this.#file);
  }

  release(): void {
    rmSync(this.#file, { force: true });
  }
}

/** A link appears with its content at once, and only where nothing is: that makes the lock. */
function tryLink(draft: string, file: string): boolean {
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if (text(error, 'code') === 'EEXIST') return false;
    throw error;
  }
}
