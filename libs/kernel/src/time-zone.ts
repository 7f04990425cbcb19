import { DomainError } from './domain-error.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from './time.ts';

/** A day of a business's own calendar, `YYYY-MM-DD`; such texts sort as the days do. */
export type LocalDate = string;

/** What calendar and clock on the wall of a business show. */
export type LocalMoment = Readonly<{
  date: LocalDate;
  /** 0 to 23. */
  hour: number;
  /** Since midnight by the clock on the wall, 0 to 1439. */
  minuteOfDay: number;
  /** ISO 8601: Monday is 1, Sunday 7. */
  weekday: number;
}>;

/** No time zone has that name. */
export class UnknownTimeZone extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'time/unknown-zone';

  constructor(name: string, cause: unknown) {
    super(`"${name}" is no time zone: write a name of the IANA list, such as Europe/London.`, { cause });
  }
}

const REMEMBERED_OFFSETS = 10_000;
const QUARTER_MS = 15 * MINUTE_MS;

/** A time zone with its changes between winter and summer time, as the runtime's own tables have them. */
export class TimeZone {
  readonly name: string;
  readonly #format: Intl.DateTimeFormat;
  readonly #offsets = new Map<number, number>();

  /** @throws UnknownTimeZone */
  constructor(name: string) {
    this.name = name;
    try {
      this.#format = new Intl.DateTimeFormat('en-GB', {
        timeZone: name,
        hourCycle: 'h23',
        ...{ year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric' },
      });
    } catch (error) {
      throw new UnknownTimeZone(name, error);
    }
  }

  /** What the wall shows at an instant (milliseconds since 1970). */
  at(utcMs: number): LocalMoment {
    const wallMs = utcMs + this.#offsetMs(utcMs);
    const day = Math.floor(wallMs / DAY_MS);
    const minuteOfDay = Math.floor((wallMs - day * DAY_MS) / MINUTE_MS);
    return { date: dateOf(day), hour: Math.floor(minuteOfDay / 60), minuteOfDay, weekday: weekdayOfDay(day) };
  }

  /** The instant at which the wall shows that minute of that day; see {@link toUtcMs} for those that come twice or never. */
  instantOf(date: LocalDate, minuteOfDay = 0): number {
    return this.toUtcMs(dayOf(date) * DAY_MS + minuteOfDay * MINUTE_MS);
  }

  /**
   * The instant at which clocks show that time (given as if it were UTC, in milliseconds since 1970). A time that comes
   * twice (clocks go back) is the first of the two; one that is skipped (clocks go forward) is read by the offset before
   * the change, as RFC 5545 and Temporal do.
   */
  toUtcMs(wallMs: number): number {
    const before = this.#offsetMs(wallMs - DAY_MS);
    const after = this.#offsetMs(wallMs + DAY_MS);
    if (before === after) return wallMs - before;
    const fits = [before, after].filter((offset) => this.#offsetMs(wallMs - offset) === offset);
    return wallMs - Math.max(...(fits.length > 0 ? fits : [before]));
  }

  /** How far clocks are ahead of UTC. Zones change theirs on the quarter of an hour, so one answer serves for it. */
  #offsetMs(utcMs: number): number {
    const key = Math.floor(utcMs / QUARTER_MS);
    const known = this.#offsets.get(key);
    if (known !== undefined) return known;
    const offset = this.#measure(key * QUARTER_MS);
    if (this.#offsets.size >= REMEMBERED_OFFSETS) this.#offsets.clear();
    this.#offsets.set(key, offset);
    return offset;
  }

  #measure(utcMs: number): number {
    const shown = new Map(this.#format.formatToParts(utcMs).map(({ type, value }) => [type, Number(value)]));
    const part = (name: Intl.DateTimeFormatPartTypes): number => shown.get(name) ?? 0;
    const wallMs = Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'));
    return wallMs - utcMs;
  }
}

const zones = new Map<string, TimeZone>();

/**
 * The zone of a name; the same object each time, so that what it learned is kept.
 * @throws UnknownTimeZone
 */
export function timeZone(name: string): TimeZone {
  const known = zones.get(name);
  if (known) return known;
  const zone = new TimeZone(name);
  zones.set(name, zone);
  return zone;
}

/** Calendars are asked for the same few hundred days again and again; both ways of reading one are remembered. */
const REMEMBERED_DAYS = 10_000;
const dayByDate = new Map<LocalDate, number>();
const dateByDay = new Map<number, LocalDate>();

/** Days since 1970-01-01. */
function dayOf(date: LocalDate): number {
  const known = dayByDate.get(date);
  if (known !== undefined) return known;
  const day = Math.floor(Date.parse(`${date}T00:00:00Z`) / DAY_MS);
  if (dayByDate.size >= REMEMBERED_DAYS) dayByDate.clear();
  dayByDate.set(date, day);
  return day;
}

function dateOf(day: number): LocalDate {
  const known = dateByDay.get(day);
  if (known !== undefined) return known;
  const date = new Date(day * DAY_MS).toISOString().slice(0, 10);
  if (dateByDay.size >= REMEMBERED_DAYS) dateByDay.clear();
  dateByDay.set(day, date);
  return date;
}

/** 1970-01-01 was a Thursday. */
const weekdayOfDay = (day: number): number => ((((day + 3) % 7) + 7) % 7) + 1;

/** The day so many days later (or earlier, when negative). */
export function plusDays(date: LocalDate, days: number): LocalDate {
  return dateOf(dayOf(date) + days);
}

/** Days from one day to another; negative when `to` is earlier. */
export function daysBetween(from: LocalDate, to: LocalDate): number {
  return dayOf(to) - dayOf(from);
}

/** ISO 8601: Monday is 1, Sunday 7. */
export function weekdayOf(date: LocalDate): number {
  return weekdayOfDay(dayOf(date));
}

/** Hours, as a decimal, between two instants in milliseconds. */
export function hoursBetween(fromMs: number, toMs: number): number {
  return (toMs - fromMs) / HOUR_MS;
}
