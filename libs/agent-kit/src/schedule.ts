import {
  MINUTE_MS,
  plusDays,
  SECOND_MS,
  weekdayOf,
  type LocalDate,
  type LocalMoment,
  type TimeZone,
} from '#libs/kernel';
import type { BusinessSettings } from '#libs/business-settings';

/**
 * When a detector looks without being told by an event. Days, weekdays and hours are those of the business. An interval is
 * counted from 1970, so that every instance knows the same windows.
 */
export type Schedule =
  | Readonly<{ every: 'day'; at: TimeOfDay }>
  | Readonly<{ every: 'week'; weekday: 1 | 2 | 3 | 4 | 5 | 6 | 7; at: TimeOfDay }>
  | Readonly<{ every: 'month'; day: number; at: TimeOfDay }>
  | Readonly<{ every: 'interval'; seconds: (settings: BusinessSettings) => number }>;

/** `06:30`. */
export type TimeOfDay = `${number}:${number}`;

/** One turn of a schedule; it runs once, whatever the number of instances and restarts. */
export type Window = Readonly<{
  /** `2026-03-02` for days, weeks and months; the instant for an interval. */
  id: string;
  /** When it came due, milliseconds since 1970. */
  dueMs: number;
  /** The same by the calendar of the business. */
  local: LocalMoment;
}>;

/**
 * The windows that came due after one instant, up to and with another. Of many, only the first and the last: nothing
 * happened between the instants, so those between would see what the first saw.
 */
export function windowsBetween(
  schedule: Schedule,
  {
    afterMs,
    untilMs,
    zone,
    settings,
  }: Readonly<{ afterMs: number; untilMs: number; zone: TimeZone; settings: BusinessSettings }>,
): readonly Window[] {
  const last = latestDue(schedule, untilMs, zone, settings);
  if (last === undefined || last <= afterMs) return [];
  const first = firstDueAfter(schedule, afterMs, zone, settings);
  const dues = first === undefined || first >= last ? [last] : [first, last];
  return dues.map((dueMs) => windowAt(schedule, dueMs, zone));
}

/** The latest time at which a schedule was due, up to and with an instant. */
export function latestDue(
  schedule: Schedule,
  atMs: number,
  zone: TimeZone,
  settings: BusinessSettings,
): number | undefined {
  if (schedule.every === 'interval') {
    const step = schedule.seconds(settings) * SECOND_MS;
    return Math.floor(atMs / step) * step;
  }
  const today = zone.at(atMs).date;
  for (let back = 0; back <= MOST_DAYS_BETWEEN; back += 1) {
    const dueMs = dueOn(schedule, plusDays(today, -back), zone);
    if (dueMs !== undefined && dueMs <= atMs) return dueMs;
  }
  return undefined;
}

/** The first time at which a schedule is due after an instant. */
export function firstDueAfter(
  schedule: Schedule,
  afterMs: number,
  zone: TimeZone,
  settings: BusinessSettings,
): number | undefined {
  if (schedule.every === 'interval') {
    const step = schedule.seconds(settings) * SECOND_MS;
    return (Math.floor(afterMs / step) + 1) * step;
  }
  const today = zone.at(afterMs).date;
  for (let ahead = 0; ahead <= MOST_DAYS_BETWEEN; ahead += 1) {
    const dueMs = dueOn(schedule, plusDays(today, ahead), zone);
    if (dueMs !== undefined && dueMs > afterMs) return dueMs;
  }
  return undefined;
}

/** Two months: the 31st is not in each of them. */
const MOST_DAYS_BETWEEN = 62;

function dueOn(
  schedule: Exclude<Schedule, { every: 'interval' }>,
  date: LocalDate,
  zone: TimeZone,
): number | undefined {
  if (schedule.every === 'week' && weekdayOf(date) !== schedule.weekday) return undefined;
  if (schedule.every === 'month' && Number(date.slice(8)) !== schedule.day) return undefined;
  return zone.instantOf(date, minutesOf(schedule.at));
}

function windowAt(schedule: Schedule, dueMs: number, zone: TimeZone): Window {
  const local = zone.at(dueMs);
  return { id: schedule.every === 'interval' ? new Date(dueMs).toISOString() : local.date, dueMs, local };
}

function minutesOf(at: TimeOfDay): number {
  const [hours = '0', minutes = '0'] = at.split(':');
  return (Number(hours) * 60 * MINUTE_MS + Number(minutes) * MINUTE_MS) / MINUTE_MS;
}
