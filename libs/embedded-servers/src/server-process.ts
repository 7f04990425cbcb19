import { closeSync, fstatSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { PortTaken, ServerDidNotStart } from './errors.ts';
import { freePort } from './free-port.ts';
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
  /** Whether the server answers on the port as it does when it can be used. */
  isReady: (port: number) => Promise<boolean>;
  stopSignals: readonly NodeJS.Signals[];
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
    const { name, command, logFile } = this.#recipe;
    const log = openLog(logFile);
    const fromBytes = fstatSync(log).size;
    let launched: OwnedProcess;
    try {
      launched = await spawnOwned(command, {
        args: await this.#recipe.args(this.#port),
        cwd: this.#recipe.cwd,
        env: this.#recipe.env,
        stdio: ['ignore', log, log],
        stopSignals: this.#recipe.stopSignals,
        ...(this.#recipe.runAs === undefined ? {} : { runAs: this.#recipe.runAs }),
      });
    } finally {
      closeSync(log);
    }
    this.#process = launched;
    this.#endIsExpected = false;
    const ready = await this.#becomesReady(launched);
    if (!ready) {
      this.#endIsExpected = true;
      const exit = launched.isRunning() ? undefined : await launched.exited;
      await launched.stop();
      const tail = logTail(logFile, { fromBytes });
      if (PORT_IN_USE.test(tail)) throw new PortTaken(name, this.#port);
      const why =
        exit === undefined
          ? `no answer within ${READY_DEADLINE_MS / 1000} s`
          : `it ended with ${exit.signal ?? `code ${exit.code}`}`;
      throw new ServerDidNotStart(name, why, logFile, tail);
    }
    void launched.exited.then((exit) => {
      if (!this.#endIsExpected && this.#process === launched) this.#recipe.onUnexpectedExit?.(exit);
    });
  }

  async #becomesReady(launched: OwnedProcess): Promise<boolean> {
    const end = performance.now() + READY_DEADLINE_MS;
    while (performance.now() < end && launched.isRunning()) {
      if (await this.#recipe.isReady(this.#port)) return launched.isRunning();
      await delay(20);
    }
    return false;
  }
}
