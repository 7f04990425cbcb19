import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { correlationId, streamId, tenantId } from '#libs/kernel';
import { createTestDatabase, sequentialIds, type TestDatabase } from '#libs/testing';
import { IdempotencyKeyReused, UnstorableEvent, WrongExpectedVersion } from '../errors.ts';
import { START, type Append } from '../event-store.ts';
import { Database } from './database.ts';
import { migrate, readModelDataSource } from './migrate.ts';
import { PostgresEventStore } from './postgres-event-store.ts';

const tenant = tenantId('demo');
const metadata = { correlationId: correlationId('c-1'), actor: 'spec', occurredAt: '2026-01-01T12:00:00.000Z' };
const append = (id: string, expected: Append['expected'], ...numbers: number[]): Append => ({
  tenant,
  streamId: streamId('item', id),
  expected,
  events: numbers.map((number) => ({ type: 'counted', typeVersion: 1, data: { number } })),
  metadata,
});

describe('the log on Postgres', () => {
  let testDatabase: TestDatabase;
  let database: Database;
  let store: PostgresEventStore;

  beforeAll(async () => {
    testDatabase = await createTestDatabase();
    const options = { url: testDatabase.url, schema: 'agent', applicationName: 'spec' };
    const dataSource = await readModelDataSource({ ...options, migrations: [], entities: [] }).initialize();
    await migrate(dataSource, { ...options, migrations: [], entities: [] });
    await dataSource.destroy();
    database = new Database(options);
    store = new PostgresEventStore({ database, ids: sequentialIds() });
  });
  afterAll(async () => {
    await store.close();
    await database.close();
    await testDatabase.drop();
  });

  it('reads back what was appended, in order', async () => {
    await store.append(append('read-back', 'no-stream', 1, 2));

    const events = await store.readStream(tenant, streamId('item', 'read-back'));

    expect(events.map((event) => [event.streamVersion, event.type, event.data])).toEqual([
      [1, 'counted', { number: 1 }],
      [2, 'counted', { number: 2 }],
    ]);
    expect(events[0]?.metadata).toEqual(metadata);
  });

  it('lets one of two writers of the same version win, and fails only the other', async () => {
    const results = await Promise.allSettled([
      store.append(append('race', 'no-stream', 1)),
      store.append(append('race', 'no-stream', 2)),
      store.append(append('neighbour', 'no-stream', 3)),
    ]);

    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(results[1]).toMatchObject({ reason: expect.any(WrongExpectedVersion) });
    expect(await store.readStream(tenant, streamId('item', 'race'))).toHaveLength(1);
  });

  it('answers a repeated key with the first result and stores nothing', async () => {
    const once = { ...append('key', 'any', 1), idempotencyKey: 'k-1' };
    const first = await store.append(once);
    const head = await store.head();

    const again = await store.append(once);

    expect(again).toEqual({ ...first, outcome: 'duplicate' });
    expect(await store.head()).toBe(head);
  });

  it('refuses a known key with other content', async () => {
    await store.append({ ...append('key-reuse', 'any', 1), idempotencyKey: 'k-2' });

    await expect(store.append({ ...append('key-reuse', 'any', 2), idempotencyKey: 'k-2' })).rejects.toThrow(
      IdempotencyKeyReused,
    );
  });

  it('refuses text that Postgres cannot hold, and nothing else of its batch', async () => {
    const bad = {
      ...append('bad-text', 'any'),
      events: [{ type: 'said', typeVersion: 1, data: { text: 'a\u0000b' } }],
    };

    const results = await Promise.allSettled([store.append(bad), store.append(append('good-text', 'any', 1))]);

    expect(results[0]).toMatchObject({ status: 'rejected', reason: expect.any(UnstorableEvent) });
    expect(results[1]).toMatchObject({ status: 'fulfilled' });
  });

  it('rolls back a handler with its rows and its appends', async () => {
    const head = await store.head();

    const work = store.transaction(async (transaction) => {
      await transaction.query('create table rolled_back (id integer)');
      transaction.append(append('in-transaction', 'no-stream', 1));
      transaction.append(append('in-transaction', 'no-stream', 2));
    });

    await expect(work).rejects.toThrow(WrongExpectedVersion);
    expect(await store.head()).toBe(head);
    expect(await database.query("select to_regclass('rolled_back') as found")).toEqual([{ found: null }]);
  });

  it.each(["update events set type = 'changed'", 'delete from events', 'truncate events'])(
    'refuses to %s',
    async (statement) => {
      await expect(database.query(statement)).rejects.toThrow(/immutable/);
    },
  );

  it('gives many writers dense versions and readers every position in commit order', async () => {
    const seen: number[] = [];
    const before = await store.head();
    let after = before;
    const stop = new AbortController();
    const reader = (async () => {
      while (!stop.signal.aborted || after < (await store.head())) {
        const events = await store.readAll({ after, limit: 100 });
        seen.push(...events.map((event) => event.position));
        after = events.at(-1)?.position ?? after;
      }
    })();
    const second = new Database({ url: testDatabase.url, schema: 'agent', applicationName: 'second-writer' });
    const otherStore = new PostgresEventStore({ database: second, ids: sequentialIds(1) });

    await Promise.all(
      Array.from({ length: 300 }, (_, index) =>
        (index % 2 ? store : otherStore).append(append(`hot-${index % 7}`, 'any', index)),
      ),
    );
    stop.abort();
    await reader;
    await second.close();

    expect(seen).toHaveLength(300);
    expect(seen).toEqual([...seen].sort((left, right) => left - right));
    for (let item = 0; item < 7; item += 1) {
      const stream = await store.readStream(tenant, streamId('item', `hot-${item}`));
      expect(stream.map((event) => event.streamVersion)).toEqual(stream.map((_, index) => index + 1));
    }
  });

  it('starts from nothing', async () => {
    expect((await store.readAll({ after: START, limit: 1 }))[0]?.position).toBe(1);
  });
});
