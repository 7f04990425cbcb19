import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { claimDataFolder, makePrivateFolder, placeDataFolder, POSTGRES } from './data-folder.ts';
import { ServerCommandFailed } from './errors.ts';
import { findPostgresBinaries } from './find-server-binaries.ts';
import type { ProcessExit } from './owned-process.ts';
import { postgresAnswers } from './probes.ts';
import { chooseUser } from './run-as.ts';
import type { RunAs } from './run-as.ts';
import { ServerProcess } from './server-process.ts';

export type PostgresOptions = Readonly<{
  /** Folder of the data; made by the first start. */
  dataDir: string;
  /** @default 0, any free one */
  port?: number;
  /** Settings of postgresql.conf for this start, `{ work_mem: '16MB' }`. */
  settings?: Readonly<Record<string, string>>;
  /** Gives up durability for speed (`fsync`, `full_page_writes` and `synchronous_commit` off). For throw-away data only. */
  fast?: boolean;
  /** User to run as when this process is root. @default the owner of the data, else `postgres`, else `nobody` */
  asUser?: string;
  /** @default `<parent of dataDir>/logs/<name of dataDir>.log` */
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

/** How to end PostgreSQL: `fast` writes a checkpoint, `immediate` leaves recovery to the next start. Both lose nothing. */
export type PostgresStopMode = 'fast' | 'immediate';

export interface EmbeddedPostgres {
  /** Where to connect, with user and password: a secret. Its database is `postgres`. */
  readonly url: string;
  readonly port: number;
  /** Process id of the server since its last start. */
  readonly pid: number;
  /** Where the data really is, which differs from what was asked for when its user could not reach that. */
  readonly dataDir: string;
  /** Folder with `pg_dump`, `pg_restore`, `psql` and the rest, of the server's own version. */
  readonly binFolder: string;
  readonly logFile: string;
  /** The same server, another database. A secret, too. */
  urlOf(database: string): string;
  /** Creates the database unless it exists. The name is any identifier; it is quoted. */
  createDatabase(name: string): Promise<void>;
  /** Ends the server and waits for it. Safe to call twice. @default fast */
  stop(mode?: PostgresStopMode): Promise<void>;
  /** Kills the server and its backends at once, as a power cut would. */
  kill9(): Promise<void>;
  /** Stops it if it runs, and starts it again on the same port and data. */
  restart(mode?: PostgresStopMode): Promise<void>;
}

const SUPERUSER = 'steward';
const PASSWORD_FILE = 'steward-password';
const STOP_SIGNALS: Readonly<Record<PostgresStopMode, readonly NodeJS.Signals[]>> = {
  fast: ['SIGINT', 'SIGQUIT'],
  immediate: ['SIGQUIT'],
};
const BASE_SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '300', // four services with up to 50 connections each, and room for people
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_line_prefix: '%m [%p] %d ',
};
const FAST_SETTINGS = { fsync: 'off', full_page_writes: 'off', synchronous_commit: 'off' };

const run = promisify(execFile);

/** Without `PGPORT`, `PGOPTIONS` and the like of this shell, which would lead the programs elsewhere. */
function cleanEnvironment(extra: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('PG') && !name.startsWith('LC_'));
  return { ...Object.fromEntries(kept), LC_ALL: 'C', ...extra };
}

/** What a failed program wrote on stderr, else the failure itself. */
function outputOf(error: unknown): string {
  const hasOutput = typeof error === 'object' && error !== null && 'stderr' in error;
  return hasOutput && String(error.stderr) !== '' ? String(error.stderr) : String(error);
}

async function runTool(program: string, args: readonly string[], runAs: RunAs | undefined): Promise<void> {
  try {
    await run(program, [...args], {
      cwd: '/',
      env: cleanEnvironment(),
      ...(runAs === undefined ? {} : { uid: runAs.uid, gid: runAs.gid }),
    });
  } catch (error) {
    throw new ServerCommandFailed(basename(program), outputOf(error), { cause: error });
  }
}

/** Makes the data beside its place and moves it there when it is whole, so that an interrupted start leaves no half of it. */
async function initialise(folder: string, binFolder: string, runAs: RunAs | undefined, fast: boolean): Promise<void> {
  const draft = `${folder}.new`;
  rmSync(draft, { recursive: true, force: true });
  makePrivateFolder(draft, runAs);
  const passwordFile = join(dirname(folder), `${basename(folder)}.password`);
  const write = (file: string): void => {
    writeFileSync(file, password, { mode: 0o600 });
    if (runAs !== undefined) chownSync(file, runAs.uid, runAs.gid);
  };
  const password = randomBytes(24).toString('hex');
  try {
    write(passwordFile);
    await runTool(
      join(binFolder, 'initdb'),
      [
        ...['-D', draft, '-U', SUPERUSER, '--auth=scram-sha-256', `--pwfile=${passwordFile}`],
        ...['--encoding=UTF8', `--locale=${process.platform === 'linux' ? 'C.UTF-8' : 'C'}`, '--data-checksums'],
        ...(fast ? ['--no-sync'] : []),
      ],
      runAs,
    );
    write(join(draft, PASSWORD_FILE));
    renameSync(draft, folder);
  } finally {
    rmSync(passwordFile, { force: true });
    rmSync(draft, { recursive: true, force: true });
  }
}

