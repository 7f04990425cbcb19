import { startNatsServer, startPostgres, dataFolderInUseBy, removeDataFolder, waitUntil } from '#libs/embedded-servers';
import type { ProcessExit } from '#libs/embedded-servers';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Lifecycle } from './lifecycle.ts';
import { DATABASE, localLogins, POSTGRES_FOLDER } from './local-logins.ts';
import type { LocalLogins } from './local-logins.ts';
import type { Ports, ServiceName } from './ports.ts';

export type Addresses = Readonly<{
  /** Whom each service logs in to the database as, or one URL for all of them, when that was given: secrets. */
  database: LocalLogins | string;
  natsUrl: string;
  /** Monitoring pages of the server, when it is ours. */
  natsMonitoringUrl: string | undefined;
  /** Folder of `pg_dump` and the rest in the server's own version, when the server is ours. */
  postgresBin: string | undefined;
}>;

export type ServerPlan = Readonly<{
  root: string;
  folder: string;
  /** Services whose schemas have to be there. */
  names: readonly ServiceName[];
  ports: Ports;
  lifecycle: Lifecycle;
  say: (line: string) => void;
}>;

type Stops = { postgres?: () => Promise<void>; nats?: () => Promise<void> };

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

async function ownPostgres(plan: ServerPlan, stops: Stops): Promise<Pick<Addresses, 'database' | 'postgresBin'>> {
  const { root, names, folder, ports, lifecycle, say } = plan;
  const logFile = join(folder, 'logs', 'postgres.log');
  // Loads while the server starts.
  const preparing = import('./prepare-database.ts');
  const server = await startPostgres({
    dataDir: join(folder, POSTGRES_FOLDER),
    port: ports.PostgreSQL,
    logFile,
    say,
    abort: lifecycle.signal,
    onUnexpectedExit: endWith('PostgreSQL', logFile, lifecycle),
  });
  stops.postgres = () => server.stop('fast');
  await server.createDatabase(DATABASE);
  const logins = localLogins(folder, server.port);
  const { prepareDatabase } = await preparing;
  const done = await prepareDatabase({ root, names, adminUrl: server.urlOf(DATABASE), logins });
  if (done.length > 0) say(`Prepared the database: ${done.length} changes to its roles, schemas and rights.`);
  return { database: logins, postgresBin: server.binFolder };
}

async function ownNats(plan: ServerPlan, stops: Stops): Promise<Pick<Addresses, 'natsUrl' | 'natsMonitoringUrl'>> {
  const { folder, ports, lifecycle, say } = plan;
  const logFile = join(folder, 'logs', 'nats.log');
  const server = await startNatsServer({
    storeDir: join(folder, 'nats'),
    port: ports['nats-server'],
    httpPort: ports['nats-server monitoring'],
    logFile,
    say,
    abort: lifecycle.signal,
    onUnexpectedExit: endWith('nats-server', logFile, lifecycle),
  });
  stops.nats = () => server.stop();
  return { natsUrl: server.url, natsMonitoringUrl: server.httpUrl };
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
    given.database === '' ? ownPostgres(plan, stops) : { database: given.database, postgresBin: undefined },
    given.nats === '' ? ownNats(plan, stops) : { natsUrl: given.nats, natsMonitoringUrl: undefined },
  ]);
  const [postgres, nats] = starts;
  if (postgres.status === 'rejected') throw postgres.reason;
  if (nats.status === 'rejected') throw nats.reason;
  return { ...postgres.value, ...nats.value };
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
