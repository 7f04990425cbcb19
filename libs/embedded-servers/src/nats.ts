import { randomBytes } from 'node:crypto';
import { chownSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { claimDataFolder, makePrivateFolder, NATS, placeDataFolder } from './data-folder.ts';
import { findNatsServer } from './find-server-binaries.ts';
import { freePort } from './free-port.ts';
import type { ProcessExit } from './owned-process.ts';
import { natsAnswers } from './probes.ts';
import { chooseUser } from './run-as.ts';
import { ServerProcess } from './server-process.ts';

export type NatsOptions = Readonly<{
  /** Folder of JetStream's files; made by the first start. */
  storeDir: string;
  /** @default 0, any free one */
  port?: number;
  /** Port of the monitoring pages, 0 for any free one. @default none */
  httpPort?: number;
  /** @default true */
  jetstream?: boolean;
  /** Lines for the end of nats-server's configuration file; `server_name` is taken. */
  extraConfig?: string;
  /** User to run as when this process is root. @default the owner of the data, else `postgres`, else `nobody` */
  asUser?: string;
  /** @default `<parent of storeDir>/logs/<name of storeDir>.log` */
  logFile?: string;
  /** How long to wait for another server on this data to end. @default 10,000 */
  inUseDeadlineMs?: number;
  /** Gives up a start that is under way; then the promise rejects with its reason and nothing runs. */
  abort?: AbortSignal;
  /** Told in one line what the user should know, such as data that had to go elsewhere. */
  say?: (line: string) => void;
  /** Told when the server ends although nobody asked it to. */
  onUnexpectedExit?: (exit: ProcessExit) => void;
}>;

export interface EmbeddedNats {
  /** `nats://127.0.0.1:<port>`; no password, and reachable from this machine only. */
  readonly url: string;
  readonly port: number;
  /** Base address of the monitoring pages (`/jsz`, `/varz`), when they were asked for. */
  readonly httpUrl: string | undefined;
  /** Process id of the server since its last start. */
  readonly pid: number;
  /** Where the data really is, which differs from what was asked for when its user could not reach that. */
  readonly storeDir: string;
  readonly logFile: string;
  /** Ends the server and waits for it. Safe to call twice. */
  stop(): Promise<void>;
  /** Kills it at once. What it acknowledged within the last two minutes may be lost, as its documentation says. */
  kill9(): Promise<void>;
  /** Stops it if it runs, and starts it again on the same port and data. */
  restart(): Promise<void>;
}

type Place = Readonly<{ folder: string; name: string; port: number; httpPort: number | undefined }>;

function configuration({ folder, name, port, httpPort }: Place, options: NatsOptions): string {
  const lines = [
    `server_name: ${name}`,
    `listen: "127.0.0.1:${port}"`,
    `pid_file: ${JSON.stringify(join(folder, NATS.pidFile))}`,
    ...(httpPort === undefined ? [] : [`http: "127.0.0.1:${httpPort}"`]),
    ...(options.jetstream === false ? [] : [`jetstream { store_dir: ${JSON.stringify(folder)} }`]),
    options.extraConfig ?? '',
  ];
  return `${lines.join('\n')}\n`;
}

/**
 * Starts nats-server on 127.0.0.1 and resolves when it answers and, unless told otherwise, has JetStream.
 *
 * It ends with this process even when that is killed. A server that root starts runs as another user.
 *
 * @throws ServerToolsMissing DataFolderInUse DataFolderNotOurs PortTaken ServerDidNotStart
 */
export async function startNatsServer(options: NatsOptions): Promise<EmbeddedNats> {
  const natsServer = findNatsServer();
  const runAs = chooseUser(options.storeDir, options.asUser);
  const folder = placeDataFolder(options.storeDir, runAs, options.say ?? ((): void => undefined));
  const httpPort = options.httpPort === 0 ? await freePort() : options.httpPort;
  const name = `steward-${randomBytes(6).toString('hex')}`; // tells it from another server that takes the port first
  const configFile = join(folder, 'nats-server.conf');
  const logFile = options.logFile ?? join(dirname(options.storeDir), 'logs', `${basename(options.storeDir)}.log`);
  makePrivateFolder(folder, runAs);
  const server = new ServerProcess({
    name: 'nats-server',
    command: natsServer,
    args: (port) => {
      writeFileSync(configFile, configuration({ folder, name, port, httpPort }, options), { mode: 0o600 });
      if (runAs !== undefined) chownSync(configFile, runAs.uid, runAs.gid);
      return Promise.resolve(['-c', configFile]);
    },
    env: process.env,
    cwd: '/',
    runAs,
    logFile,
    prepare: () => claimDataFolder(folder, NATS, options.inUseDeadlineMs),
    isReady: (port) => natsAnswers(port, name, options.jetstream ?? true),
    stopSignals: ['SIGTERM'],
    abort: options.abort,
    onUnexpectedExit: options.onUnexpectedExit,
  });
  await server.start(options.port ?? 0);
  return {
    url: `nats://127.0.0.1:${server.port}`,
    port: server.port,
    httpUrl: httpPort === undefined ? undefined : `http://127.0.0.1:${httpPort}`,
    get pid() {
      return server.pid;
    },
    storeDir: folder,
    logFile,
    stop: () => server.stop(),
    kill9: () => server.kill9(),
    restart: async () => {
      await server.stop();
      await server.start(server.port);
    },
  };
}
