import { startNatsServer, startPostgres, dataFolderInUseBy, removeDataFolder, waitUntil } from '#libs/embedded-servers';
import type { ProcessExit } from '#libs/embedded-servers';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Lifecycle } from './lifecycle.ts';
import type { Ports } from './ports.ts';

export type Addresses = Readonly<{
  /** A secret: it carries the password. */
  databaseUrl: string;
  natsUrl: string;
  /** Folder of `pg_dump` and the rest in the server's own version, when the server is ours. */
  postgresBin: string | undefined;
}>;

export type ServerPlan = Readonly<{ folder: string; ports: Ports; lifecycle: Lifecycle; say: (line: string) => void }>;

type Stops = { postgres?: () => Promise<void>; nats?: () => Promise<void> };

const DATABASE = 'steward';
const CRASH_LEFTOVERS_MS = 10_000;

/** A server that ends by itself ends the launcher: starting things again is the work of an orchestrator. */
function endWith(name: string, logFile: string, lifecycle: Lifecycle): (exit: ProcessExit) => void {
  return ({ code, signal }) => {
    lifecycle.stop(
      `${name} ended by itself (${signal ?? `code ${code ?? 'unknown'}`}); see ${logFile}. Stopping everything.`,
      1,
    );
  };
}

async function ownPostgres(plan: ServerPlan, stops: Stops): Promise<{ databaseUrl: string; postgresBin: string }> {
  const { folder, ports, lifecycle, say } = plan;
  const logFile = join(folder, 'logs', 'postgres.log');
  const server = await startPostgres({
    dataDir: join(folder, 'postgres'),
    port: ports.PostgreSQL,
    logFile,
    say,
    abort: lifecycle.signal,
    onUnexpectedExit: endWith('PostgreSQL', logFile, lifecycle),
  });
  stops.postgres = () => server.stop('fast');
  await server.createDatabase(DATABASE);
  return { databaseUrl: server.urlOf(DATABASE), postgresBin: server.binFolder };
}

async function ownNats(plan: ServerPlan, stops: Stops): Promise<string> {
  const { folder, ports, lifecycle, say } = plan;
  const logFile = join(folder, 'logs', 'nats.log');
  const server = await startNatsServer({
    storeDir: join(folder, 'nats'),
    port: ports['nats-server'],
    logFile,
    say,
    abort: lifecycle.signal,
    onUnexpectedExit: endWith('nats-server', logFile, lifecycle),
  });
  stops.nats = () => server.stop();
  return server.url;
}

/** Starts the servers whose address the environment does not give. */
export async function startServers(plan: ServerPlan): Promise<Addresses> {
  const given = { database: process.env['DATABASE_URL'] ?? '', nats: process.env['NATS_URL'] ?? '' };
  const isOurs = [given.database === '' ? 'PostgreSQL' : '', given.nats === '' ? 'nats-server' : ''].filter(
    (name) => name !== '',
  );
  plan.say(
    isOurs.length === 0 ? 'Using the servers of DATABASE_URL and NATS_URL.' : `Starting ${isOurs.join(' and ')} ...`,
  );
  const stops: Stops = {};
  plan.lifecycle.onStop('servers', async () => {
    await stops.nats?.();
    await stops.postgres?.();
  });
  const starts = await Promise.allSettled([
    given.database === '' ? ownPostgres(plan, stops) : { databaseUrl: given.database, postgresBin: undefined },
    given.nats === '' ? ownNats(plan, stops) : given.nats,
  ]);
  const [postgres, nats] = starts;
  if (postgres.status === 'rejected') throw postgres.reason;
  if (nats.status === 'rejected') throw nats.reason;
  return { ...postgres.value, natsUrl: nats.value };
}

/**
 * Removes all data of earlier runs, once nothing works on it any more.
 *
 * @throws DataFolderInUse
 */
export async function wipe(folder: string, keep: string): Promise<void> {
  if (!existsSync(folder)) return;
  const entries = readdirSync(folder)
    .filter((name) => name !== keep)
    .map((name) => join(folder, name));
  await waitUntil(() => entries.every((entry) => dataFolderInUseBy(entry) === undefined), CRASH_LEFTOVERS_MS, 200);
  for (const entry of entries) removeDataFolder(entry);
}
