/** Trouble with a server that this lib runs. The message says what to do; `code` is stable. */
export abstract class EmbeddedServerError extends Error {
  abstract readonly code: string;

  override get name(): string {
    return this.constructor.name;
  }
}

/** No usable PostgreSQL or nats-server was found on this machine. */
export class ServerToolsMissing extends EmbeddedServerError {
  readonly code = 'embedded-servers/tools-missing';
  /** What is missing, and why what was found does not do: one readable entry each. */
  readonly missing: readonly string[];

  constructor(missing: readonly string[]) {
    super(
      `Missing: ${missing.join('; ')}. Install PostgreSQL 15 or newer and nats-server 2.9 or newer ` +
        `(apt-get install postgresql nats-server, or brew install postgresql@17 nats-server), ` +
        `or use servers of your own by DATABASE_URL and NATS_URL, or run everything in containers by docker compose up.`,
    );
    this.missing = missing;
  }
}

/** The server's process ended, or did not answer in time. The message carries the end of its log. */
export class ServerDidNotStart extends EmbeddedServerError {
  readonly code = 'embedded-servers/did-not-start';

  constructor(server: string, why: string, logFile: string, logTail: string) {
    super(`${server} did not start: ${why}. Its log is ${logFile} and ends with:\n${logTail}`);
  }
}

/** A command that prepares a server failed. */
export class ServerCommandFailed extends EmbeddedServerError {
  readonly code = 'embedded-servers/command-failed';

  constructor(command: string, output: string, options?: ErrorOptions) {
    super(`${command} failed: ${output.trim()}`, options);
  }
}

/** The port that was asked for belongs to another process. */
export class PortTaken extends EmbeddedServerError {
  readonly code = 'embedded-servers/port-taken';

  constructor(server: string, port: number) {
    super(`${server} cannot listen on 127.0.0.1:${port}: another process has that port. Choose another one.`);
  }
}

/** A living server works on the folder. Starting a second one would destroy it. */
export class DataFolderInUse extends EmbeddedServerError {
  readonly code = 'embedded-servers/data-folder-in-use';

  constructor(folder: string, pid: number) {
    super(`Process ${pid} works on ${folder}. Stop it first (kill ${pid}), then start again.`);
  }
}

/** This user may not use the folder. */
export class DataFolderNotOurs extends EmbeddedServerError {
  readonly code = 'embedded-servers/data-folder-not-ours';

  constructor(folder: string, why: string) {
    super(`Cannot use ${folder}: ${why}. Start as its owner, or remove the folder to begin anew.`);
  }
}
