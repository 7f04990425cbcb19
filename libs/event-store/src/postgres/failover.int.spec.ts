import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { execFile, execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startPostgres, startThrowAwayPostgres, type EmbeddedPostgres, type ThrowAway } from '#libs/embedded-servers';
import { eventually, execute, sequentialIds, startFaultProxy, type FaultProxy } from '#libs/testing';
import { StoreFull, StoreUnavailable } from '../errors.ts';
import { START, type Append, type AppendResult } from '../event-store.ts';
import { verifyChain } from '../verification/verify-chain.ts';
import { Database, type DatabaseOptions } from './database.ts';
import { counted, TENANT, type Instance } from './log-fixture.contract.ts';
import { migrate, readModelDataSource } from './migrate.ts';
import { PostgresEventStore, type PostgresEventStoreOptions } from './postgres-event-store.ts';

jest.setTimeout(60_000);

const KIBIBYTE = 1024;

async function makeLog(url: string): Promise<void> {
  const options = { url, schema: 'agent', applicationName: 'spec', migrations: [], entities: [] };
  const dataSource = await readModelDataSource(options).initialize();
  await migrate(dataSource, options);
  await dataSource.destroy();
}

let instances = 0;

function connect(
  url: string,
  store: Partial<PostgresEventStoreOptions> = {},
  options: Partial<DatabaseOptions> = {},
): Instance {
  const database = new Database({ url, schema: 'agent', applicationName: 'spec', ...options });
  instances += 1;
  return { database, store: new PostgresEventStore({ database, ids: sequentialIds(instances), ...store }) };
}

/** A folder that the user of this server may write to. */
function folderFor(server: EmbeddedPostgres, name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `steward-${name}-`));
  const { uid, gid } = statSync(server.dataDir);
  chmodSync(folder, 0o755);
  chownSync(folder, uid, gid);
  return folder;
}

describe('a log whose server becomes read-only', () => {
  let server: ThrowAway<EmbeddedPostgres>;
  let impatient: Instance;
  let patient: Instance;

  beforeAll(async () => {
    server = await startThrowAwayPostgres();
    await makeLog(server.server.url);
    impatient = connect(server.server.url, { retryForMs: 0 });
    patient = connect(server.server.url, { retryForMs: 30_000 });
  });
  afterAll(async () => {
    await impatient.database.close();
    await patient.database.close();
    await server.remove();
  });

  async function setReadOnly(to: 'on' | 'off'): Promise<void> {
    await execute(server.server.url, `alter system set default_transaction_read_only = ${to}`);
    await execute(server.server.url, 'select pg_reload_conf()');
    await eventually(async () => {
      const [row] = await impatient.database.query<{ now: string }>(
        "select current_setting('default_transaction_read_only') as now",
      );
      expect(row?.now).toBe(to);
    });
  }

  it('says that nothing was stored, reads on, and works again afterwards, with what waited for it', async () => {
    await impatient.store.append(counted('read-only', 'no-stream', 1));
    await setReadOnly('on');

    for (const expected of [1, 'any'] as const) {
      const append = impatient.store.append(counted('read-only', expected, 2));
      await expect(append).rejects.toThrow(StoreUnavailable);
      await expect(append).rejects.toMatchObject({ applied: 'no' });
    }
    const work = impatient.store.transaction((transaction) => {
      transaction.append(counted('read-only', 'any', 2));
      return Promise.resolve();
    });
    await expect(work).rejects.toMatchObject({ code: 'event-store/unavailable', applied: 'no' });
    expect(await impatient.store.readStream(TENANT, counted('read-only', 'any').streamId)).toHaveLength(1);
    // Without a key, too, since it is certain that nothing was stored.
    const waiting = patient.store.append(counted('read-only', 1, 2));
    await setReadOnly('off');

    expect(await waiting).toMatchObject({ outcome: 'appended', streamVersion: 2 });
    expect(await impatient.store.append(counted('read-only', 2, 3))).toMatchObject({ streamVersion: 3 });
  });
});

const whyNoMount = mountRefusal();
const itWithMount = whyNoMount === undefined ? it : it.skip; // nothing to see without a file system that can be full

