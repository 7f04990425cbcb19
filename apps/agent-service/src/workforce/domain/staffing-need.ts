import { linearRegression, mean, standardDeviation } from 'simple-statistics';
import { HOUR_MS, plusDays, weekdayOf, type LocalDate } from '#libs/kernel';
import type { DemandDay } from './demand.ts';
import type { WorkforceBook } from './workforce-book.ts';

/** How many hours the business works on a day with so much demand, as its past shows. */
export type StaffingModel = Readonly<{
  measure: 'tickets' | 'revenue';
  /** Of the measure, expected on a day to come; `undefined` when that weekday is closed or unknown. */
  expectedDemand: (day: LocalDate) => number | undefined;
  hoursFor: (demand: number) => number;
  /** How far the hours of a day usually are from it. */
  usualError: number;
  days: number;
  /** How much more came in the last week than such weekdays usually bring, as a factor. */
  level: number;
}>;

const HISTORY_DAYS = 56;
/** With fewer days there is nothing to learn from. */
const LEAST_DAYS = 14;
/** A weekday with less than this share of the usual demand is a day on which it is closed. */
const CLOSED_SHARE = 0.1;
/** One week may be an exception: the level moves no further. */
const LEVEL_BOUNDS = { least: 0.7, most: 1.6 } as const;
const LEVEL_DAYS = 7;

type PastDay = Readonly<{ day: LocalDate; demand: number; hours: number }>;

/**
 * Learns from the last eight weeks: hours worked as a straight line of the demand (some hours are needed however few
 * come), and demand by weekday, raised or lowered by what the last week brought. `undefined` while it knows too little.
 */
export function staffingModel(book: Readonly<WorkforceBook>, today: LocalDate): StaffingModel | undefined {
  const first = [...book.demand.keys()].reduce((least, day) => (day < least ? day : least), today);
  const from = first > plusDays(today, -HISTORY_DAYS) ? first : plusDays(today, -HISTORY_DAYS);
  const dates: LocalDate[] = [];
  for (let day = from; day < today; day = plusDays(day, 1)) dates.push(day);
  const measure =
    dates.filter((day) => (book.demand.get(day)?.tickets ?? 0) > 0).length >= LEAST_DAYS ? 'tickets' : 'revenue';
  const past = dates.map((day): PastDay => ({
    day,
    demand: demandOf(book.demand.get(day), measure),
    hours: (book.days.get(day)?.workedMs ?? 0) / HOUR_MS,
  }));
  const worked = past.filter(({ demand, hours }) => demand > 0 && hours > 0);
  if (worked.length < LEAST_DAYS) return undefined;
  const hoursFor = hoursByDemand(worked);
  const usual = demandByWeekday(past);
  const level = levelOf(past.slice(-LEVEL_DAYS), usual);
  return {
    measure,
    expectedDemand: (day) => {
      const expected = usual.get(weekdayOf(day));
      return expected === undefined ? undefined : expected * level;
    },
    hoursFor,
    usualError: standardDeviation(worked.map(({ demand, hours }) => hours - hoursFor(demand))),
    days: worked.length,
    level,
  };
}

/** The busiest hours of a weekday, busiest first. */
export function busiestHours(book: Readonly<WorkforceBook>, weekday: number, count: number): readonly number[] {
  const tickets = Array.from({ length: 24 }, () => 0);
  for (const [day, { ticketsByHour = [] }] of book.demand) {
    if (weekdayOf(day) !== weekday) continue;
    for (const [hour, sold] of ticketsByHour.entries()) tickets[hour] = (tickets[hour] ?? 0) + sold;
  }
  const byTickets = [...tickets.entries()].sort(([, left], [, right]) => right - left);
  return byTickets
    .filter(([, sold]) => sold > 0)
    .slice(0, count)
    .map(([hour]) => hour);
}

function demandOf(day: DemandDay | undefined, measure: StaffingModel['measure']): number {
  return Math.max(0, day?.[measure] ?? 0);
}

function hoursByDemand(past: readonly PastDay[]): (demand: number) => number {
  const { m, b } = linearRegression(past.map(({ demand, hours }) => [demand, hours]));
  const usual = mean(past.map(({ hours }) => hours));
  // Fewer hours on busier days is chance or a bad plan, and nothing to learn.
  if (!(m > 0)) return () => usual;
  return (demand) => Math.max(0, m * demand + b);
}

function demandByWeekday(past: readonly PastDay[]): ReadonlyMap<number, number> {
  const overall = mean(past.map(({ demand }) => demand));
  return new Map(
    [1, 2, 3, 4, 5, 6, 7].flatMap((weekday): [number, number][] => {
      const days = past.filter(({ day }) => weekdayOf(day) === weekday).map(({ demand }) => demand);
      const usual = days.length >= 2 ? mean(days) : 0;
      return usual > overall * CLOSED_SHARE ? [[weekday, usual]] : [];
    }),
  );
}

function levelOf(lastWeek: readonly PastDay[], usual: ReadonlyMap<number, number>): number {
  const known = lastWeek.filter(({ day }) => usual.has(weekdayOf(day)));
  const expected = known.reduce((sum, { day }) => sum + (usual.get(weekdayOf(day)) ?? 0), 0);
  if (expected <= 0) return 1;
  const came = known.reduce((sum, { demand }) => sum + demand, 0);
  return Math.min(LEVEL_BOUNDS.most, Math.max(LEVEL_BOUNDS.least, came / expected));
}
