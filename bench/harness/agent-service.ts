import { execFile } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { freePort, spawnOwned } from '#libs/embedded-servers';
import { migrateService } from '#libs/event-store';
import { serviceMigrations } from '../../tools/migrate/service-migrations.ts';
import { until } from './paced.ts';
import { execute } from './server.ts';
import type { AtEnd } from './with-resources.ts';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const NAME = 'bench_agent_service';
const READY_WITHIN_MS = 40_000;

/** The real agent-service as it runs in production, without Claude: rules decide. */
export type AgentService = Readonly<{ url: string; pid: number; databaseUrl: string }>;

/** Builds it, prepares a database for it on the server, starts it, and waits until it takes work. */
export async function startAgentService(serverUrl: string, natsUrl: string, atEnd: AtEnd): Promise<AgentService> {
  const program = await build(atEnd);
  const url = await prepareDatabase(serverUrl, atEnd);
  const port = await freePort();
  const logFile = join(dirname(program), 'service.log');
  const log = openSync(logFile, 'w');
  const service = await spawnOwned(process.execPath, {
    args: ['--enable-source-maps', program],
    cwd: dirname(program),
    env: {
      PATH: process.env['PATH'],
      NODE_OPTIONS: process.env['NODE_OPTIONS'],
      ENVIRONMENT: 'development',
      AUTHENTICATION: 'off',
      RATE_LIMIT_PER_MINUTE: '0',
      PORT: String(port),
      PROMETHEUS_PORT: '0',
      DATABASE_URL: url,
      NATS_URL: natsUrl,
    },
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  atEnd(() => service.stop({ deadlineMs: 30_000 }));
  const httpUrl = `http://127.0.0.1:${port}`;
  await until(
    'agent-service is ready',
    async () => {
      if (!service.isRunning()) throw new Error(`agent-service ended:\n${readFileSync(logFile, 'utf8').slice(-4_000)}`);
      return fetch(`${httpUrl}/health/ready`).then(
        ({ ok }) => ok,
        () => false,
      );
    },
    { everyMs: 100, withinMs: READY_WITHIN_MS },
  );
  return { url: httpUrl, pid: service.pid, databaseUrl: url };
}

/** The program that `nest build` makes, in a folder of this run's own. */
async function build(atEnd: AtEnd): Promise<string> {
  const builds = join(ROOT, '.local', 'bench-builds');
  await mkdir(builds, { recursive: true });
  const folder = await mkdtemp(join(builds, 'agent-service-'));
  atEnd(() => rm(folder, { recursive: true, force: true }));
  const settings = join(folder, 'rspack.config.cjs');
  await writeFile(
    settings,
    'module.exports = (options) => ({ ...options, output: { ...options.output, path: __dirname } });\n',
  );
  const nest = join(ROOT, 'node_modules/@nestjs/cli/bin/nest.js');
  const command = [nest, 'build', 'agent-service', '--rspackPath', relative(ROOT, settings)];
  await promisify(execFile)(process.execPath, command, { cwd: ROOT, env: { ...process.env, NODE_OPTIONS: '' } });
  return join(folder, 'apps/agent-service/main.js');
}

/** A database with the roles that the service wants; it goes at the end. @returns the URL of the service's role */
async function prepareDatabase(serverUrl: string, atEnd: AtEnd): Promise<string> {
  const [owner, runtime] = [`${NAME}_owner`, `${NAME}_runtime`];
  const drop = async (): Promise<void> => {
    await execute(serverUrl, `drop database if exists ${NAME} with (force)`);
    for (const role of [runtime, owner]) await execute(serverUrl, `drop role if exists ${role}`);
  };
  await drop();
  await execute(serverUrl, `create database ${NAME}`);
  atEnd(drop);
  const urlOf = (role: string): string => {
    const url = new URL(serverUrl);
    [url.username, url.password, url.pathname] = [role, `${role}_password`, `/${NAME}`];
    return url.href;
  };
  const adminUrl = new URL(serverUrl);
  adminUrl.pathname = `/${NAME}`;
  await migrateService({
    url: urlOf(runtime),
    ownerUrl: urlOf(owner),
    adminUrl: adminUrl.href,
    schema: 'agent',
    migrations: await serviceMigrations(ROOT, 'agent'),
  });
  return urlOf(runtime);
}
