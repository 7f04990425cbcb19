import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import {
  backupItemSchema,
  backupPageSchema,
  BackupCompletedV1,
  BackupVerifiedV1,
  parseStructured,
  querySubject,
  TaskStartedV1,
  type BackupItem,
  type CloudEvent,
} from '#libs/contracts';
import {
  findPostgresBinaries,
  freePort,
  spawnOwned,
  startThrowAwayNats,
  type EmbeddedNats,
  type OwnedProcess,
  type ThrowAway,
} from '#libs/embedded-servers';
import { Database } from '#libs/event-store';
import { streamId } from '#libs/kernel';
import { connectBus, type Bus } from '#libs/messaging';
import { systemIds } from '#libs/service-kit';
import {
  createTestDatabase,
  databaseSettings,
  eventually,
  openProducingLog,
  type ProducingLog,
  type TestDatabase,
} from '#libs/testing';
import { ScratchDatabase } from './backups/adapters/scratch-database.ts';

const ROOT = join(import.meta.dirname, '../../..');
/** A lease of a killed process has to run out first. */
const AFTER_A_KILL = { withinMs: 40_000, everyMs: 100 };
const answerSchema = z.object({ backupId: z.string() });
const dataSchema = z.object({ backupId: z.string(), taskId: z.string().optional() }).loose();
const healthSchema = z.object({ components: z.object({ backups: z.object({ status: z.string() }).loose() }).loose() });

type Instance = Readonly<{ url: string; process: OwnedProcess }>;

let database: TestDatabase;
let nats: ThrowAway<EmbeddedNats>;
let bus: Bus;
let maintenance: ProducingLog;
let folder: string;
let bin: string;
const running: OwnedProcess[] = [];

/** pg_dump and pg_restore that stop in the middle for as long as a file `<program>.hold` exists. */
async function writePrograms(): Promise<void> {
  const { postgresBin } = findPostgresBinaries();
  for (const name of ['pg_dump', 'pg_restore']) {
    const real = join(postgresBin, name);
    const lines = [
      '#!/bin/sh',
      `if [ "$1" != --version ] && [ -e "$0.fail" ]; then echo "held back on purpose" >&2; exit 7; fi`,
      'if [ "$1" != --version ] && [ -e "$0.hold" ]; then',
      `  [ ${name} = pg_dump ] && printf PGDMP`,
      '  while [ -e "$0.hold" ]; do sleep 0.05; done',
      '  exit 1',
      'fi',
      `exec ${real} "$@"`,
    ];
    await writeFile(join(bin, name), `${lines.join('\n')}\n`);
    await chmod(join(bin, name), 0o755);
  }
}

async function during<Result>(file: string, work: () => Promise<Result>): Promise<Result> {
  await writeFile(join(bin, file), '');
  try {
    return await work();
  } finally {
    await rm(join(bin, file));
  }
}

