import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Client } from 'pg';
import { dataFolderInUseBy, removeDataFolder } from './data-folder.ts';
import { DataFolderInUse, PortTaken, ServerDidNotStart } from './errors.ts';
import { spawnOwned } from './owned-process.ts';
import { isAlive } from './processes.ts';
import { startPostgres } from './postgres.ts';
import type { EmbeddedPostgres } from './postgres.ts';
import { startThrowAwayPostgres } from './throw-away.ts';
import type { ThrowAway } from './throw-away.ts';

/** Only root can give up its rights, and only root has folders that the servers' user may not enter. */
const isRoot = process.getuid?.() === 0;
const itAsRoot = isRoot ? it : it.skip; // nothing to see for any other user: see isRoot

async function query(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new Client(url);
  // A connection that a test cuts on purpose reports it here, too.
  client.on('error', () => undefined);
  await client.connect();
  try {
    const { rows } = await client.query<Record<string, unknown>>(sql);
    return rows;
  } finally {
    await client.end();
  }
}

describe('embedded PostgreSQL', () => {
  let postgres: ThrowAway<EmbeddedPostgres>;
  let server: EmbeddedPostgres;

  beforeAll(async () => {
    postgres = await startThrowAwayPostgres({ fast: false, settings: { work_mem: '5MB' } });
    server = postgres.server;
  }, 60_000);
  afterAll(() => postgres.remove());

  it('takes connections as soon as it is returned, in UTF-8, with checksums and the settings that were asked for', async () => {
    const [row] = await query(
      server.url,
      `SELECT current_setting('server_encoding') e, current_setting('data_checksums') c, current_setting('work_mem') w,
              current_setting('fsync') f, current_setting('listen_addresses') l`,
    );

    expect(row).toEqual({ e: 'UTF8', c: 'on', w: '5MB', f: 'on', l: '127.0.0.1' });
  });

  it('refuses who does not know the password, which only its user can read', async () => {
    const wrong = server.url.replace(/:[0-9a-f]{48}@/, ':guess@');

    expect(wrong).not.toBe(server.url);
    await expect(query(wrong, 'SELECT 1')).rejects.toThrow(/password authentication failed/);
    expect(statSync(join(server.dataDir, 'steward-password')).mode & 0o777).toBe(0o600);
  });

  it('creates a database of any name, once', async () => {
    await server.createDatabase(`o'dd "name"`);
    await server.createDatabase(`o'dd "name"`);

    expect(await query(server.urlOf(`o'dd "name"`), 'SELECT current_database() d')).toEqual([{ d: `o'dd "name"` }]);
  });

  it('keeps data and port through stop, kill -9 and restarts', async () => {
    const { port } = server;
    await query(server.url, 'CREATE TABLE kept (n int)');
    await query(server.url, 'INSERT INTO kept VALUES (1)');
    await server.stop();
    await server.stop();
    await server.restart();
    await query(server.url, 'INSERT INTO kept VALUES (2)');
    await server.kill9();
    expect(existsSync(join(server.dataDir, 'postmaster.pid'))).toBe(true);
    await server.restart('immediate');

    expect(server.port).toBe(port);
    expect(await query(server.url, 'SELECT n FROM kept ORDER BY n')).toEqual([{ n: 1 }, { n: 2 }]);
  }, 30_000);

  it('is not confused by a pid file whose number another process has now', async () => {
    await server.kill9();
    const { uid, gid } = statSync(server.dataDir);
    const stranger = await spawnOwned('sleep', {
      args: ['1000'],
      ...(isRoot ? { runAs: { name: 'the server', uid, gid } } : {}),
    });
    const file = join(server.dataDir, 'postmaster.pid');
    writeFileSync(file, readFileSync(file, 'utf8').replace(/^\d+/, String(stranger.pid)));
    await server.restart().finally(() => stranger.stop());

    expect(await query(server.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  }, 30_000);

  it('refuses to start a second server on data that is in use, and to remove it', async () => {
    expect(dataFolderInUseBy(server.dataDir)).toBe(server.pid);
    expect(() => {
      removeDataFolder(server.dataDir);
    }).toThrow(DataFolderInUse);
    await expect(startPostgres({ dataDir: server.dataDir, inUseDeadlineMs: 100 })).rejects.toThrow(DataFolderInUse);
  }, 30_000);

  it('tells when it ends although nobody asked', async () => {
    const ended = Promise.withResolvers<unknown>();
    const other = await startThrowAwayPostgres({ onUnexpectedExit: ended.resolve });
    process.kill(other.server.pid, 'SIGKILL');

    expect(await ended.promise).toEqual({ code: null, signal: 'SIGKILL' });
    await other.remove();
  }, 30_000);

  it('names a port that is taken', async () => {
    const listener = createServer((socket) => socket.destroy());
    await new Promise<void>((resolve) => listener.listen({ host: '127.0.0.1', port: 0 }, resolve));
    const { port } = listener.address() as { port: number };

    await expect(startThrowAwayPostgres({ port })).rejects.toThrow(PortTaken);
    await new Promise((resolve) => listener.close(resolve));
  }, 30_000);

  it('shows the end of the log when it cannot start', async () => {
    const start = startThrowAwayPostgres({ settings: { no_such_setting: '1' } });

    await expect(start).rejects.toThrow(ServerDidNotStart);
    await expect(start).rejects.toThrow(/no_such_setting/);
  }, 30_000);

  it('begins anew after an interrupted first start', async () => {
    const home = mkdtempSync(join(tmpdir(), 'interrupted-'));
    chmodSync(home, 0o755); // so that the data stays here
    const dataDir = join(home, 'postgres');
    mkdirSync(`${dataDir}.new/base`, { recursive: true });
    const restarted = await startPostgres({ dataDir, fast: true });

    expect(await query(restarted.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await restarted.stop('immediate');
    removeDataFolder(dataDir);
    rmSync(home, { recursive: true });
  }, 30_000);

  itAsRoot(
    'puts the data within reach when only root may enter the folder, and finds it again',
    async () => {
      const home = mkdtempSync(join(tmpdir(), 'root-only-')); // mode 0700
      const dataDir = join(home, 'postgres');
      const said: string[] = [];
      const start = () => startPostgres({ dataDir, fast: true, say: (line) => said.push(line) });
      const first = await start();
      await query(first.url, 'CREATE TABLE kept AS SELECT 7 AS n');
      await first.stop();
      const second = await start();

      expect(second.dataDir).not.toContain(home);
      expect(await query(second.url, 'SELECT n FROM kept')).toEqual([{ n: 7 }]);
      expect(said).toEqual([expect.stringContaining(`may not enter ${home}`)]);
      await second.kill9();
      removeDataFolder(dataDir);
      expect([existsSync(dataDir), existsSync(dirname(second.dataDir))]).toEqual([false, false]);
      rmSync(home, { recursive: true });
    },
    60_000,
  );

  itAsRoot('does not run as root', () => {
    expect(statSync(server.dataDir).uid).not.toBe(0);
    expect(statSync(`/proc/${server.pid}`).uid).toBe(statSync(server.dataDir).uid);
  });

  it('leaves nothing when it is removed', async () => {
    const other = await startThrowAwayPostgres();
    const { pid, dataDir } = other.server;
    await other.remove();
    await other.remove();

    expect([isAlive(pid), existsSync(dataDir)]).toEqual([false, false]);
  }, 30_000);
});
