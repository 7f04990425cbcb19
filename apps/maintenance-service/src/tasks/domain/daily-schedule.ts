import { DAY_MS, MINUTE_MS } from '#libs/kernel';

/** A day of the schedule's time zone, and the moment from which its task is due. */
export type Period = Readonly<{ period: string; dueAt: Date }>;

/**
 * The latest day whose time has come.
 *
 * A time that the clocks jump over counts as come when they have jumped; of a time that comes twice, the first counts.
 *
 * @param at time of day, `HH:MM`
 * @param zone a name of the IANA database
 */
export function duePeriod(now: Date, at: string, zone: string): Period {
  const wallClock = wallClockOf(zone);
  const today = dayOf(wallClock(now.getTime()));
  // A day that a zone leaves out altogether has its moment at the end of the gap, as the day after it.
  for (let back = 0; ; back += 1) {
    const period = addDays(today, -back);
    const dueAtMs = momentOf(`${period}T${at}`, wallClock);
    if (dueAtMs <= now.getTime()) return { period, dueAt: new Date(dueAtMs) };
  }
}

/** The day that it is in the time zone. */
export function localDay(now: Date, zone: string): string {
  return dayOf(wallClockOf(zone)(now.getTime()));
}

/** The days strictly between two, newest first, and at most `limit` of them. */
export function daysBetween(after: string, before: string, limit: number): readonly string[] {
  const days: string[] = [];
  for (let day = addDays(before, -1); day > after && days.length < limit; day = addDays(day, -1)) days.push(day);
  return days;
}

/** What clocks in a zone show at an instant, written as the instant at which UTC would show it. */
type WallClock = (instantMs: number) => number;

/** Making one takes longer than all that is asked of it. */
const wallClocks = new Map<string, WallClock>();

function wallClockOf(zone: string): WallClock {
  const known = wallClocks.get(zone) ?? newWallClock(zone);
  wallClocks.set(zone, known);
  return known;
}

function newWallClock(zone: string): WallClock {
  const format = new Intl.DateTimeFormat('en-US-u-ca-gregory-nu-latn', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  return (instantMs) => {
    const parts = new Map(format.formatToParts(instantMs).map(({ type, value }) => [type, Number(value)]));
    const part = (name: Intl.DateTimeFormatPartTypes): number => parts.get(name) ?? 0;
    return Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'));
  };
}

/** The first instant at which clocks show the local time, or have jumped over it. */
function momentOf(local: string, wallClock: WallClock): number {
  const shown = Date.parse(`${local}:00Z`);
  const offsetAt = (instantMs: number): number => wallClock(instantMs) - instantMs;
  const [before, after] = [offsetAt(shown - DAY_MS), offsetAt(shown + DAY_MS)];
  for (const candidate of [shown - Math.max(before, after), shown - Math.min(before, after)]) {
    if (wallClock(candidate) === shown) return candidate;
  }
  return firstMinuteNotBefore(shown, wallClock, { from: shown - after, to: shown - before });
}

/** Binary search for the jump itself, which lies between the instants that the two offsets give. */
function firstMinuteNotBefore(
  shown: number,
  wallClock: WallClock,
  { from, to }: Readonly<{ from: number; to: number }>,
): number {
  let [low, high] = [from, to];
  while (high - low > MINUTE_MS) {
    const middle = low + Math.floor((high - low) / (2 * MINUTE_MS)) * MINUTE_MS;
    if (wallClock(middle) >= shown) high = middle;
    else low = middle;
  }
  return high;
}

const dayOf = (instantMs: number): string => new Date(instantMs).toISOString().slice(0, 10);

function addDays(day: string, count: number): string {
  return dayOf(Date.parse(`${day}T00:00:00Z`) + count * DAY_MS);
}
