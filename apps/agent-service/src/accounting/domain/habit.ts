import { quantileSorted } from 'simple-statistics';

/** Where most of the amounts of a group lie, in the scale in which they lie evenly about their median. */
export type AmountHabit = {
  median: number;
  /** How amounts are spread above the median: as multiples of it (`log`) or as differences to it (`linear`). */
  scale: 'linear' | 'log';
  /** Spread above the median, like a standard deviation: of logarithms, or in minor units. */
  spreadUp: number;
  /** Spread below the median, in minor units. */
  spreadDown: number;
  firstQuartile: number;
  thirdQuartile: number;
};

/** What is usual in a group of transactions. Plain data. */
export type Habit = {
  count: number;
  /** Days of the calendar with any. */
  dayCount: number;
  /** From the first to the last day, both counted. */
  spanDays: number;
  amount: AmountHabit;
  byHour: number[];
  /** Monday first. */
  byWeekday: number[];
  withReference: number;
  /** How many amounts-with-party-and-content came once, and how many twice. */
  seenOnce: number;
  seenTwice: number;
  /** 0 to 1: how alike the older and the newer half of the amounts are. */
  steadiness: number;
};

type Columns = Readonly<{
  amounts: readonly number[];
  minutes: readonly number[];
  days: readonly number[];
  prints: readonly number[];
  hasReference: readonly number[];
}>;

/** 1970-01-01, day 0, was a Thursday; Monday is 0 here. */
const weekdayIndex = (day: number): number => (((day + 3) % 7) + 7) % 7;

/** What is usual among the transactions given; there must be one at least. */
export function habitOf({ amounts, minutes, days, prints, hasReference }: Columns): Habit {
  const byHour = new Array<number>(24).fill(0);
  const byWeekday = new Array<number>(7).fill(0);
  for (const minute of minutes) increase(byHour, Math.floor(minute / 60));
  for (const day of days) increase(byWeekday, weekdayIndex(day));
  const first = days.reduce((least, day) => Math.min(least, day), Infinity);
  const last = days.reduce((most, day) => Math.max(most, day), -Infinity);
  const { seenOnce, seenTwice } = repetitions(prints);
  return {
    count: amounts.length,
    dayCount: new Set(days).size,
    spanDays: last - first + 1,
    amount: amountHabitOf(sorted(amounts)),
    byHour,
    byWeekday,
    withReference: hasReference.reduce((sum, one) => sum + one, 0),
    seenOnce,
    seenTwice,
    steadiness: steadinessOf(amounts),
  };
}

function increase(counts: number[], index: number): void {
  counts[index] = (counts[index] ?? 0) + 1;
}

/** The standard normal distribution has its 90th percentile here; its median absolute deviation is 0.6745. */
const P90 = 1.2816;
const P75 = 0.6745;
/** An upper spread so many times the lower one is no chance: the amounts lie evenly by their ratio. */
const SKEWED = 1.2;
/** Only so many tell that amounts are not skewed; fewer are taken to be, as that alarms less. */
const ENOUGH_TO_TELL = 100;
/** A side whose spread is less than this share of the other's was measured too small. */
const LIKELY_SHARE = 0.7;
/** Amounts that never vary get so much spread, as a share of the median. */
const LEAST_SPREAD = 0.03;

function amountHabitOf(amounts: readonly number[]): AmountHabit {
  const at = (share: number): number => quantileSorted(amounts, share);
  const median = at(0.5);
  const floor = Math.max(1, median * LEAST_SPREAD);
  const [low, firstQuartile, thirdQuartile, high] = [at(0.1), at(0.25), at(0.75), at(0.9)];
  const above = Math.max((high - median) / P90, (thirdQuartile - median) / P75 / 1.5, floor);
  const below = Math.max((median - low) / P90, (median - firstQuartile) / P75 / 1.5, floor);
  const isSkewed = median > 0 && (amounts.length < ENOUGH_TO_TELL || above > SKEWED * below);
  const spreadUp = Math.max(above, LIKELY_SHARE * below);
  return {
    ...{ median, firstQuartile, thirdQuartile },
    spreadDown: Math.max(below, LIKELY_SHARE * above),
    ...(isSkewed
      ? { scale: 'log', spreadUp: Math.log1p((P90 * spreadUp) / median) / P90 }
      : { scale: 'linear', spreadUp }),
  };
}

const sorted = (amounts: readonly number[]): readonly number[] => amounts.toSorted((left, right) => left - right);

function repetitions(prints: readonly number[]): Readonly<{ seenOnce: number; seenTwice: number }> {
  const counts = new Map<number, number>();
  for (const print of prints) counts.set(print, (counts.get(print) ?? 0) + 1);
  let seenOnce = 0;
  let seenTwice = 0;
  for (const count of counts.values()) {
    if (count === 1) seenOnce += 1;
    if (count === 2) seenTwice += 1;
  }
  return { seenOnce, seenTwice };
}

function steadinessOf(amounts: readonly number[]): number {
  const half = Math.floor(amounts.length / 2);
  if (half === 0) return 0.5;
  const older = medianOf(amounts.slice(0, half));
  const newer = medianOf(amounts.slice(half));
  const most = Math.max(older, newer);
  return most === 0 ? 1 : 1 - Math.abs(newer - older) / most;
}

const medianOf = (amounts: readonly number[]): number => quantileSorted(sorted(amounts), 0.5);
