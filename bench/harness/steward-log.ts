import { randomUUID } from 'node:crypto';
import {
  Database,
  migrate,
  PostgresEventStore,
  readModelDataSource,
  type Append,
  type MigrationClass,
} from '#libs/event-store';
import { eventId, streamId, tenantId } from '#libs/kernel';
import { POOL_SIZE } from './bench.ts';
import { sampleEvent } from './sample-events.ts';
import type { AtEnd } from './with-resources.ts';

/** Our log in a schema of its own, as a service opens it. */
export type StewardLog = Readonly<{ database: Database; store: PostgresEventStore }>;

export const TENANT = tenantId('bench');

export async function openStewardLog(
  url: string,
  schema: string,
  atEnd: AtEnd,
  migrations: readonly MigrationClass[] = [],
): Promise<StewardLog> {
  const options = { url, schema, applicationName: 'bench', migrations, entities: [] };
  const dataSource = await readModelDataSource(options).initialize();
  try {
    await migrate(dataSource, options);
  } finally {
    await dataSource.destroy();
  }
  const database = new Database({ ...options, poolSize: POOL_SIZE });
  const store = storeOf(database);
  atEnd(async () => {
    await store.close();
    await database.close();
  });
  return { database, store };
}

/** A store that remembers nothing of what another one has read. */
export function storeOf(database: Database): PostgresEventStore {
  return new PostgresEventStore({ database, ids: { next: () => eventId(randomUUID()) } });
}

/** An append of some sample events, numbered from `first`. Their metadata is the first one's. */
export function sampleAppend(stream: number | string, first: number, count = 1): Append {
  const events = Array.from({ length: count }, (_, index) => sampleEvent(first + index));
  const [{ metadata } = sampleEvent(first)] = events;
  return {
    tenant: TENANT,
    streamId: streamId('item', `${stream}`),
    expected: 'any',
    events: events.map(({ type, data }) => ({ type, typeVersion: 1, data })),
    metadata,
  };
}

export type Filling = Readonly<{
  events: number;
  streams: number;
  /** Events in each append. @default 1 */
  perAppend?: number;
  /** Appends under way at once. @default 512, so that every batch is a full one */
  callers?: number;
  say?: (line: string) => void;
}>;

/** Fills a log by the product's own append, its streams in turns. */
export async function fill(store: PostgresEventStore, filling: Filling): Promise<void> {
  const { events, streams, perAppend = 1, callers = 512, say } = filling;
  const appends = Math.ceil(events / perAppend);
  let next = 0;
  await Promise.all(
    Array.from({ length: Math.min(callers, appends) }, async () => {
      while (next < appends) {
        const append = next;
        next += 1;
        await store.append(sampleAppend(append % streams, append * perAppend + 1, perAppend));
        if (append > 0 && append % 50_000 === 0) say?.(`filled ${append * perAppend} of ${events} events`);
      }
    }),
  );
}
