import { ReadableEventStore, refuseUnreadableLog, Snapshots, type Database, type EventStore } from '#libs/event-store';
import { reportError } from '#libs/observability';
import type { OpenDatabaseOptions } from './open-database.ts';
import type { Runtime } from './runtime.module.ts';

type Stored = Readonly<{ database: Database; store: EventStore }>;

/**
 * The log as the service's code reads it: newest versions only (ADR-0008), and long streams from snapshots.
 * @throws UnreadableLog when the log holds what this release cannot read
 */
export async function readableLog(
  { parts: { eventTypes }, logger, sequence }: OpenDatabaseOptions,
  { database, store }: Stored,
): Promise<Pick<Runtime, 'store' | 'snapshots'>> {
  await refuseUnreadableLog(database, eventTypes);
  const snapshots = new Snapshots({
    database,
    read: (event) => eventTypes.read(event),
    onFailure: (error, stream) => {
      logger.warn({ err: error, stream }, 'a snapshot could not be written; the stream is loaded without it');
      reportError(error, { component: 'snapshots' });
    },
  });
  sequence.add({ phase: 'finish', name: 'snapshots', run: () => snapshots.close() });
  return { store: new ReadableEventStore(store, eventTypes), snapshots };
}
