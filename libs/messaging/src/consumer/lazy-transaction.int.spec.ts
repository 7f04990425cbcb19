import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Database, migrate, PostgresEventStore, readModelDataSource, START, type Append } from '#libs/event-store';
import { correlationId, streamId, tenantId } from '#libs/kernel';
import { createTestDatabase, sequentialIds, type TestDatabase } from '#libs/testing';
import { LazyTransaction, TransactionOver } from './lazy-transaction.ts';

const APPEND: Append = {
  tenant: tenantId('demo'),
  streamId: streamId('counter', 'c'),
  expected: 'any',
  events: [{ type: 'counted', typeVersion: 1, data: {} }],
  metadata: { correlationId: correlationId('c'), actor: 'spec', occurredAt: '2026-01-01T12:00:00.000Z' },
};

describe("a handler's transaction", () => {
  let testDatabase: TestDatabase;
  let database: Database;
  let store: PostgresEventStore;
  beforeAll(async () => {
    testDatabase = await createTestDatabase();
    const options = { url: testDatabase.url, schema: 'health', applicationName: 'spec', migrations: [], entities: [] };
    const dataSource = await readModelDataSource(options).initialize();
    await migrate(dataSource, options);
    await dataSource.destroy();
    database = new Database({ ...options, poolSize: 2 });
    store = new PostgresEventStore({ database, ids: sequentialIds() });
    await database.query('create table effects (n integer)');
  }, 30_000);
  beforeEach(async () => {
    await database.query('truncate effects');
  });
  afterAll(async () => {
    await database.close();
    await testDatabase.drop();
  });

  const effects = async (): Promise<number> => (await database.query('select 1 from effects')).length;

  it('takes no connection before its first statement', async () => {
    const transaction = new LazyTransaction(store);
    expect(database.activeConnections).toBe(0);
    await transaction.query('insert into effects values (1)');
    expect(database.activeConnections).toBe(1);
    await transaction.commit();
    expect({ active: database.activeConnections, effects: await effects() }).toEqual({ active: 0, effects: 1 });
  });

  it('makes rows and appends true together, in whatever order they come', async () => {
    const before = await store.head();
    const transaction = new LazyTransaction(store);
    transaction.append(APPEND);
    await transaction.query('insert into effects values (1)');
    transaction.append(APPEND);
    expect({ head: await store.head(), effects: await effects() }).toEqual({ head: before, effects: 0 });

    await transaction.commit();

    expect(await effects()).toBe(1);
    expect(await store.readAll({ after: before, limit: 10 })).toHaveLength(2);
  });

  it('undoes all of it, and frees the connection', async () => {
    const head = await store.head();
    const transaction = new LazyTransaction(store);
    await transaction.query('insert into effects values (1)');
    transaction.append(APPEND);
    await transaction.rollback(new Error('no'));
    expect({ active: database.activeConnections, effects: await effects(), head: await store.head() }).toEqual({
      active: 0,
      effects: 0,
      head,
    });
  });

  it('takes nothing more once it is undone, also from a handler that waits for its connection', async () => {
    const transaction = new LazyTransaction(store);
    const late = transaction.query('insert into effects values (1)');
    await transaction.rollback(new Error('it took long'));
    await expect(late).rejects.toThrow(TransactionOver);
    await expect(transaction.query('insert into effects values (2)')).rejects.toThrow(TransactionOver);
    expect({ active: database.activeConnections, effects: await effects() }).toEqual({ active: 0, effects: 0 });
  });

  it('that was never begun is undone without a connection', async () => {
    await new LazyTransaction(store).rollback(new Error('no'));
    expect(database.activeConnections).toBe(0);
  });

  it('hands on why an append was refused, with nothing stored', async () => {
    const transaction = new LazyTransaction(store);
    await transaction.query('insert into effects values (1)');
    transaction.append({ ...APPEND, expected: 99 });
    await expect(transaction.commit()).rejects.toMatchObject({ kind: 'conflict' });
    expect(await effects()).toBe(0);
    expect(await store.readAll({ after: START, limit: 10 })).not.toEqual([]);
  });

  it('hands on why it cannot begin', async () => {
    const away = new LazyTransaction({ transaction: () => Promise.reject(new Error('away')) });
    await expect(away.query('select 1')).rejects.toThrow('away');
    await expect(away.commit()).rejects.toThrow('away');
    await away.rollback(new Error('no'));
  });
});
