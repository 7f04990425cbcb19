import { DAY_MS } from '#libs/kernel';

/** The restaurant keeps UTC: its days, weekdays and opening hours are those of the events' times. */
export const OPENING_HOUR = 9;

const TICKETS_PER_DAY = 11;
/** January to December. */
const MONTHS = [0.8, 0.8, 0.9, 1, 1.1, 1.2, 1.3, 1.2, 1, 1, 1.1, 1.4];
/** Sunday to Saturday, as `getUTCDay` counts. */
const WEEKDAYS = [1.1, 0.7, 0.8, 0.9, 1, 1.3, 1.4];
/** From the opening hour on; they add up to 12, so that the average hour has 1. */
const HOURS = [0.3, 0.4, 0.8, 1.6, 1.5, 0.8, 0.5, 0.5, 0.9, 1.6, 1.8, 1.3];

export function startOfDay(atMs: number): number {
  return Math.floor(atMs / DAY_MS) * DAY_MS;
}

/** `YYYY-MM-DD`. */
export function localDate(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 10);
}

/** The hours in which the restaurant sells, each with how many tickets to expect on that day. */
export function sellingHours(dayMs: number): { hour: number; expectedTickets: number }[] {
  const day = new Date(dayMs);
  const factor = (MONTHS[day.getUTCMonth()] ?? 1) * (WEEKDAYS[day.getUTCDay()] ?? 1);
  return HOURS.map((share, index) => ({
    hour: OPENING_HOUR + index,
    expectedTickets: (TICKETS_PER_DAY * factor * share) / HOURS.length,
  }));
}
