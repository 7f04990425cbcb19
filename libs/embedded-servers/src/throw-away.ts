import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startNatsServer } from './nats.ts';
import type { EmbeddedNats, NatsOptions } from './nats.ts';
import { disownFolder, ownFolder } from './ownership.ts';
import { startPostgres } from './postgres.ts';
import type { EmbeddedPostgres, PostgresOptions } from './postgres.ts';

/** A server whose data nobody needs afterwards. */
export type ThrowAway<Server> = Readonly<{
  server: Server;
  /** Kills the server and deletes its data and log. Safe to call twice. */
  remove: () => Promise<void>;
}>;

/** A new folder that goes, at the latest, when this process does. Other users may enter it, since servers may run as one. */
function temporaryFolder(name: string): { folder: string; remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), `steward-${name}-`));
  chmodSync(folder, 0o755);
  ownFolder(folder);
  return {
    folder,
    remove: () => {
      rmSync(folder, { recursive: true, force: true });
      disownFolder(folder);
    },
  };
}

/** Adds the removal of all data to a server whose first start may fail, too. */
async function removedAfter<Server extends EmbeddedPostgres | EmbeddedNats>(
  start: Promise<Server>,
  removeFolder: () => void,
): Promise<ThrowAway<Server>> {
  try {
    const server = await start;
    return {
      server,
      remove: async () => {
        await server.kill9();
        removeFolder();
      },
    };
  } catch (error) {
    removeFolder();
    throw error;
  }
}

/** PostgreSQL on new data for tests: no durability. It goes, at the latest, with this process. */
export async function startThrowAwayPostgres(
  options: Omit<PostgresOptions, 'dataDir'> = {},
): Promise<ThrowAway<EmbeddedPostgres>> {
  const { folder, remove } = temporaryFolder('postgres');
  return removedAfter(startPostgres({ fast: true, ...options, dataDir: join(folder, 'postgres') }), remove);
}

/** nats-server on new data for tests. It goes, at the latest, with this process. */
export async function startThrowAwayNats(
  options: Omit<NatsOptions, 'storeDir'> = {},
): Promise<ThrowAway<EmbeddedNats>> {
  const { folder, remove } = temporaryFolder('nats');
  return removedAfter(startNatsServer({ ...options, storeDir: join(folder, 'nats') }), remove);
}
