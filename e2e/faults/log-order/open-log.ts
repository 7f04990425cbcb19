import { randomUUID } from 'node:crypto';
import { Database, PostgresEventStore } from '#libs/event-store';
import { eventId } from '#libs/kernel';

/** Schema of the log under test. */
export const SCHEMA = 'log_order';

export type OpenLog = Readonly<{ database: Database; store: PostgresEventStore; close: () => Promise<void> }>;

/**
 * A process's own way to the log under test.
 * @param retryForMs how long its store tries again by itself. @default that of the store
 */
export function openLog(url: string, applicationName: string, retryForMs?: number): OpenLog {
  const database = new Database({ url, schema: SCHEMA, applicationName, poolSize: 10 });
  const ids = { next: () => eventId(randomUUID()) };
  const store = new PostgresEventStore({ database, ids, ...(retryForMs === undefined ? {} : { retryForMs }) });
  return {
    database,
    store,
    close: async () => {
      await store.close();
      await database.close();
    },
  };
}