/** Whether the server with this pid has said in its pid file that it takes connections (its eighth line). */
function wroteReady(folder: string, pid: number): boolean {
  const file = join(folder, POSTGRES.pidFile);
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [];
  return lines[0]?.trim() === String(pid) && lines[7]?.trim() === 'ready';
}

/** PostgreSQL reads only data of its own major version. */
function binFolderFor(folder: string): string {
  const versionFile = join(folder, 'PG_VERSION');
  const made = existsSync(versionFile) ? { postgresMajor: Number(readFileSync(versionFile, 'utf8')) } : {};
  return findPostgresBinaries(made).postgresBin;
}

/**
 * Starts PostgreSQL on 127.0.0.1, on new or existing data, and resolves when it can be logged in to.
 *
 * It asks for a password, which the first start makes and keeps in the data folder. It has no Unix socket. It ends with this
 * process even when that is killed. A server that root starts runs as another user.
 *
 * @throws ServerToolsMissing DataFolderInUse DataFolderNotOurs PortTaken ServerDidNotStart ServerCommandFailed
 */
export async function startPostgres(options: PostgresOptions): Promise<EmbeddedPostgres> {
  const runAs = chooseUser(options.dataDir, options.asUser);
  const say = options.say ?? ((): void => undefined);
  const folder = placeDataFolder(options.dataDir, runAs, say);
  const binFolder = binFolderFor(folder);
  const fast = options.fast === true;
  const settings = { ...BASE_SETTINGS, ...(fast ? FAST_SETTINGS : {}), ...options.settings };
  const logFile = options.logFile ?? join(dirname(options.dataDir), 'logs', `${basename(options.dataDir)}.log`);
  const server = new ServerProcess({
    name: 'PostgreSQL',
    command: join(binFolder, 'postgres'),
    args: (port) => {
      const flags = Object.entries({ ...settings, port: String(port) }).flatMap(([key, value]) => [
        '-c',
        `${key}=${value}`,
      ]);
      return Promise.resolve(['-D', folder, ...flags]);
    },
    env: cleanEnvironment(),
    cwd: '/',
    runAs,
    logFile,
    prepare: () => claimDataFolder(folder, POSTGRES, options.inUseDeadlineMs),
    isReady: async (port, pid) => wroteReady(folder, pid) && (await postgresAnswers(port, SUPERUSER)),
    stopSignals: STOP_SIGNALS.fast,
    abort: options.abort,
    onUnexpectedExit: options.onUnexpectedExit,
  });
  await claimDataFolder(folder, POSTGRES, options.inUseDeadlineMs);
  if (!existsSync(join(folder, 'PG_VERSION'))) await initialise(folder, binFolder, runAs, fast);
  const password = readFileSync(join(folder, PASSWORD_FILE), 'utf8');
  await server.start(options.port ?? 0);
  return handleOf(server, { folder, binFolder, logFile, password });
}

function handleOf(
  server: ServerProcess,
  facts: Readonly<{ folder: string; binFolder: string; logFile: string; password: string }>,
): EmbeddedPostgres {
  const urlOf = (database: string): string =>
    `postgres://${SUPERUSER}:${facts.password}@127.0.0.1:${server.port}/${encodeURIComponent(database)}`;
  const stop = (mode: PostgresStopMode = 'fast'): Promise<void> => server.stop(STOP_SIGNALS[mode]);
  return {
    get url() {
      return urlOf('postgres');
    },
    get port() {
      return server.port;
    },
    get pid() {
      return server.pid;
    },
    dataDir: facts.folder,
    binFolder: facts.binFolder,
    logFile: facts.logFile,
    urlOf,
    stop,
    kill9: () => server.kill9(),
    restart: async (mode) => {
      await stop(mode);
      await server.start(server.port);
    },
    createDatabase: async (name) => {
      const sql = `SELECT format('CREATE DATABASE %I', :'name') WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'name') \\gexec`;
      await createBy(join(facts.binFolder, 'psql'), sql, name, { port: server.port, password: facts.password });
    },
  };
}

/** The statement goes in by stdin, since psql fills in variables only there. */
async function createBy(
  psql: string,
  sql: string,
  name: string,
  login: { port: number; password: string },
): Promise<void> {
  const env = cleanEnvironment({
    PGPASSWORD: login.password,
    PGHOST: '127.0.0.1',
    PGPORT: String(login.port),
    PGUSER: SUPERUSER,
    PGDATABASE: 'postgres',
  });
  const finished = run(psql, ['-X', '-q', '-v', 'ON_ERROR_STOP=1', '-v', `name=${name}`], { cwd: '/', env });
  finished.child.stdin?.end(`${sql}\n`);
  try {
    await finished;
  } catch (error) {
    throw new ServerCommandFailed('psql', outputOf(error), { cause: error });
  }
}
