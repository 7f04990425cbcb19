import { timeZone, type LocalDate, type LocalMoment } from '#libs/kernel';
import type { RecordedEvent } from '#libs/event-store';

/** By calendar and clock of the business, as it lived when the event came; before a zone was told, in UTC. */
export function localMomentOf({ metadata }: Pick<RecordedEvent, 'metadata'>): LocalMoment {
  return timeZone(metadata.timeZone ?? 'UTC').at(Date.parse(metadata.occurredAt));
}

/** The business's own day on which it happened. */
export function localDayOf(event: Pick<RecordedEvent, 'metadata'>): LocalDate {
  return localMomentOf(event).date;
}
