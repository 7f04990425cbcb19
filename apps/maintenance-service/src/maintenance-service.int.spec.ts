import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { join } from 'node:path';
import { z } from 'zod';
import {
  BackupFailedV1,
  BackupVerifiedV1,
  parseStructured,
  taskItemSchema,
  taskPageSchema,
  type CloudEvent,
  type EventContract,
} from '#libs/contracts';
import {
  freePort,
  spawnOwned,
  startThrowAwayNats,
  type EmbeddedNats,
  type OwnedProcess,
  type ThrowAway,
} from '#libs/embedded-servers';
import { streamId } from '#libs/kernel';
import { connectBus, type Bus } from '#libs/messaging';
import {
  createTestDatabase,
  databaseSettings,
  eventually,
  openProducingLog,
  type ProducingLog,
  type TestDatabase,
} from '#libs/testing';

const ROOT = join(import.meta.dirname, '../../..');
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const taskData = z.object({ taskId: z.string() }).loose();

type Instance = Readonly<{ url: string; process: OwnedProcess }>;

let database: TestDatabase;
let nats: ThrowAway<EmbeddedNats>;
let bus: Bus;
let recovery: Recovery;
const running: OwnedProcess[] = [];

/** The built service in a process of its own, without a schedule unless asked for. */
async function start(environment: Readonly<Record<string, string>> = {}): Promise<Instance> {
  const port = await freePort();
  const child = await spawnOwned(process.execPath, {
    args: ['--enable-source-maps', join(ROOT, 'dist/apps/maintenance-service/main.js')],
    env: {
      PATH: process.env['PATH'],
      ENVIRONMENT: 'development',
      LOG_LEVEL: 'warn',
      PORT: String(port),
      PROMETHEUS_PORT: '0',
      ...(await databaseSettings(database, 'maintenance')),
      NATS_URL: nats.server.url,
      SCHEDULE_CHECK_MS: '100',
      DAILY_BACKUP: 'off',
      ...environment,
    },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  running.push(child);
  const url = `http://127.0.0.1:${port}`;
  await eventually(
    async () => {
      const answer = await fetch(`${url}/health/ready`);
      expect(answer.status).toBe(200);
    },
    { withinMs: 30_000 },
  );
  return { url, process: child };
}

async function kill({ process: child }: Instance): Promise<void> {
  child.signal('SIGKILL');
  await child.exited;
}

/** What maintenance has told everyone, oldest first. */
async function published(): Promise<readonly CloudEvent[]> {
  const { state } = await bus.manager.streams.info('EVT_MAINTENANCE');
  const events: CloudEvent[] = [];
  for (let seq = Math.max(1, state.first_seq); seq <= state.last_seq; seq += 1) {
    const message = await bus.manager.streams.getMessage('EVT_MAINTENANCE', { seq });
    if (message) events.push(parseStructured(message.json()));
  }
  return events;
}

async function told(taskId: string): Promise<readonly string[]> {
  const events = await published();
  return events
    .filter(({ data }) => taskData.parse(data).taskId === taskId)
    .map(({ type }) => type.split('.')[2] ?? type);
}

/** recovery-service, as others hear of it. */
class Recovery {
  private readonly log: ProducingLog;

  private constructor(log: ProducingLog) {
    this.log = log;
  }

  static async on(through: Bus): Promise<Recovery> {
    return new Recovery(await openProducingLog({ bus: through, service: 'recovery', stream: 'EVT_RECOVERY' }));
  }

  verified(taskId: string) {
    return this.tell(BackupVerifiedV1, { ...BackupVerifiedV1.sample, taskId });
  }

  failed(taskId: string) {
    return this.tell(BackupFailedV1, { ...BackupFailedV1.sample, taskId });
  }

  async close(): Promise<void> {
    await this.log.close();
  }

  /** Returns the way to tell the same once more. All backups are of one stream, so that they are applied in this order. */
  private async tell<Data extends object>(contract: EventContract<Data>, data: Data): Promise<() => Promise<void>> {
    const told = await this.log.tell(contract.type, data, {
      stream: streamId('backup', 'of-the-spec'),
      correlationId: 'from-recovery',
    });
    return () => this.log.tellAgain(told);
  }
}

async function ask({ url }: Instance, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
  return fetch(`${url}/v1/tasks/daily-backup`, { method: 'POST', headers });
}

async function newTask(instance: Instance, headers: Readonly<Record<string, string>> = {}): Promise<string> {
  const answer = await ask(instance, headers);
  expect(answer.status).toBe(202);
  const { taskId } = taskData.parse(await answer.json());
  expect(answer.headers.get('location')).toBe(`/v1/tasks/${encodeURIComponent(taskId)}`);
  return taskId;
}

async function becomes({ url }: Instance, taskId: string, status: string) {
  return eventually(
    async () => {
      const answer = await fetch(`${url}/v1/tasks/${encodeURIComponent(taskId)}`);
      expect(answer.status).toBe(200);
      const item = taskItemSchema.parse(await answer.json());
      expect(item.status).toBe(status);
      return item;
    },
    { withinMs: 20_000 },
  );
}

const toldOnce = (taskId: string, ...names: readonly string[]) =>
  eventually(
    async () => {
      expect(await told(taskId)).toEqual(names);
    },
    // An instance that was killed may have held the relay's lease: another one has it 6 s later.
    { withinMs: 20_000 },
  );

beforeAll(async () => {
  const nest = await spawnOwned(process.execPath, {
    args: [join(ROOT, 'node_modules/@nestjs/cli/bin/nest.js'), 'build', 'maintenance-service'],
    cwd: ROOT,
    env: { ...process.env, NODE_OPTIONS: '' },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const [code] = (await once(nest.child, 'exit')) as [number];
  expect(code).toBe(0);
  database = await createTestDatabase();
  nats = await startThrowAwayNats();
  bus = await connectBus({ url: nats.server.url, name: 'recovery-spec' });
  recovery = await Recovery.on(bus);
}, 60_000);

afterAll(async () => {
  await Promise.all(running.map((child) => child.stop()));
  await recovery.close();
  await bus.close();
  await nats.remove();
  await database.drop();
}, 60_000);

describe('maintenance-service', () => {
  it('asks for a backup on request, tells who waits, and records once that it was verified', async () => {
    const service = await start();
    const traceparent = `00-${TRACE}-00f067aa0ba902b7-01`;
    const taskId = await newTask(service, { traceparent, 'x-correlation-id': 'request-7' });
    await becomes(service, taskId, 'running');
    await toldOnce(taskId, 'task-started');
    const [started] = await published();
    expect(started).toMatchObject({ correlationid: 'request-7', tenantid: 'demo', data: { trigger: 'request' } });
    expect(started?.traceparent).toContain(TRACE);

    const second = await ask(service);
    expect(second.status).toBe(409);
    expect(await second.json()).toMatchObject({
      code: 'tasks/already-running',
      detail: expect.stringContaining(taskId),
    });

    const again = await recovery.verified(taskId);
    await again();
    const { detail } = await becomes(service, taskId, 'completed');
    expect(detail).toContain(`backupId ${BackupVerifiedV1.sample.backupId}`);
    const next = await newTask(service);
    await recovery.failed(next); // once this is applied, the copies before it were, too
    await becomes(service, next, 'failed');
    await toldOnce(taskId, 'task-started', 'task-completed');
    const completed = (await published()).find(({ type }) => type.includes('task-completed'));
    expect(completed).toMatchObject({ correlationid: 'from-recovery', causationid: expect.any(String) });
    await service.process.stop();
  }, 60_000);

  it('lists newest first, page by page, filtered, over HTTP and over NATS', async () => {
    const service = await start();
    const list = async (query: string) => {
      const answer = await fetch(`${service.url}/v1/tasks?${query}`);
      return { status: answer.status, body: (await answer.json()) as object };
    };
    const all = taskPageSchema.parse((await list('limit=200')).body).data;
    const page = taskPageSchema.parse((await list('limit=1')).body);
    expect(page).toMatchObject({ data: [all[0]], hasMore: true });
    const rest = taskPageSchema.parse((await list(`limit=200&after=${page.nextCursor ?? ''}`)).body);
    expect(rest).toEqual({ data: all.slice(1), nextCursor: null, hasMore: false });
    const completed = taskPageSchema.parse((await list('status=completed&task=daily-backup')).body);
    expect(completed.data).toEqual(all.filter(({ status }) => status === 'completed'));
    expect((await list('after=bm9uc2Vuc2U')).body).toMatchObject({
      status: 422,
      errors: [{ pointer: '#/query/after' }],
    });
    expect((await list('status=asleep')).status).toBe(422);
    expect((await fetch(`${service.url}/v1/tasks/unknown`)).status).toBe(404);

    const answer = await bus.request('query.maintenance.list-tasks', JSON.stringify({ limit: 200 }), 5_000);
    expect(taskPageSchema.parse(JSON.parse(answer.text)).data).toEqual(all);
    const refusal = await bus.request('query.maintenance.list-tasks', JSON.stringify({ status: 'asleep' }), 5_000);
    expect(JSON.parse(refusal.text)).toMatchObject({ status: 422, errors: [{ pointer: '#/status' }] });
    await service.process.stop();
  }, 60_000);

  it('records an outcome once although it is killed while it does so', async () => {
    for (const waitFor of ['message', 'event', 'publication'] as const) {
      const first = await start();
      const taskId = await newTask(first);
      const again = await recovery.verified(taskId);
      if (waitFor === 'event') await becomes(first, taskId, 'completed');
      if (waitFor === 'publication') await toldOnce(taskId, 'task-started', 'task-completed');
      await kill(first);
      await again();
      const second = await start();
      await becomes(second, taskId, 'completed');
      await toldOnce(taskId, 'task-started', 'task-completed');
      await kill(second);
    }
  }, 120_000);

  it('is asked for by one of two instances on schedule, gives up what nobody answers, and shows that', async () => {
    const ownNats = await startThrowAwayNats();
    const ownDatabase = await createTestDatabase();
    const environment = {
      ...(await databaseSettings(ownDatabase, 'maintenance')),
      NATS_URL: ownNats.server.url,
      DAILY_BACKUP: 'on',
      TASK_TIMEOUT_MS: '1000',
      RETRY_AFTER_MS: '86400000',
    };
    const [left, right] = await Promise.all([start(environment), start(environment)]);
    const [task] = await eventually(async () => {
      const page = taskPageSchema.parse(await (await fetch(`${left.url}/v1/tasks?status=failed`)).json());
      expect(page.data).toHaveLength(1);
      return page.data;
    });
    expect(task?.detail).toContain('No answer came within 1 s');
    await eventually(async () => {
      const health: unknown = await (await fetch(`${right.url}/health`)).json();
      expect(health).toMatchObject({ status: 'degraded', components: { 'daily-backup': { status: 'degraded' } } });
    });

    const ownBus = await connectBus({ url: ownNats.server.url, name: 'recovery-spec' });
    const ownRecovery = await Recovery.on(ownBus);
    const again = await ownRecovery.verified(task?.taskId ?? '');
    await again();
    await becomes(left, task?.taskId ?? '', 'completed');
    const all = taskPageSchema.parse(await (await fetch(`${left.url}/v1/tasks`)).json());
    expect(all.data).toHaveLength(1);
    await Promise.all([left, right].map(kill));
    await ownRecovery.close();
    await ownBus.close();
    await ownNats.remove();
    await ownDatabase.drop();
  }, 60_000);
});
