/** What the integration specs of this service share: the service as a process of its own, on real servers. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import pg from 'pg';
import {
  freePort,
  spawnOwned,
  startThrowAwayNats,
  type EmbeddedNats,
  type OwnedProcess,
  type ThrowAway,
} from '#libs/embedded-servers';
import { connectBus, type Bus } from '#libs/messaging';
import { createTestDatabase, databaseSettings, eventually, type TestDatabase } from '#libs/testing';

const ROOT = join(import.meta.dirname, '../../..');
const SCHEMA = 'agent';
const READY_WITHIN_MS = 30_000;

/** One instance of the service. */
export type RunningService = Readonly<{ url: string; process: OwnedProcess; log: readonly string[] }>;

export type Settings = Readonly<Record<string, string>>;
type Row = Readonly<Record<string, unknown>>;

/** A database, a nats-server and a build of the service for one spec file. */
export interface Surroundings {
  readonly database: TestDatabase;
  readonly nats: ThrowAway<EmbeddedNats>;
  readonly bus: Bus;
  /** Runs one statement in the schema of the service. */
  query(text: string, values?: readonly unknown[]): Promise<Row[]>;
  /** Starts an instance and waits until it takes work. */
  start(settings?: Settings): Promise<RunningService>;
  /** Starts an instance that ends by itself, and gives what it logged. */
  startInVain(settings: Settings): Promise<string>;
  /** Kills what still runs, and removes everything. */
  close(): Promise<void>;
}

export async function openSurroundings(): Promise<Surroundings> {
  const [build, database, nats] = await Promise.all([buildService(), createTestDatabase(), startThrowAwayNats()]);
  const bus = await connectBus({ url: nats.server.url, name: 'spec' });
  const client = new pg.Client({ connectionString: database.url, options: `-c search_path=${SCHEMA}` });
  await client.connect();
  const running: RunningService[] = [];
  return {
    database,
    nats,
    bus,
    query: async (text, values = []) => (await client.query<Row>(text, [...values])).rows,
    start: async (settings = {}) => {
      const service = await startService(build.program, {
        ...(await databaseSettings(database, SCHEMA)),
        NATS_URL: nats.server.url,
        ...settings,
      });
      running.push(service);
      return service;
    },
    startInVain: async (settings) => {
      const service = await spawnService(build.program, {
        ...(await databaseSettings(database, SCHEMA)),
        NATS_URL: nats.server.url,
        ...settings,
      });
      running.push(service);
      await service.process.exited;
      return service.log.join('\n');
    },
    close: async () => {
      await Promise.all(running.map(kill));
      await client.end();
      await bus.close();
      await nats.remove();
      await database.drop();
      await build.remove();
    },
  };
}

/** As `kill -9` does. */
export async function kill({ process: child }: RunningService): Promise<void> {
  child.signal('SIGKILL');
  await child.exited;
}

/** The program that `nest build` makes, in a folder of this spec's own: several specs may build at once. */
async function buildService(): Promise<Readonly<{ program: string; remove: () => Promise<void> }>> {
  const builds = join(ROOT, '.local/spec-builds');
  await mkdir(builds, { recursive: true });
  const folder = await mkdtemp(join(builds, 'agent-service-'));
  const settings = join(folder, 'rspack.config.cjs');
  await writeFile(
    settings,
    'module.exports = (options) => ({ ...options, output: { ...options.output, path: __dirname } });\n',
  );
  const nest = join(ROOT, 'node_modules/@nestjs/cli/bin/nest.js');
  await promisify(execFile)(
    process.execPath,
    [nest, 'build', 'agent-service', '--rspackPath', relative(ROOT, settings)],
    {
      cwd: ROOT,
      env: { ...process.env, NODE_OPTIONS: '' },
    },
  );
  return {
    program: join(folder, 'apps/agent-service/main.js'),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

async function startService(program: string, settings: Settings): Promise<RunningService> {
  const service = await spawnService(program, settings);
  const { url, log } = service;
  await eventually(
    async () => {
      if (!service.process.isRunning()) throw new Error(`The service ended:\n${log.slice(-5).join('\n')}`);
      const answer = await fetch(`${url}/health/ready`);
      if (!answer.ok) throw new Error(`It is not ready: ${await answer.text()}`);
    },
    { withinMs: READY_WITHIN_MS },
  );
  return service;
}

async function spawnService(program: string, settings: Settings): Promise<RunningService> {
  const port = await freePort();
  const owned = await spawnOwned(process.execPath, {
    args: ['--enable-source-maps', program],
    cwd: ROOT,
    env: {
      PATH: process.env['PATH'],
      ENVIRONMENT: 'development',
      PORT: String(port),
      PROMETHEUS_PORT: '0',
      HEARTBEAT_INTERVAL_MS: '100',
      ASSESSMENT_INTERVAL_MS: '100',
      ...settings,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const log: string[] = [];
  if (owned.child.stdout) createInterface(owned.child.stdout).on('line', (line) => log.push(line));
  return { url: `http://127.0.0.1:${port}`, process: owned, log };
}
