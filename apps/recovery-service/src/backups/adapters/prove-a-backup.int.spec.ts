import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { chmod, mkdtemp, open, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Database, migrate, PostgresEventStore, readModelDataSource } from '#libs/event-store';
import { correlationId, streamId, tenantId } from '#libs/kernel';
import { systemIds } from '#libs/service-kit';
import { createTestDatabase, execute, type TestDatabase } from '#libs/testing';
import type { BackupManifest, Content } from '../domain/backup-ports.ts';
import { BackupStepFailed } from '../domain/backup.errors.ts';
import { comparisons } from './compare-restored.ts';
import { connectionEnvironment } from './connection-environment.ts';
import { LocalBackupStore } from './local-backup-store.ts';
import { PostgresDumper } from './postgres-dumper.ts';
import { findPostgresPrograms } from './postgres-programs.ts';
import { PostgresVerifier } from './postgres-verifier.ts';
import { runChecks } from './run-checks.ts';
import { feed } from './run-program.ts';
import { ScratchDatabase } from './scratch-database.ts';

const LOGS = ['agent', 'health'];
const CHECKS = ['file', 'scratch database', 'restore', 'row counts', 'log heads', 'newest events', 'hash chains'];
const WRITERS = 4;
const never = new AbortController().signal;
const places = { path: process.env['PATH'] ?? '' };
const copy = { backupId: '019ab2a0-1000-7a00-8000-000000000006', attempt: 1 };

