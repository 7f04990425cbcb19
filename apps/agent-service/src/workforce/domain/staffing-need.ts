import { linearRegression, mean, standardDeviation } from 'simple-statistics';
import { HOUR_MS, plusDays, weekdayOf, type LocalDate } from '#libs/kernel';
import type { DemandDay } from './demand.ts';
import type { WorkforceBook } from './workforce-book.ts';

/** How many hours the business works on a day with so much demand, as its past shows. */
export type StaffingModel = Readonly<{
  measure: 'tickets' | 'revenue';
  /** Of the measure, on a day to come; `undefined` when the business is closed on that weekday, or it is unknown. */
  expectedDemand: (day: LocalDate) => number | undefined;
  hoursFor: (demand: number) => number;
  /** So far from {@link hoursFor} a plan may be right, two standard errors: hours vary, and nobody knows demand for sure. */
  marginFor: (demand: number) => number;
  /** Days of work that it is learned from. */
  days: number;
  /** How much more the last week brought than such weekdays usually do, as a factor; 1 while that may be chance. */
  level: number;
}>;

const HISTORY_DAYS = 56;
/** With fewer days there is nothing to learn from: each weekday three times. */
const LEAST_DAYS = 21;
/** On a weekday with less than this share of the usual demand the business is closed. */
const CLOSED_SHARE = 0.1;
/** One week may be an exception: the level moves no further. */
const LEVEL_BOUNDS = { least: 0.7, most: 1.6 } as const;
/** What differs by fewer standard errors may be chance. */
const STANDARD_ERRORS = 2;
const LEVEL_DAYS = 7;

type PastDay = Readonly<{ weekday: number; demand: number; hours: number }>;
/** What a weekday usually brings and takes. */
type UsualDay = Readonly<{ demand: number; hours: number }>;

/**
 * Learns from the last eight weeks: what each weekday usually brings, and hours as a straight line of that (some are needed
 * however few come). Single days are no measure, since people are planned before anybody knows how many will come.
 * `undefined` while it knows too little.
 */
export function staffingModel(book: Readonly<WorkforceBook>, today: LocalDate): StaffingModel | undefined {
  const dates = lastDays(today, HISTORY_DAYS);
  const sold = dates.filter((day) => (book.demand.get(day)?.tickets ?? 0) > 0).length;
  const measure = sold >= LEAST_DAYS ? 'tickets' : 'revenue';
  const all = dates.map((day): PastDay => {
    const hours = (book.days.get(day)?.workedMs ?? 0) / HOUR_MS;
    return { weekday: weekdayOf(day), demand: demandOf(book.demand.get(day), measure), hours };
  });
  // What the books have from before anybody worked here is of another time.
  const past = all.slice(Math.max(0, all.findIndex(isWorked)));
  const worked = past.filter(isWorked);
  if (worked.length < LEAST_DAYS) return undefined;
  const usual = usualWeek(past);
  const hoursFor = hoursByDemand([...usual.values()]);
  const ratiosOf = (days: readonly PastDay[]): readonly number[] =>
    days.flatMap(({ weekday, demand }) => ratioTo(usual.get(weekday), demand));
  const ratios = ratiosOf(past);
  const misses = worked.flatMap(({ weekday, hours }) => {
    const day = usual.get(weekday);
    return day ? [hours - hoursFor(day.demand)] : [];
  });
  const level = levelOf(ratiosOf(past.slice(-LEVEL_DAYS)), spread(ratios));
  return {
    ...{ measure, hoursFor, level, days: worked.length },
    expectedDemand: (day) => {
      const expected = usual.get(weekdayOf(day));
      return expected && expected.demand * level;
    },
    marginFor: (demand) => {
      // Each weekday's mean is of a seventh of the days.
      const doubt = (STANDARD_ERRORS * spread(ratios)) / Math.sqrt(ratios.length / 7);
      return Math.hypot(STANDARD_ERRORS * spread(misses), hoursFor(demand * (1 + doubt)) - hoursFor(demand));
    },
  };
}

/** The busiest hours of a weekday, busiest first. */
export function busiestHours(book: Readonly<WorkforceBook>, weekday: number, count: number): readonly number[] {
  const tickets = Array.from({ length: 24 }, () => 0);
  for (const [day, { ticketsByHour }] of book.demand) {
    if (!ticketsByHour || weekdayOf(day) !== weekday) continue;
    for (const [hour, sold] of ticketsByHour.entries()) tickets[hour] = (tickets[hour] ?? 0) + sold;
  }
  const busy = [...tickets.entries()].filter(([, sold]) => sold > 0).sort(([, left], [, right]) => right - left);
  return busy.slice(0, count).map(([hour]) => hour);
}

const isWorked = ({ demand, hours }: PastDay): boolean => demand > 0 && hours > 0;

/** Oldest first, without today. */
function lastDays(today: LocalDate, count: number): readonly LocalDate[] {
  return Array.from({ length: count }, (_, index) => plusDays(today, index - count));
}

function demandOf(day: DemandDay | undefined, measure: StaffingModel['measure']): number {
  return Math.max(0, day?.[measure] ?? 0);
}

function usualWeek(past: readonly PastDay[]): ReadonlyMap<number, UsualDay> {
  const overall = mean(past.map(({ demand }) => demand));
  return new Map(
    [1, 2, 3, 4, 5, 6, 7].flatMap((weekday): [number, UsualDay][] => {
      const days = past.filter((day) => day.weekday === weekday);
      if (days.length < 2) return [];
      const usual = { demand: mean(days.map(({ demand }) => demand)), hours: mean(days.map(({ hours }) => hours)) };
      return usual.demand > overall * CLOSED_SHARE ? [[weekday, usual]] : [];
    }),
  );
}

function hoursByDemand(week: readonly UsualDay[]): (demand: number) => number {
  const { m, b } = linearRegression(week.map(({ demand, hours }) => [demand, hours]));
  const usual = mean(week.map(({ hours }) => hours));
  // Fewer hours on busier weekdays is nothing to learn; and with one kind of day there is no line.
  if (!(m > 0)) return () => usual;
  return (demand) => Math.max(0, m * demand + b);
}

function ratioTo(usual: UsualDay | undefined, demand: number): readonly number[] {
  return usual ? [demand / usual.demand] : [];
}

/** @param lastWeek each day against what its weekday usually brings */
function levelOf(lastWeek: readonly number[], usualSpread: number): number {
  if (lastWeek.length === 0) return 1;
  const level = mean([...lastWeek]);
  if (Math.abs(level - 1) <= (STANDARD_ERRORS * usualSpread) / Math.sqrt(lastWeek.length)) return 1;
  return Math.min(LEVEL_BOUNDS.most, Math.max(LEVEL_BOUNDS.least, level));
}

function spread(values: readonly number[]): number {
  return values.length > 1 ? standardDeviation([...values]) : 0;
}