/** The built service in a process of its own. */
async function start(): Promise<Instance> {
  const port = await freePort();
  const child = await spawnOwned(process.execPath, {
    args: ['--enable-source-maps', join(ROOT, 'dist/apps/recovery-service/main.js')],
    env: {
      PATH: process.env['PATH'],
      ENVIRONMENT: 'development',
      LOG_LEVEL: 'fatal',
      PORT: String(port),
      PROMETHEUS_PORT: '0',
      ...(await databaseSettings(database, 'recovery')),
      BACKUP_DATABASE_URL: await database.backupUrl(),
      NATS_URL: nats.server.url,
      BACKUP_FOLDER: folder,
      PG_BIN_FOLDER: bin,
    },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  running.push(child);
  const url = `http://127.0.0.1:${port}`;
  await eventually(async () => (await fetch(`${url}/health/ready`)).status === 200, { withinMs: 30_000 });
  return { url, process: child };
}

async function kill({ process: child }: Instance): Promise<void> {
  child.signal('SIGKILL');
  await child.exited;
}

async function request({ url }: Instance, headers: Readonly<Record<string, string>> = {}, body?: object) {
  return fetch(`${url}/v1/backups`, {
    method: 'POST',
    headers: { ...headers, ...(body ? { 'content-type': 'application/json' } : {}) },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
}

async function requested(instance: Instance, headers: Readonly<Record<string, string>> = {}): Promise<string> {
  const answer = await request(instance, headers);
  expect(answer.status).toBe(202);
  const { backupId } = answerSchema.parse(await answer.json());
  expect(answer.headers.get('location')).toBe(`/v1/backups/${backupId}`);
  return backupId;
}

async function get({ url }: Instance, backupId: string): Promise<BackupItem> {
  const answer = await fetch(`${url}/v1/backups/${backupId}`);
  expect(answer.status).toBe(200);
  return backupItemSchema.parse(await answer.json());
}

async function becomes(instance: Instance, backupId: string, status: BackupItem['status']): Promise<BackupItem> {
  return eventually(async () => {
    const backup = await get(instance, backupId);
    expect([backup.status, backup.failureReason]).toEqual([status, status === 'failed' ? expect.any(String) : null]);
    return backup;
  }, AFTER_A_KILL);
}

async function list({ url }: Instance, query = ''): Promise<z.infer<typeof backupPageSchema>> {
  return backupPageSchema.parse(await (await fetch(`${url}/v1/backups${query}`)).json());
}

/** What recovery has told everyone, oldest first. */
async function published(): Promise<readonly CloudEvent[]> {
  const { state } = await bus.manager.streams.info('EVT_RECOVERY');
  const events: CloudEvent[] = [];
  for (let seq = Math.max(1, state.first_seq); seq <= state.last_seq; seq += 1) {
    const message = await bus.manager.streams.getMessage('EVT_RECOVERY', { seq });
    if (message) events.push(parseStructured(message.json()));
  }
  return events;
}

async function told(backupId: string): Promise<readonly string[]> {
  const events = await published();
  return events
    .filter(({ data }) => dataSchema.parse(data).backupId === backupId)
    .map(({ type }) => type.split('.')[2] ?? type);
}

const dumpsOf = async (backupId: string) => (await readdir(folder)).filter((name) => name.startsWith(backupId)).sort();

/** maintenance-service starts a task, and tells of it as often as asked. All are of one stream: applied in this order. */
async function taskStarted(task: string, taskId: string, copies = 1): Promise<CloudEvent> {
  const told = await maintenance.tell(
    TaskStartedV1.type,
    { ...TaskStartedV1.sample, task, taskId },
    { stream: streamId('task', 'of-the-spec'), correlationId: `correlation-of-${taskId}` },
  );
  for (let copy = 1; copy < copies; copy += 1) await maintenance.tellAgain(told);
  return told.event;
}

describe('recovery-service', () => {
  let service: Instance;

  beforeAll(async () => {
    database = await createTestDatabase();
    nats = await startThrowAwayNats();
    folder = await mkdtemp(join(tmpdir(), 'steward-recovery-spec-'));
    bin = await mkdtemp(join(tmpdir(), 'steward-recovery-bin-'));
    await writePrograms();
    bus = await connectBus({ url: nats.server.url, name: 'spec' });
    maintenance = await openProducingLog({ bus, service: 'maintenance', stream: 'EVT_MAINTENANCE' });
    service = await start();
  }, 90_000);

  afterEach(async () => {
    expect((await readdir(bin)).sort()).toEqual(['pg_dump', 'pg_restore']);
  });

  afterAll(async () => {
    await Promise.all(running.filter((child) => child.isRunning()).map((child) => child.stop()));
    await maintenance.close();
    await bus.close();
    await nats.remove();
    await database.drop();
    await Promise.all([folder, bin].map((path) => rm(path, { recursive: true, force: true })));
  }, 60_000);

  it('makes a backup on request, proves it, and tells each step once', async () => {
    const progress: string[] = [];
    const unsubscribe = bus.subscribe('progress.recovery.*', ({ subject }) => progress.push(subject));
    const answer = await request(service, {}, { reason: 'before the move' });
    const { backupId } = answerSchema.parse(await answer.json());

    const backup = await becomes(service, backupId, 'verified');

    expect(backup.checks.map(({ outcome }) => outcome)).toEqual(Array.from({ length: 7 }, () => 'ok'));
    expect(backup.logPositions).toEqual([{ log: 'recovery', lane: 0, position: expect.any(Number) }]);
    expect(backup.tableCounts.map(({ table }) => table)).toContain('recovery.events');
    expect(await dumpsOf(backupId)).toEqual([`${backupId}.1.dump`, `${backupId}.1.manifest.json`]);
    await eventually(async () => {
      expect(await told(backupId)).toEqual(['backup-started', 'backup-completed', 'backup-verified']);
    });
    expect(progress).toContain(`progress.recovery.${backupId}`);
    unsubscribe();
  }, 60_000);

  it('takes its events from the contract, under one correlation', async () => {
    const { status, headers } = await request(service, { 'x-correlation-id': 'moving-house' });
    const backupId = headers.get('location')?.split('/').at(-1) ?? '';
    expect(status).toBe(202);
    await becomes(service, backupId, 'verified');

    const events = await eventually(async () => {
      const found = (await published()).filter(({ correlationid }) => correlationid === 'moving-house');
      expect(found).toHaveLength(3);
      return found;
    });
    const [started, completed, verified] = events;

    expect([completed?.causationid, verified?.causationid]).toEqual([started?.id, started?.id]);
    expect(completed && BackupCompletedV1.read(completed).data.backupId).toBe(backupId);
    expect(verified && BackupVerifiedV1.read(verified).data.checks).toHaveLength(7);
  }, 60_000);

  it('gives the same backup for the same key, and refuses the key with another reason', async () => {
    const first = await requested(service, { 'idempotency-key': 'k-1' });
    const again = await requested(service, { 'idempotency-key': 'k-1' });
    const other = await request(service, { 'idempotency-key': 'k-1' }, { reason: 'another' });
    const broken = await request(service, { 'idempotency-key': 'k'.repeat(129) });
    const unknown = await request(service, {}, { wish: 'more' });

    expect(again).toBe(first);
    expect([other.status, broken.status, unknown.status]).toEqual([409, 422, 422]);
    await becomes(service, first, 'verified');
  }, 60_000);

  it('makes one backup of a task, however often the message comes', async () => {
    const cause = await taskStarted('daily-backup', 'daily-1', 3);
    await taskStarted('weekly-report', 'weekly-1');
    // Another event about the same task, which no inbox can know.
    await taskStarted('daily-backup', 'daily-1');
    await taskStarted('daily-backup', 'daily-2');

    const ofTask = async (taskId: string) => (await list(service)).data.filter((backup) => backup.taskId === taskId);
    await eventually(async () => (await ofTask('daily-2')).length === 1, AFTER_A_KILL);
    const [backup, ...more] = await ofTask('daily-1');

    expect(more).toEqual([]);
    expect(backup).toMatchObject({ requestedBy: 'service:maintenance' });
    expect(await ofTask('weekly-1')).toEqual([]);
    await becomes(service, backup?.backupId ?? '', 'verified');
    const events = (await published()).filter(({ data }) => dataSchema.parse(data).taskId === 'daily-1');
    expect(events.map(({ correlationid }) => correlationid)).toEqual(events.map(() => 'correlation-of-daily-1'));
    expect(events[0]?.causationid).toBe(cause.id);
  }, 60_000);

  it('lists backups newest first, page by page, and answers the same on the bus', async () => {
    const all = await list(service);
    const [newest] = all.data;
    const first = await list(service, '?limit=1');
    const second = await list(service, `?limit=1&after=${first.nextCursor ?? ''}`);
    const reply = await bus.request(querySubject('recovery', 'list-backups'), JSON.stringify({ limit: 1 }), 5_000);
    const refused = await bus.request(querySubject('recovery', 'list-backups'), JSON.stringify({ limit: 'x' }), 5_000);

    expect([...first.data, ...second.data]).toEqual(all.data.slice(0, 2));
    expect(first.data[0]?.backupId).toBe(newest?.backupId);
    expect(backupPageSchema.parse(JSON.parse(reply.text))).toEqual(first);
    expect(JSON.parse(refused.text)).toMatchObject({ status: 422 });
    expect((await fetch(`${service.url}/v1/backups?after=nonsense`)).status).toBe(422);
    expect((await fetch(`${service.url}/v1/backups/${systemIds.next()}`)).status).toBe(404);
    expect((await list(service, '?status=failed')).data).toEqual([]);
  });

  it('fails a backup whose dump fails, says why, and is degraded until one is proven', async () => {
    const failing = await during('pg_dump.fail', async () => {
      const backupId = await requested(service);
      return becomes(service, backupId, 'failed');
    });
    const health = async () => {
      const report = healthSchema.parse(await (await fetch(`${service.url}/health`)).json());
      return report.components.backups.status;
    };

    expect(failing).toMatchObject({
      failedPhase: 'dump',
      failureReason: 'pg_dump exited with 7: held back on purpose',
    });
    await eventually(async () => (await health()) === 'degraded', { withinMs: 10_000 });
    await eventually(async () => {
      expect(await told(failing.backupId)).toEqual(['backup-started', 'backup-failed']);
    });

    await becomes(service, await requested(service), 'verified');
    await eventually(async () => (await health()) === 'healthy', { withinMs: 10_000 });
  }, 60_000);

  it('fails a backup that cannot be restored, with the checks that were not passed', async () => {
    const failing = await during('pg_restore.fail', async () => becomes(service, await requested(service), 'failed'));

    expect(failing).toMatchObject({ failedPhase: 'verify', completedAt: expect.any(String) });
    expect(failing.checks).toContainEqual({
      name: 'restore',
      outcome: 'failed',
      detail: 'pg_restore exited with 7: held back on purpose',
    });
    expect(failing.checks.filter(({ outcome }) => outcome === 'not-run')).toHaveLength(4);
  }, 60_000);

  it('is asked and followed by npm run backup, which fails when the backup does', async () => {
    const run = async () => {
      const program = spawn(process.execPath, [join(ROOT, 'tools/backup.ts'), '--url', service.url], {
        timeout: 50_000,
      });
      const ended = once(program, 'close');
      const [out, error] = await Promise.all([text(program.stdout), text(program.stderr)]);
      await ended;
      return { out, error, code: program.exitCode };
    };
    const good = await run();
    const bad = await during('pg_dump.fail', run);

    expect(good).toMatchObject({ code: 0, out: expect.stringMatching(/ok +hash chains: \d+ events[^]*is verified/) });
    expect(bad).toMatchObject({ code: 1, error: expect.stringContaining('held back on purpose') });
  }, 60_000);

  it('begins a dump anew after the process was killed in the middle, and leaves no half of it', async () => {
    const backupId = await during('pg_dump.hold', async () => {
      const id = await requested(service);
      await eventually(async () => (await dumpsOf(id)).includes(`${id}.1.dump.partial`), AFTER_A_KILL);
      await kill(service);
      return id;
    });
    expect(await dumpsOf(backupId)).toEqual([`${backupId}.1.dump.partial`]);

    service = await start();
    expect((await get(service, backupId)).status).not.toBe('verified');
    await becomes(service, backupId, 'verified');

    expect(await dumpsOf(backupId)).toEqual([`${backupId}.2.dump`, `${backupId}.2.manifest.json`]);
    await eventually(async () => {
      expect(await told(backupId)).toEqual(['backup-started', 'backup-completed', 'backup-verified']);
    });
  }, 90_000);

  it('proves a backup after the process was killed in the middle of the proof', async () => {
    const backupId = await during('pg_restore.hold', async () => {
      const id = await requested(service);
      await becomes(service, id, 'completed');
      await eventually(async () => (await scratchCount()) === 1, AFTER_A_KILL);
      await kill(service);
      return id;
    });
    service = await start();

    await becomes(service, backupId, 'verified');

    expect(await scratchCount()).toBe(0);
    expect(await dumpsOf(backupId)).toEqual([`${backupId}.1.dump`, `${backupId}.1.manifest.json`]);
    await eventually(async () => {
      expect(await told(backupId)).toEqual(['backup-started', 'backup-completed', 'backup-verified']);
    });
  }, 90_000);

  it('gives a backup up when the process dies in the middle of it three times', async () => {
    const backupId = await during('pg_dump.hold', async () => {
      const id = await requested(service);
      for (const attempt of [1, 2, 3]) {
        await eventually(async () => (await dumpsOf(id)).includes(`${id}.${attempt}.dump.partial`), AFTER_A_KILL);
        await kill(service);
        service = await start();
      }
      await becomes(service, id, 'failed');
      return id;
    });

    expect(await get(service, backupId)).toMatchObject({
      failedPhase: 'dump',
      failureReason: expect.stringContaining('3 attempts were broken off'),
    });
    await becomes(service, await requested(service), 'verified');
  }, 150_000);

  it('makes each backup once although two instances look for work, and stops at a signal', async () => {
    const other = await start();
    const ids = await Promise.all([requested(service), requested(other), requested(service)]);
    for (const id of ids) await becomes(other, id, 'verified');
    for (const id of ids) expect(await dumpsOf(id)).toEqual([`${id}.1.dump`, `${id}.1.manifest.json`]);

    const exit = await other.process.stop();
    expect(exit).toEqual({ code: 0, signal: null });
  }, 90_000);
});

/** Databases that verifications of this spec's database have open. */
async function scratchCount(): Promise<number> {
  const prefix = new ScratchDatabase(database.url, '').name;
  const connection = new Database({ url: database.url, schema: 'public', applicationName: 'spec' });
  try {
    const rows = await connection.query('select 1 from pg_database where starts_with(datname, $1)', [prefix]);
    return rows.length;
  } finally {
    await connection.close();
  }
}
