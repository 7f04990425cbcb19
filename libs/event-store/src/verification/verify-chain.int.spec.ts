import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { correlationId, streamId, tenantId } from '#libs/kernel';
import { createTestDatabase, execute, sequentialIds, type TestDatabase } from '#libs/testing';
import { Database } from '../postgres/database.ts';
import { migrate, readModelDataSource } from '../postgres/migrate.ts';
import { PostgresEventStore } from '../postgres/postgres-event-store.ts';
import { verifyChain } from './verify-chain.ts';

const EVENTS = 1_205;
const metadata = { correlationId: correlationId('c-1'), actor: 'spec', occurredAt: '2026-01-01T12:00:00.000Z' };

describe('the hash chain of a log', () => {
  let testDatabase: TestDatabase;
  let database: Database;

  beforeAll(async () => {
    testDatabase = await createTestDatabase();
    const options = { url: testDatabase.url, schema: 'agent', applicationName: 'spec' };
    const dataSource = await readModelDataSource({ ...options, migrations: [], entities: [] }).initialize();
    await migrate(dataSource, { ...options, migrations: [], entities: [] });
    await dataSource.destroy();
    database = new Database(options);
    const store = new PostgresEventStore({ database, ids: sequentialIds() });
    await store.append({
      tenant: tenantId('demo'),
      streamId: streamId('item', 'flour'),
      expected: 'no-stream',
      events: Array.from({ length: EVENTS }, (_, index) => ({
        type: 'counted',
        typeVersion: 1,
        data: { z: index, a: [1.5, 1e21, 0.1, -0, 'ü\u2028'], when: new Date(0), none: undefined, nested: { b: null } },
      })),
      metadata,
    });
  });
  afterAll(async () => {
    await database.close();
    await testDatabase.drop();
  });

  /** Does what the triggers refuse, looks, and undoes it. */
  async function tampered(change: string, undo: string): Promise<unknown> {
    const free = async (statement: string): Promise<void> => {
      await execute(testDatabase.url, `set session_replication_role = replica; ${statement}`);
    };
    await free(change);
    const verdict = await verifyChain(database);
    await free(undo);
    return verdict;
  }

  it('is intact over several pages, whatever the data holds', async () => {
    const verdict = await verifyChain(database);

    expect(verdict).toMatchObject({ outcome: 'intact', events: EVENTS, position: EVENTS });
  });

  it('names the first event that was changed', async () => {
    const set = (to: string): string => `update agent.events set type = '${to}' where position in (1100, 1200)`;

    expect(await tampered(set('recounted'), set('counted'))).toMatchObject({ outcome: 'broken', position: 1_100 });
  });

  it('names an event that is no event any more', async () => {
    const set = (to: string): string => `update agent.events set tenant = '${to}' where position = 7`;

    expect(await tampered(set('No Tenant'), set('demo'))).toMatchObject({
      outcome: 'broken',
      position: 7,
      reason: expect.stringContaining('does not have the hash'),
    });
  });

  it('misses an event that was removed in the middle', async () => {
    const removed = await tampered(
      'create table public.kept as select * from agent.events where position = 50; delete from agent.events where position = 50',
      'insert into agent.events select * from public.kept; drop table public.kept',
    );

    expect(removed).toMatchObject({ outcome: 'broken', position: 51 });
  });

  it('misses the newest events when they were removed', async () => {
    const removed = await tampered(
      'create table public.kept as select * from agent.events where position > 1200; delete from agent.events where position > 1200',
      'insert into agent.events select * from public.kept; drop table public.kept',
    );

    expect(removed).toMatchObject({ outcome: 'broken', position: 1_201 });
  });

  it('does not believe a head that no event has', async () => {
    const set = (to: string): string => `update agent.lanes set hash = ${to}`;
    const [head] = await database.query<{ hash: string }>(`select encode(hash, 'hex') as hash from lanes`);

    const verdict = await tampered(set("sha256('x')"), set(`decode('${head?.hash ?? ''}', 'hex')`));

    expect(verdict).toMatchObject({ outcome: 'broken', reason: expect.stringContaining('another hash') });
  });
});
