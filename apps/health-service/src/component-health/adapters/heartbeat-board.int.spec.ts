import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Heartbeat } from '#libs/contracts';
import { Database, migrate, readModelDataSource } from '#libs/event-store';
import { tenantId } from '#libs/kernel';
import { createTestDatabase, type TestDatabase } from '#libs/testing';
import { HealthTables2026112200101 } from '../../../migrations/0001-health-tables.ts';
import { HeartbeatBoard, type Observation } from './heartbeat-board.ts';

const tenant = tenantId('demo');
const MINUTE_MS = 60_000;
const own: Heartbeat = {
  service: 'health',
  instanceId: 'one',
  component: 'health-service',
  kind: 'service',
  status: 'running',
  at: '2026-03-02T09:00:00Z',
};
const agent: Heartbeat = { ...own, service: 'agent', component: 'inventory_agent', kind: 'agent' };

let created: TestDatabase;
let database: Database;
let board: HeartbeatBoard;

beforeAll(async () => {
  created = await createTestDatabase();
  const options = {
    url: created.url,
    schema: 'health',
    applicationName: 'spec',
    migrations: [HealthTables2026112200101],
    entities: [],
  };
  const dataSource = readModelDataSource(options);
  await dataSource.initialize();
  await migrate(dataSource, options);
  await dataSource.destroy();
  database = new Database(options);
  board = new HeartbeatBoard(database);
}, 60_000);

beforeEach(async () => {
  await database.query('delete from heartbeats');
});

afterAll(async () => {
  await database.close();
  await created.drop();
});

async function observed(component: string): Promise<Observation | undefined> {
  return (await board.observe(tenant, MINUTE_MS)).find(({ record }) => record.subject.name === component);
}

/** Moves what was heard into the past, as if nothing had come since. */
async function age(component: string, ms: number): Promise<void> {
  await database.query(
    `update heartbeats set seen_at = seen_at - $2 * interval '1 ms', unbroken_since = unbroken_since - $2 * interval '1 ms',
       streak_since = streak_since - $2 * interval '1 ms' where component = $1`,
    [component, ms],
  );
}

describe('the board of heartbeats', () => {
  it('counts heartbeats in a row with one status', async () => {
    await board.record(own, MINUTE_MS);
    for (const status of ['running', 'running', 'paused'] as const) await board.record({ ...agent, status }, MINUTE_MS);
    expect((await observed('inventory_agent'))?.record).toMatchObject({ status: 'paused', streak: 1 });

    await board.record({ ...agent, status: 'paused' }, MINUTE_MS);
    expect((await observed('inventory_agent'))?.record).toMatchObject({ status: 'paused', streak: 2 });
  });

  it('counts anew after a silence', async () => {
    await board.record(own, MINUTE_MS);
    await board.record(agent, MINUTE_MS);
    await board.record(agent, MINUTE_MS);
    await age('inventory_agent', MINUTE_MS);
    await board.record(agent, MINUTE_MS);

    expect((await observed('inventory_agent'))?.record.streak).toBe(1);
  });

  it('observes nobody while this service has not heard itself', async () => {
    await board.record(agent, MINUTE_MS);
    expect(await board.observe(tenant, MINUTE_MS)).toEqual([]);

    await board.record(own, MINUTE_MS);
    expect(await board.observe(tenant, MINUTE_MS)).toHaveLength(2);

    await age('health-service', MINUTE_MS);
    expect(await board.observe(tenant, MINUTE_MS)).toEqual([]);
  });

  it('knows since when it has listened: since its own heartbeats came without a gap, whatever they said', async () => {
    await board.record(own, 3_000);
    await age('health-service', 2_000);
    await board.record({ ...own, status: 'failing' }, 3_000);
    const before = await observed('health-service');
    expect(listenedMs(before)).toBeGreaterThanOrEqual(2_000);

    await age('health-service', 3_000);
    await board.record(own, 3_000);
    expect(listenedMs(await observed('health-service'))).toBeLessThan(2_000);
  });

  it('keeps the time of the last assessment when a heartbeat does not say it', async () => {
    await board.record({ ...agent, lastAssessmentAt: '2026-03-02T08:00:00Z' }, MINUTE_MS);
    await board.record(agent, MINUTE_MS);

    expect(await database.query('select last_assessment_at as at from heartbeats')).toEqual([
      { at: new Date('2026-03-02T08:00:00Z') },
    ]);
  });
});

function listenedMs(observation: Observation | undefined): number {
  if (!observation) throw new Error('nothing was observed');
  return observation.listening.now.getTime() - observation.listening.since.getTime();
}
