import { closeSync, fstatSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { PortTaken, ServerDidNotStart } from './errors.ts';
import { freePort, isPortFree } from './free-port.ts';
import { logTail, openLog } from './log-file.ts';
import { spawnOwned } from './owned-process.ts';
import type { OwnedProcess, ProcessExit } from './owned-process.ts';
import { childrenOf, isAlive } from './processes.ts';
import type { RunAs } from './run-as.ts';
import { waitUntil } from './wait-until.ts';

/** What differs between one server program and another. */
export type ServerRecipe = Readonly<{
  name: string;
  command: string;
  args: (port: number) => Promise<readonly string[]>;
  env: NodeJS.ProcessEnv;
  cwd: string;
  runAs: RunAs | undefined;
  logFile: string;
  /** Runs before every start, the first and later ones. */
  prepare: () => Promise<void>;
  /** Whether this very server, and no other one on the port, answers as it does when it can be used. */
  isReady: (port: number, pid: number) => Promise<boolean>;
  stopSignals: readonly NodeJS.Signals[];
  /** Gives up a start that is under way. */
  abort: AbortSignal | undefined;
  onUnexpectedExit: ((exit: ProcessExit) => void) | undefined;
}>;

const READY_DEADLINE_MS = 60_000;
const PORT_ATTEMPTS = 5;
const PORT_IN_USE = /address already in use/i;

/** The process of one server, through its starts, stops and deaths. */
export class ServerProcess {
  readonly #recipe: ServerRecipe;
  #process: OwnedProcess | undefined;
  #endIsExpected = false;
  #port = 0;

  constructor(recipe: ServerRecipe) {
    this.#recipe = recipe;
  }

  get port(): number {
    return this.#port;
  }

  /** The process of the last start, which may have ended. */
  get pid(): number {
    return this.#process?.pid ?? 0;
  }

  isRunning(): boolean {
    return this.#process?.isRunning() === true;
  }

  /** @param wantedPort 0 for any free one, which is then kept for later starts */
  async start(wantedPort: number): Promise<void> {
    await this.#recipe.prepare();
    this.#recipe.abort?.throwIfAborted();
    if (wantedPort !== 0 && !(await isPortFree(wantedPort))) throw new PortTaken(this.#recipe.name, wantedPort);
    for (let attempt = 1; ; attempt++) {
      // Between finding a port and listening on it, somebody else may take it.
      this.#port = wantedPort === 0 ? await freePort() : wantedPort;
      try {
        await this.#launch();
        return;
      } catch (error) {
        if (!(error instanceof PortTaken) || wantedPort !== 0 || attempt === PORT_ATTEMPTS) throw error;
      }
    }
  }

  async stop(signals: readonly NodeJS.Signals[] = this.#recipe.stopSignals): Promise<void> {
    this.#endIsExpected = true;
    await this.#process?.stop({ signals, deadlineMs: 20_000 });
  }

  /** SIGKILL for the server and all of its own processes at the same moment, as when the power goes. */
  async kill9(): Promise<void> {
    if (this.#process === undefined || !this.#process.isRunning()) return;
    this.#endIsExpected = true;
    const children = childrenOf(this.#process.pid);
    this.#process.signal('SIGKILL');
    for (const child of children) {
      try {
        process.kill(child, 'SIGKILL');
      } catch {
        // It ended by itself just now.
      }
    }
    await this.#process.exited;
    await waitUntil(() => !children.some(isAlive), 5_000);
  }

  async #launch(): Promise<void> {
    const { logFile, onUnexpectedExit } = this.#recipe;
    const log = openLog(logFile);
    const logStart = fstatSync(log).size;
    const launched = await this.#spawn(log);
    this.#process = launched;
    this.#endIsExpected = false;
    if (!(await this.#becomesReady(launched))) {
      this.#endIsExpected = true;
      throw await this.#failureOf(launched, logTail(logFile, { fromBytes: logStart }));
    }
    void launched.exited.then((exit) => {
      if (!this.#endIsExpected && this.#process === launched) onUnexpectedExit?.(exit);
    });
  }

  async #spawn(log: number): Promise<OwnedProcess> {
    const { command, args, cwd, env, stopSignals, runAs } = this.#recipe;
    try {
      return await spawnOwned(command, {
        args: await args(this.#port),
        cwd,
        env,
        stopSignals,
        stdio: ['ignore', log, log],
        ...(runAs === undefined ? {} : { runAs }),
      });
    } finally {
      closeSync(log);
    }
  }

  /** Why a start failed; afterwards nothing of it runs. */
  async #failureOf(launched: OwnedProcess, tail: string): Promise<Error> {
    const { name, logFile, abort } = this.#recipe;
    const ended = launched.isRunning() ? undefined : await launched.exited;
    await launched.stop();
    abort?.throwIfAborted();
    if (PORT_IN_USE.test(tail)) return new PortTaken(name, this.#port);
    const why =
      ended === undefined
        ? `no answer within ${READY_DEADLINE_MS / 1000} s`
        : `it ended with ${ended.signal ?? `code ${ended.code ?? 'unknown'}`}`;
    return new ServerDidNotStart(name, why, logFile, tail);
  }

  async #becomesReady(launched: OwnedProcess): Promise<boolean> {
    const end = performance.now() + READY_DEADLINE_MS;
    while (performance.now() < end && launched.isRunning() && this.#recipe.abort?.aborted !== true) {
      if (await this.#recipe.isReady(this.#port, launched.pid)) return launched.isRunning();
      await delay(20);
    }
    return false;
  }
}