describe(`a log whose disk is full${whyNoMount === undefined ? '' : ` (left out: ${whyNoMount})`}`, () => {
  let server: ThrowAway<EmbeddedPostgres>;
  let disk: string;
  let log: Instance;

  beforeAll(async () => {
    if (whyNoMount !== undefined) return;
    server = await startThrowAwayPostgres();
    disk = folderFor(server.server, 'full-disk');
    const { uid, gid } = statSync(server.server.dataDir);
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=20m,mode=0700,uid=${uid},gid=${gid}`, 'tmpfs', disk]);
    mkdirSync(join(disk, 'tablespace'));
    chownSync(join(disk, 'tablespace'), uid, gid);
    await execute(server.server.url, `create tablespace small location '${join(disk, 'tablespace')}'`);
    await execute(server.server.url, 'create database small tablespace small');
    await makeLog(server.server.urlOf('small'));
    log = connect(server.server.urlOf('small'));
  });
  afterAll(async () => {
    if (whyNoMount !== undefined) return;
    await log.database.close();
    await server.remove();
    execFileSync('umount', [disk]);
    rmSync(disk, { recursive: true });
  });

  /** An append that no compression makes smaller. */
  const large = (number: number): Append => ({
    ...counted('large', 'any', number),
    events: [{ type: 'counted', typeVersion: 1, data: { number, text: incompressible(512 * KIBIBYTE, number) } }],
  });
  const numbers = async (): Promise<unknown[]> => {
    const rows = await log.database.query<{ number: string }>(
      "select data->>'number' as number from events order by position",
    );
    return rows.map(({ number }) => Number(number));
  };

  itWithMount('says so, stores nothing, reads on, and stores again when there is room', async () => {
    const ballast = join(disk, 'ballast');
    writeFileSync(ballast, Buffer.alloc(4 * 1024 * KIBIBYTE));
    const accepted: number[] = [];
    const fill = async (): Promise<void> => {
      for (let number = 0; number < 64; number += 1) {
        await log.store.append(large(number));
        accepted.push(number);
      }
    };
    await expect(fill()).rejects.toThrow(StoreFull);
    expect(accepted.length).toBeGreaterThan(0);
    const head = await log.store.head();

    const together = await Promise.allSettled([100, 101, 102].map((number) => log.store.append(large(number))));
    const inTransaction = log.store.transaction((transaction) => {
      transaction.append(large(103));
      return Promise.resolve();
    });

    await expect(inTransaction).rejects.toThrow(StoreFull);
    expect(together.map((outcome) => (outcome.status === 'rejected' ? (outcome.reason as unknown) : outcome))).toEqual([
      expect.any(StoreFull),
      expect.any(StoreFull),
      expect.any(StoreFull),
    ]);
    expect(await log.store.head()).toBe(head);
    expect(await numbers()).toEqual(accepted);
    expect(await log.store.readAll({ after: START, limit: 3 })).toHaveLength(3);
    rmSync(ballast);
    expect(await log.store.append(large(104))).toMatchObject({ outcome: 'appended', firstPosition: head + 1 });
    expect(await numbers()).toEqual([...accepted, 104]);
    expect(await verifyChain(log.database)).toMatchObject({ outcome: 'intact', events: accepted.length + 1 });
  });
});

describe('a log whose server is lost, and whose standby takes over', () => {
  const run = promisify(execFile);
  let primary: ThrowAway<EmbeddedPostgres>;
  let standby: EmbeddedPostgres | undefined;
  let folder: string | undefined;
  let proxy: FaultProxy;
  let log: Instance;

  beforeAll(async () => {
    primary = await startThrowAwayPostgres({
      settings: { synchronous_commit: 'on', full_page_writes: 'on', wal_level: 'replica', hot_standby: 'on' },
    });
    const { url, port } = primary.server;
    await makeLog(url);
    standby = await startStandby();
    await execute(url, "alter system set synchronous_standby_names = '*'");
    await execute(url, 'select pg_reload_conf()');
    const watch = connect(url);
    await eventually(
      async () => {
        const states = await watch.database.query('select sync_state from pg_stat_replication');
        expect(states).toEqual([{ sync_state: 'sync' }]);
      },
      { withinMs: 20_000 },
    );
    await watch.database.close();
    proxy = await startFaultProxy({ targetHost: '127.0.0.1', targetPort: port });
    const through = new URL(url);
    through.port = String(proxy.port);
    log = connect(through.href, { retryForMs: 40_000 }, { answerTimeoutMs: 5_000 });
  });
  afterAll(async () => {
    await log.database.close();
    await proxy.close();
    await standby?.kill9();
    await primary.remove();
    if (folder !== undefined) rmSync(folder, { recursive: true });
  });

  /** A copy of the primary that follows it. */
  async function startStandby(): Promise<EmbeddedPostgres> {
    const { server } = primary;
    folder = folderFor(server, 'standby');
    const dataDir = join(folder, 'postgres');
    const { uid, gid } = statSync(server.dataDir);
    const { username, password, port } = new URL(server.url);
    await run(
      join(server.binFolder, 'pg_basebackup'),
      ['-h', '127.0.0.1', '-p', port, '-U', username, '-D', dataDir, '-R', '-X', 'stream', '-c', 'fast', '--no-sync'],
      { uid, gid, cwd: '/', env: { PGPASSWORD: password, LC_ALL: 'C' } },
    );
    return startPostgres({ dataDir, fast: true, settings: { hot_standby: 'on', synchronous_standby_names: '' } });
  }

  async function failOver(): Promise<void> {
    await primary.server.kill9();
    if (!standby) throw new Error('There is no standby.');
    await execute(standby.url, 'select pg_promote(true, 30)');
    proxy.retarget(standby.port);
  }

  it('keeps all that was acknowledged, resolves by their keys the appends under way, and goes on', async () => {
    const WRITERS = 6;
    const PER_WRITER = 40;
    const acknowledged = new Map<number, AppendResult>();
    const unkeyed = { acknowledged: new Set<number>(), unknown: new Set<number>(), others: [] as unknown[] };
    let failingOver: Promise<void> | undefined;
    const unkeyedAppend = async (number: number): Promise<void> => {
      try {
        await log.store.append(counted(`unkeyed-${number % 3}`, 'any', number));
        unkeyed.acknowledged.add(number);
      } catch (error) {
        if (error instanceof StoreUnavailable && error.applied === 'unknown') unkeyed.unknown.add(number);
        else unkeyed.others.push(error);
      }
    };
    const writers = Array.from({ length: WRITERS }, async (_, writer) => {
      for (let index = 0; index < PER_WRITER; index += 1) {
        const number = index * WRITERS + writer;
        if (acknowledged.size >= 60) failingOver ??= failOver();
        const append = { ...counted(`keyed-${number % 5}`, 'any', number), idempotencyKey: `n-${number}` };
        acknowledged.set(number, await log.store.append(append));
        await unkeyedAppend(number);
      }
    });

    await Promise.all(writers);
    await failingOver;

    const [server] = await log.database.query('select inet_server_port() as port, pg_is_in_recovery() as follows');
    expect(server).toEqual({ port: standby?.port, follows: false });
    const rows = await log.database.query<{ stream: string; number: number; position: number }>(
      `select stream_id as stream, (data->>'number')::int as number, position from events order by position`,
    );
    expect(rows.map(({ position }) => position)).toEqual(rows.map((_, index) => index + 1));
    const keyed = rows.filter(({ stream }) => stream.startsWith('item-keyed'));
    expect(keyed.map(({ number }) => number).sort((left, right) => left - right)).toEqual(
      Array.from({ length: WRITERS * PER_WRITER }, (_, number) => number),
    );
    for (const { number, position } of keyed) expect(acknowledged.get(number)?.firstPosition).toBe(position);
    const others = rows.filter(({ stream }) => stream.startsWith('item-unkeyed')).map(({ number }) => number);
    expect(new Set(others).size).toBe(others.length);
    expect([...unkeyed.acknowledged].filter((number) => !others.includes(number))).toEqual([]);
    expect(others.filter((number) => !unkeyed.acknowledged.has(number) && !unkeyed.unknown.has(number))).toEqual([]);
    expect(unkeyed.others).toEqual([]);
    expect(await verifyChain(log.database)).toMatchObject({ outcome: 'intact', events: rows.length });
    expect(await log.store.append(counted('keyed-0', 'exists', 9_999))).toMatchObject({
      outcome: 'appended',
      firstPosition: rows.length + 1,
    });
  });
});

/** Why this process cannot make a file system of its own, if so. */
function mountRefusal(): string | undefined {
  if (process.platform !== 'linux') return 'tmpfs is of Linux';
  if (process.getuid?.() !== 0) return 'only root can mount a file system';
  const folder = mkdtempSync(join(tmpdir(), 'steward-mount-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder], { stdio: 'pipe' });
    execFileSync('umount', [folder], { stdio: 'pipe' });
    return undefined;
  } catch (error) {
    return `mounting is refused here: ${String(error)}`;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Text that differs all along, the same for the same seed. */
function incompressible(length: number, seed: number): string {
  let state = seed + 1;
  const bytes = Buffer.alloc(Math.ceil((length * 3) / 4));
  for (let index = 0; index < bytes.length; index += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[index] = state >>> 24;
  }
  return bytes.toString('base64').slice(0, length);
}
