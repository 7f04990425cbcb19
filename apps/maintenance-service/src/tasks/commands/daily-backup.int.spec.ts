import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  Database,
  migrate,
  PostgresEventStore,
  position,
  projectRows,
  readModelDataSource,
  Subscription,
  type RecordedEvent,
} from '#libs/event-store';
import { DAY_MS } from '#libs/kernel';
import { systemIds } from '#libs/service-kit';
import { createTestDatabase, eventually, fixedClock, type FixedClock, type TestDatabase } from '#libs/testing';
import { TaskRuns2026112200201 } from '../../../migrations/0001-task-runs.ts';
import { readMaintenanceConfiguration } from '../../config.ts';
import { TaskLog } from '../adapters/task-log.ts';
import { TaskAlreadyRunning } from '../domain/maintenance-task.errors.ts';
import { TaskRunEntity } from '../read-models/task-runs/task-run.entity.ts';
import { taskRunProjection } from '../read-models/task-runs/task-run.projection.ts';
import { TaskRunQuery } from '../read-models/task-runs/task-run.query.ts';
import { DailyBackup } from './daily-backup.ts';

const SCHEMA = 'maintenance';
const configuration = readMaintenanceConfiguration({}, () => '');

type Replica = Readonly<{ dailyBackup: DailyBackup; store: PostgresEventStore; close: () => Promise<void> }>;

let server: TestDatabase;
let clock: FixedClock;
let replicas: readonly [Replica, Replica];

/** An instance with a pool of its own, as another process would have; each follows the log for its read model. */
async function openReplica(url: string): Promise<Replica> {
  const options = { url, schema: SCHEMA, applicationName: 'maintenance-spec' };
  const models = { ...options, migrations: [TaskRuns2026112200201], entities: [TaskRunEntity] };
  const dataSource = readModelDataSource(models);
  await dataSource.initialize();
  await migrate(dataSource, models);
  const database = new Database({ ...options, poolSize: 5 });
  const store = new PostgresEventStore({ database, ids: systemIds });
  const subscriber = projectRows(taskRunProjection);
  const subscription = new Subscription({ database, store, subscriber, pollMs: 20 });
  await subscription.start();
  const runs = new TaskRunQuery(dataSource);
  return {
    dailyBackup: new DailyBackup(new TaskLog(store, clock, systemIds, configuration), runs, clock, configuration),
    store,
    close: async () => {
      await subscription.stop();
      await store.close();
      await database.close();
      await dataSource.destroy();
    },
  };
}

const told = async (): Promise<readonly string[]> => {
  const events: readonly RecordedEvent[] = await replicas[0].store.readAll({ after: position(0), limit: 1_000 });
  return events.map(
    ({ type, data }) => `${type.slice('maintenance.task-'.length)} ${(data as { taskId: string }).taskId}`,
  );
};

beforeAll(() => {
  clock = fixedClock();
});

beforeEach(async () => {
  await Promise.all((replicas as typeof replicas | undefined)?.map(({ close }) => close()) ?? []);
  await (server as TestDatabase | undefined)?.drop();
  clock.set('2026-11-22T02:30:00Z');
  server = await createTestDatabase();
  replicas = [await openReplica(server.url), await openReplica(server.url)];
});

afterAll(async () => {
  await Promise.all(replicas.map(({ close }) => close()));
  await server.drop();
});

describe('the daily backup on schedule', () => {
  it('is started by exactly one of two instances that look at the same time, day after day', async () => {
    for (let day = 0; day < 30; day += 1) {
      const looks = await Promise.all(
        [0, 1, 0, 1].map((index) => replicas[index === 0 ? 0 : 1].dailyBackup.startDue()),
      );
      const started = looks.filter((taskId) => taskId !== undefined);
      const today = clock.now().toISOString().slice(0, 10);

      expect(started).toEqual([`daily-backup:${today}.1`]);
      clock.advance(DAY_MS);
    }
    expect((await told()).filter((line) => line.startsWith('started'))).toHaveLength(30);
  });

  it('catches up with the newest due day alone and says that the others were missed', async () => {
    await replicas[0].dailyBackup.startDue();
    await eventually(async () => {
      clock.set('2026-11-22T03:30:00Z');
      expect(await replicas[0].dailyBackup.giveUpUnanswered()).toEqual(['daily-backup:2026-11-22.1']);
    });
    clock.set('2026-11-25T18:00:00Z');

    expect(await Promise.all(replicas.map(({ dailyBackup }) => dailyBackup.startDue()))).toContain(
      'daily-backup:2026-11-25.1',
    );
    expect(await replicas[1].dailyBackup.startDue()).toBeUndefined();
    expect(await told()).toEqual([
      'started daily-backup:2026-11-22.1',
      'failed daily-backup:2026-11-22.1',
      'skipped daily-backup:2026-11-23.1',
      'skipped daily-backup:2026-11-24.1',
      'started daily-backup:2026-11-25.1',
    ]);
  });

  it('is tried three times when nobody answers, with a pause, under a new id each time', async () => {
    const [{ dailyBackup }, other] = replicas;
    for (const attempt of [1, 2, 3]) {
      expect(await dailyBackup.startDue()).toBe(`daily-backup:2026-11-22.${attempt}`);
      clock.advance(configuration.TASK_TIMEOUT_MS);
      await eventually(async () => {
        const given = await Promise.all([dailyBackup.giveUpUnanswered(), other.dailyBackup.giveUpUnanswered()]);
        expect(given.flat()).toEqual([`daily-backup:2026-11-22.${attempt}`]);
      });
      clock.advance(configuration.RETRY_AFTER_MS - 1);
      expect(await dailyBackup.startDue()).toBeUndefined();
      clock.advance(1);
    }
    expect(await dailyBackup.startDue()).toBeUndefined();
    expect((await told()).filter((line) => line.startsWith('failed'))).toHaveLength(3);
  });
});

describe('the daily backup on request', () => {
  it('is started once when many ask at the same time', async () => {
    const answers = await Promise.allSettled(
      Array.from({ length: 8 }, (_, index) => replicas[index % 2 === 0 ? 0 : 1].dailyBackup.request('key:boss')),
    );
    const refusals = answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason as unknown] : []));

    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(refusals).toHaveLength(7);
    for (const refusal of refusals) expect(refusal).toBeInstanceOf(TaskAlreadyRunning);
    expect(await told()).toEqual(['started daily-backup:2026-11-22.1']);
  });

  it('is not repeated by the schedule on the same day', async () => {
    clock.set('2026-11-22T01:00:00Z');
    await replicas[0].dailyBackup.request('key:boss');
    clock.set('2026-11-22T02:30:00Z');

    expect(await replicas[1].dailyBackup.startDue()).toBeUndefined();
  });
});
