import { correlationId, streamId, tenantId } from '#libs/kernel';
import { createTestDatabase, sequentialIds } from '#libs/testing';
import type { Append, EventMetadata } from '../event-store.ts';
import { Database, type DatabaseOptions } from './database.ts';
import { migrate, readModelDataSource } from './migrate.ts';
import { PostgresEventStore, type PostgresEventStoreOptions } from './postgres-event-store.ts';

/** One service's way to the log; several of them in a spec stand for several processes. */
export type Instance = Readonly<{ database: Database; store: PostgresEventStore }>;

/** A log of a spec's own on the real Postgres. */
export type LogFixture = Instance &
  Readonly<{
    url: string;
    /** Another pool and store on the same log. */
    connect: (options?: Partial<DatabaseOptions>, store?: Partial<PostgresEventStoreOptions>) => Instance;
    close: () => Promise<void>;
  }>;

export const TENANT = tenantId('demo');
export const METADATA: EventMetadata = {
  correlationId: correlationId('c-1'),
  actor: 'spec',
  occurredAt: '2026-01-01T12:00:00.000Z',
};

/** `counted` events that carry the given numbers. */
export function counted(stream: string, expected: Append['expected'], ...numbers: number[]): Append {
  return {
    tenant: TENANT,
    streamId: streamId('item', stream),
    expected,
    events: numbers.map((number) => ({ type: 'counted', typeVersion: 1, data: { number } })),
    metadata: METADATA,
  };
}

export async function openLog(schema = 'agent'): Promise<LogFixture> {
  const testDatabase = await createTestDatabase();
  const { url } = testDatabase;
  const setUp = { url, schema, applicationName: 'spec', migrations: [], entities: [] };
  const dataSource = await readModelDataSource(setUp).initialize();
  await migrate(dataSource, setUp);
  await dataSource.destroy();
  const opened: Database[] = [];
  const connect: LogFixture['connect'] = (options = {}, storeOptions = {}) => {
    const database = new Database({ url, schema, applicationName: `spec-${opened.length}`, ...options });
    const store = new PostgresEventStore({ database, ids: sequentialIds(opened.length), ...storeOptions });
    opened.push(database);
    return { database, store };
  };
  return {
    ...connect(),
    url,
    connect,
    close: async () => {
      await Promise.all(opened.map((database) => database.close()));
      await testDatabase.drop();
    },
  };
}
