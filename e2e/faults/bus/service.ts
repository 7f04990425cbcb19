import { randomUUID } from 'node:crypto';
import { Database, PostgresEventStore } from '#libs/event-store';
import { eventId } from '#libs/kernel';
import { connectBus, type Bus } from '#libs/messaging';
import { say, setting } from '../stdio.ts';

/** What a program of a run works with, by the settings of its environment. */
export type Service = Readonly<{
  instance: string;
  bus: Bus;
  database: Database;
  store: PostgresEventStore;
  /** Tells the run of something that failed. */
  complain: (error: unknown) => void;
  close: () => Promise<void>;
}>;

export async function openService(schema: string): Promise<Service> {
  const instance = setting('INSTANCE');
  const database = new Database({ url: setting('DATABASE_URL'), schema, applicationName: instance, poolSize: 10 });
  const store = new PostgresEventStore({ database, ids: { next: () => eventId(randomUUID()) } });
  const complain = (error: unknown): void => {
    const what = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    say({ line: 'trouble', instance, what });
  };
  const bus = await connectBus({
    url: setting('NATS_URL'),
    name: instance,
    // The server says so, and nobody else, when it does not pass on what was published.
    onStatus: ({ type, detail }) => {
      if (type === 'error') complain(`nats-server: ${detail ?? 'an error'}`);
    },
  });
  return {
    ...{ instance, bus, database, store, complain },
    close: async () => {
      await bus.close();
      await store.close();
      await database.close();
    },
  };
}