describe('a backup of a real database', () => {
  let database: TestDatabase;
  let folder: string;
  let files: LocalBackupStore;
  let manifest: BackupManifest;
  const stores: PostgresEventStore[] = [];
  const connections: Database[] = [];

  beforeAll(async () => {
    database = await createTestDatabase();
    folder = await mkdtemp(join(tmpdir(), 'steward-backup-spec-'));
    files = new LocalBackupStore(folder);
    for (const schema of LOGS) await openLog(schema);
    await execute(database.url, 'create table public."Odd ""name"" ü" as select generate_series(1, 37) as n');
    for (const store of stores) await appendTo(store, 'before');
    manifest = await backUpWhileOthersWrite();
  }, 60_000);

  afterEach(async () => {
    expect(await scratchDatabases()).toEqual([]);
  });

  afterAll(async () => {
    for (const store of stores) await store.close();
    for (const connection of connections) await connection.close();
    await database.drop();
    await rm(folder, { recursive: true, force: true });
  });

  async function openLog(schema: string): Promise<void> {
    const options = { url: database.url, schema, applicationName: 'spec', migrations: [], entities: [] };
    const dataSource = await readModelDataSource(options).initialize();
    await migrate(dataSource, options);
    await dataSource.destroy();
    const connection = new Database(options);
    connections.push(connection);
    stores.push(new PostgresEventStore({ database: connection, ids: systemIds }));
  }

  async function appendTo(store: PostgresEventStore, stream: string): Promise<void> {
    await store.append({
      tenant: tenantId('demo'),
      streamId: streamId('item', stream),
      expected: 'any',
      events: [1, 2].map((n) => ({ type: 'counted', typeVersion: 1, data: { n, of: stream } })),
      metadata: { correlationId: correlationId('c-1'), actor: 'spec', occurredAt: '2026-11-22T02:00:00.000Z' },
    });
  }

  const dumperOf = (url = database.url) => new PostgresDumper({ url, places, environment: process.env });
  const verifierOf = (url = database.url) => new PostgresVerifier({ url, places, environment: process.env });

  async function heads(): Promise<number[]> {
    return Promise.all(stores.map((store) => store.head()));
  }

  /** Four writers append all the time; the dump begins and ends while they do. */
  async function backUpWhileOthersWrite(): Promise<BackupManifest> {
    const over = new AbortController();
    const writers = Array.from({ length: WRITERS }, async (_, writer) => {
      for (let turn = 0; !over.signal.aborted; turn += 1) {
        for (const store of stores) await appendTo(store, `writer-${writer}-${turn % 7}`);
      }
    });
    const before = await heads();
    const result = await dumperOf().dump((content, bytes) => files.writeDump(copy, content, bytes), never);
    over.abort();
    await Promise.all(writers);
    const after = await heads();
    const made = {
      formatVersion: 1 as const,
      ...copy,
      startedAt: '2026-11-22T02:00:00Z',
      completedAt: '2026-11-22T02:00:01Z',
      ...result.source,
      ...result.facts,
      ...result.saved,
    };
    await files.writeManifest(made);
    made.logs.forEach(({ position }, index) => {
      expect(position).toBeGreaterThanOrEqual(before[index] ?? Number.NaN);
      expect(position).toBeLessThan(after[index] ?? Number.NaN);
    });
    return made;
  }

  async function scratchDatabases(): Promise<string[]> {
    const [connection] = connections;
    const { name } = new ScratchDatabase(database.url, '');
    const rows = await connection?.query<{ datname: string }>(
      'select datname from pg_database where starts_with(datname, $1)',
      [name],
    );
    return (rows ?? []).map(({ datname }) => datname);
  }

  const outcomesOf = (checks: readonly { name: string; outcome: string }[]) =>
    Object.fromEntries(checks.map(({ name, outcome }) => [name, outcome]));

  /** A changed copy of the dump, under the same manifest. */
  async function changed(change: (path: string) => Promise<void>): Promise<() => Content> {
    const other = await mkdtemp(join(folder, 'changed-'));
    const path = join(other, manifest.fileName);
    await writeFile(path, await readFile(join(folder, manifest.fileName)));
    await change(path);
    return () => new LocalBackupStore(other).readDump(manifest);
  }

  it('has a manifest that is exactly what is restored, although others wrote meanwhile', async () => {
    const checks = await verifierOf().verify(manifest, () => files.readDump(manifest), never);

    expect(checks.filter(({ outcome }) => outcome !== 'ok')).toEqual([]);
    expect(checks.map(({ name }) => name)).toEqual(CHECKS);
    expect(manifest.logs.map(({ log }) => log)).toEqual(LOGS);
    expect(manifest.tables).toContainEqual({ table: 'public.Odd "name" ü', rows: 37 });
    const [agent] = manifest.logs;
    expect(manifest.tables).toContainEqual({ table: 'agent.events', rows: agent?.lastPosition });
    expect(await files.manifestOf(copy)).toEqual(manifest);
  }, 60_000);

  it('can be read by its owner only, and leaves nothing half behind', async () => {
    const { mode } = await stat(join(folder, manifest.fileName));

    expect(mode & 0o077).toBe(0);
    expect((await readdir(folder)).filter((name) => name.includes('partial'))).toEqual([]);
  });

  it('is not proven by a file in which one bit was flipped', async () => {
    const read = await changed(async (path) => {
      const file = await open(path, 'r+');
      const at = Math.floor(manifest.sizeBytes / 2);
      const { buffer } = await file.read({ buffer: Buffer.alloc(1), position: at });
      await file.write(Buffer.from([(buffer[0] ?? 0) ^ 1]), 0, 1, at);
      await file.close();
    });
    const checks = await verifierOf().verify(manifest, read, never);

    expect(outcomesOf(checks)).toMatchObject({ file: 'failed', restore: 'not-run', 'hash chains': 'not-run' });
    expect(checks).toHaveLength(CHECKS.length);
    expect(checks[0]?.detail).toContain('sha256');
  });

  it('is not proven by a file that was cut off, or that is gone', async () => {
    const short = await changed((path) => truncate(path, manifest.sizeBytes - 1));
    const [cut] = await verifierOf().verify(manifest, short, never);
    const missing = await changed((path) => rm(path));
    const [gone] = await verifierOf().verify(manifest, missing, never);

    expect(cut).toMatchObject({ name: 'file', outcome: 'failed', detail: expect.stringContaining('bytes') });
    expect(gone).toMatchObject({ name: 'file', outcome: 'failed', detail: expect.stringContaining('ENOENT') });
  });

  it('is not proven when pg_restore does not get through, even if the file is the one that was written', async () => {
    const half = (await readFile(join(folder, manifest.fileName))).subarray(0, manifest.sizeBytes / 2);
    async function* read(): AsyncGenerator<Uint8Array> {
      yield await Promise.resolve(half);
    }
    const sha256 = createHash('sha256').update(half).digest('hex');
    const checks = await verifierOf().verify({ ...manifest, sizeBytes: half.length, sha256 }, read, never);

    expect(outcomesOf(checks)).toMatchObject({ file: 'ok', restore: 'failed', 'row counts': 'not-run' });
    expect(checks[2]?.detail).toContain('pg_restore');
  }, 60_000);

  it.each([
    ['event', 'hash chains', `update agent.events set data = '{"n": 3}' where position = 2`],
    [
      'newest event',
      'newest events',
      `delete from agent.events where position = (select max(position) from agent.events)`,
    ],
    ['lane', 'log heads', `update health.lanes set position = position - 1`],
    [
      'epoch',
      'log heads',
      `insert into agent.incarnations (epoch, id, reason) values (2, gen_random_uuid(), 'restored')`,
    ],
    ['row', 'row counts', `delete from public."Odd ""name"" ü" where n = 5`],
    ['table', 'row counts', `drop table health.idempotency_keys`],
    ['additional table', 'row counts', `create table agent.more (n int)`],
  ])(
    'is not proven by a restored database whose %s is another',
    async (_, check, tampering) => {
      const scratch = new ScratchDatabase(database.url, `tampered-${check}`);
      try {
        await scratch.create();
        const { pgRestore } = await findPostgresPrograms(15, places);
        const env = connectionEnvironment(database.url, process.env, scratch.name);
        const args = ['--exit-on-error', '--no-owner', `--dbname=${scratch.name}`];
        await feed({ path: pgRestore, args, env, signal: never }, files.readDump(manifest));
        await scratch.database.query('select 1');
        await scratch.database.transaction(async (transaction) => {
          await transaction.query('set local session_replication_role = replica');
          await transaction.query(tampering);
        });

        const checks = await runChecks(
          comparisons(() => scratch.database, manifest),
          never,
        );

        expect(outcomesOf(checks)).toMatchObject({ [check]: 'failed' });
      } finally {
        await scratch.remove();
      }
    },
    60_000,
  );

  it('is not proven by a database without a log: nothing to compare is no success', async () => {
    const empty = await createTestDatabase();
    try {
      const bare = await dumperOf(empty.url).dump(
        (content) => files.writeDump({ ...copy, attempt: 9 }, content, 0),
        never,
      );
      const checks = await verifierOf(empty.url).verify(
        { ...manifest, ...bare.source, ...bare.facts, ...bare.saved },
        () => files.readDump({ ...manifest, ...bare.saved }),
        never,
      );

      expect(outcomesOf(checks)).toMatchObject({ restore: 'ok', 'log heads': 'failed', 'hash chains': 'failed' });
    } finally {
      await empty.drop();
    }
  }, 60_000);

  it('says what to grant when the role may not create the scratch database', async () => {
    await execute(
      database.url,
      `drop role if exists steward_poor; create role steward_poor login password 'poor-secret'`,
    );
    const url = new URL(database.url);
    url.username = 'steward_poor';
    url.password = 'poor-secret';
    try {
      const checks = await verifierOf(url.href).verify(manifest, () => files.readDump(manifest), never);

      expect(outcomesOf(checks)).toMatchObject({ file: 'ok', 'scratch database': 'failed', restore: 'not-run' });
      expect(checks[1]?.detail).toContain('ALTER ROLE "steward_poor" CREATEDB');
    } finally {
      await execute(database.url, 'drop role steward_poor');
    }
  });

  it('is made and proven by a role that may read everything and make databases, on a server without the others', async () => {
    const url = await database.backupUrl();
    const own = { ...copy, attempt: 8 };
    const stranger = `"${new URL(url).username}_gone"`;
    await execute(database.url, `create role ${stranger}; grant usage on schema ${LOGS[0]} to ${stranger}`);
    const made = await dumperOf(url).dump((content, bytes) => files.writeDump(own, content, bytes), never);
    await execute(database.url, `drop owned by ${stranger}; drop role ${stranger}`);
    const theirs = { ...manifest, ...own, ...made.source, ...made.facts, ...made.saved };

    const checks = await verifierOf(url).verify(theirs, () => files.readDump(theirs), never);

    expect(checks.filter(({ outcome }) => outcome !== 'ok')).toEqual([]);
    expect(checks).toHaveLength(7);
  }, 60_000);

  it('says whom to name when the role may not read everything', async () => {
    const { url } = await database.loginsOf('agent');

    await expect(dumperOf(url).dump(() => Promise.resolve(''), never)).rejects.toThrow(
      /permission denied for .* Name a role that may read all of it in BACKUP_DATABASE_URL\.$/,
    );
  });

  it('drops what a killed verification left, and nothing that belongs to another database', async () => {
    const other = await createTestDatabase();
    const left = new ScratchDatabase(database.url, 'killed');
    const foreign = new ScratchDatabase(other.url, 'at-work');
    await left.create();
    await foreign.create();

    await verifierOf().removeLeftovers();

    expect(await scratchDatabases()).toEqual([]);
    await expect(foreign.database.query('select 1')).resolves.toHaveLength(1);
    await foreign.remove();
    await other.drop();
  });
});

