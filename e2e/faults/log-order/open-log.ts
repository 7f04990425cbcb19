import { randomUUID } from 'node:crypto';
import { Database, PostgresEventStore } from '#libs/event-store';
import { eventId } from '#libs/kernel';

/** Schema of the log under test. */
export const SCHEMA = 'log_order';

export type OpenLog = Readonly<{ database: Database; store: PostgresEventStore; close: () => Promise<void> }>;

/** A process's own way to the log under test. */
export function openLog(url: string, applicationName: string): OpenLog {
  const database = new Database({ url, schema: SCHEMA, applicationName, poolSize: 10 });
  const store = new PostgresEventStore({ database, ids: { next: () => eventId(randomUUID()) } });
  return {
    database,
    store,
    close: async () => {
      await store.close();
      await database.close();
    },
  };
}
