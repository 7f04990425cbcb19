import type { Queryable } from '#libs/event-store';
import type { Bus } from '../bus.ts';
import { publishDeadLetter } from '../dead-letters.ts';
import { noteAnnounced, readParked } from './parked-messages.ts';

export type AnnounceOptions = Readonly<{ service: string; bus: Bus; database: Queryable }>;

/** Tells the stream DEAD_LETTERS of a message that is dead, and notes that it knows. Told twice, the server drops the double. */
export async function announceDead(
  { bus, service, database }: AnnounceOptions,
  consumer: string,
  id: number,
): Promise<void> {
  const message = await readParked(database, id);
  if (message?.state !== 'dead') return;
  await publishDeadLetter(bus, { service, consumer, message });
  await noteAnnounced(database, id);
}