describe('a dump that breaks off', () => {
  let database: TestDatabase;
  let folder: string;
  let files: LocalBackupStore;

  beforeAll(async () => {
    database = await createTestDatabase();
    folder = await mkdtemp(join(tmpdir(), 'steward-backup-spec-'));
    files = new LocalBackupStore(join(folder, 'backups'));
  });
  afterAll(async () => {
    await database.drop();
    await rm(folder, { recursive: true, force: true });
  });

  async function programs(script: string, version = '15.1'): Promise<string> {
    const bin = await mkdtemp(join(folder, 'bin-'));
    for (const name of ['pg_dump', 'pg_restore']) {
      const text = `#!/bin/sh\nif [ "$1" = --version ]; then echo "${name} (PostgreSQL) ${version}"; exit; fi\n${script}\n`;
      await writeFile(join(bin, name), text);
      await chmod(join(bin, name), 0o755);
    }
    return bin;
  }

  async function dumpBy(bin: string, signal = never, url = database.url): Promise<unknown> {
    const dumper = new PostgresDumper({ url, places: { folder: bin, path: '' }, environment: process.env });
    return dumper
      .dump((content, bytes) => files.writeDump(copy, content, bytes), signal)
      .catch((error: unknown) => error);
  }

  it('fails with the words of pg_dump, and no file has the name of the dump', async () => {
    const failure = await dumpBy(await programs('printf PGDMP; echo "disk on fire" >&2; exit 3'));

    expect(failure).toMatchObject({ phase: 'dump', message: 'pg_dump exited with 3: disk on fire' });
    expect(await readdir(join(folder, 'backups'))).toEqual([`${copy.backupId}.1.dump.partial`]);
  });

  it('is refused when pg_dump is older than the server, and says what is missing', async () => {
    const failure = await dumpBy(await programs('', '14.9'));

    expect(failure).toBeInstanceOf(BackupStepFailed);
    expect(failure).toMatchObject({ message: expect.stringMatching(/is 14\.9.*Install postgresql-client-\d+/) });
  });

  it('ends pg_dump when the service ends', async () => {
    const ending = new AbortController();
    const failure = dumpBy(await programs('printf PGDMP; exec sleep 600'), ending.signal);
    ending.abort();

    expect(await failure).toMatchObject({ message: expect.stringContaining('SIGTERM') });
  });

  it('gives pg_dump its password in the environment, where ps does not show it', async () => {
    const role = new URL(database.url).pathname.replace('/test', 'backup_spec');
    const url = new URL(database.url);
    url.username = role;
    url.password = 'a-very-secret-word';
    await execute(database.url, `create role ${role} superuser login password '${url.password}'`);
    const bin = await programs(`echo "$@" > "$0.args"; echo "$PGPASSWORD" > "$0.password"; exit 1`);
    await dumpBy(bin, never, url.href);
    await execute(database.url, `drop role ${role}`);

    expect(await readFile(join(bin, 'pg_dump.args'), 'utf8')).not.toContain('secret');
    expect(await readFile(join(bin, 'pg_dump.password'), 'utf8')).toBe('a-very-secret-word\n');
  });

  it('is not begun when there is less room than it may need', async () => {
    const refused = files.writeDump({ ...copy, attempt: 2 }, oneByte(), Number.MAX_SAFE_INTEGER);

    await expect(refused).rejects.toMatchObject({ phase: 'store', message: expect.stringContaining('BACKUP_FOLDER') });
  });

  it('is the fault of the store when the folder does not take it', async () => {
    await writeFile(join(folder, 'no-folder'), '');
    const failing = new LocalBackupStore(join(folder, 'no-folder'));

    await expect(failing.writeDump(copy, oneByte(), 0)).rejects.toMatchObject({ phase: 'store' });
  });

  it('leaves to later attempts what they remove', async () => {
    await files.discardBefore({ ...copy, attempt: 2 });

    expect(await readdir(join(folder, 'backups'))).toEqual([]);
  });
});

async function* oneByte(): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(Buffer.from('x'));
}
