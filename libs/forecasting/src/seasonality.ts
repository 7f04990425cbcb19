import { plusDays, weekdayOf, type LocalDate } from '#libs/kernel';
import { chiSquaredTail, meanOf } from './statistics.ts';

/** How one cycle of the calendar shows in a series. */
export type Pattern = Readonly<{
  /** Relative to the mean: 1.2 is 20 % above it. For weekdays Monday is first, for months January. */
  indices: readonly number[];
  /** 0 to 1: how much of the variation the pattern explains, beyond what chance would. */
  strength: number;
  /** Probability of so much difference without a pattern (Kruskal and Wallis 1952). */
  pValue: number;
  /** How many whole cycles were seen. */
  cycles: number;
}>;

/** Patterns for which the history is long enough; a pattern that is there need not be significant. */
export type Seasonality = Readonly<{ weekday: Pattern; month?: Pattern }>;

const LEAST_WEEKS = 4;
const YEAR_DAYS = 365;
const LEAST_YEARS = 2;

/**
 * Weekday pattern from four weeks on, pattern of months from two years on: no claim about a cycle that was not seen twice.
 * `undefined` when shorter, or when nothing was used.
 *
 * @param series one value per day, oldest first
 * @param from the day of the first value
 */
export function seasonality(series: readonly number[], from: LocalDate): Seasonality | undefined {
  const weeks = Math.floor(series.length / 7);
  if (weeks < LEAST_WEEKS || meanOf(series) <= 0) return undefined;
  const firstWeekday = weekdayOf(from);
  const weekday = patternOf(relativeToTrend(series), (index) => (firstWeekday - 1 + index) % 7, {
    groups: 7,
    cycles: weeks,
  });
  const years = Math.floor(series.length / YEAR_DAYS);
  if (years < LEAST_YEARS) return { weekday };
  const months = series.map((_, index) => Number(plusDays(from, index).slice(5, 7)) - 1);
  const month = patternOf(weekly(series), (index) => months[index] ?? 0, { groups: 12, cycles: years });
  return { weekday, month };
}

/** Each value against the mean of the four weeks around it, so that growth looks like no pattern. */
function relativeToTrend(series: readonly number[]): number[] {
  return series.map((value, index) => {
    const from = Math.max(0, Math.min(index - 14, series.length - 28));
    const around = meanOf(series, from, Math.min(series.length, from + 28));
    return around > 0 ? value / around : 1;
  });
}

/** Each value as the mean of the week that ends with it, so that weekdays do not disturb. */
function weekly(series: readonly number[]): number[] {
  const mean = meanOf(series);
  return series.map((_, index) => meanOf(series, Math.max(0, index - 6), index + 1) / mean);
}

function patternOf(
  values: readonly number[],
  groupOf: (index: number) => number,
  { groups, cycles }: Readonly<{ groups: number; cycles: number }>,
): Pattern {
  const members = Array.from({ length: groups }, (): number[] => []);
  for (const [index, value] of values.entries()) members[groupOf(index)]?.push(value);
  const middle = meanOf(values);
  const indices = members.map((group) => (middle > 0 && group.length > 0 ? meanOf(group) / middle : 1));
  return { indices, strength: strengthOf(values, members), pValue: kruskalWallis(members), cycles };
}

/** Share of the variance between the groups, corrected for their number (omega squared, Hays 1963). */
function strengthOf(values: readonly number[], members: readonly (readonly number[])[]): number {
  const filled = members.filter(({ length }) => length > 0);
  const all = meanOf(values);
  const total = values.reduce((sum, value) => sum + (value - all) ** 2, 0);
  const between = filled.reduce((sum, group) => sum + group.length * (meanOf(group) - all) ** 2, 0);
  const within = (total - between) / Math.max(1, values.length - filled.length);
  return total + within === 0 ? 0 : Math.max(0, (between - (filled.length - 1) * within) / (total + within));
}

/** Ranks, not values: one feast is no pattern. */
function kruskalWallis(members: readonly (readonly number[])[]): number {
  const all = members.flatMap((group, index) => group.map((value) => ({ value, index })));
  all.sort((left, right) => left.value - right.value);
  const sums = members.map(() => 0);
  let ties = 0;
  for (let start = 0; start < all.length;) {
    let end = start;
    while (end < all.length && all[end]?.value === all[start]?.value) end += 1;
    const rank = (start + 1 + end) / 2;
    for (const { index } of all.slice(start, end)) sums[index] = (sums[index] ?? 0) + rank;
    ties += (end - start) ** 3 - (end - start);
    start = end;
  }
  const count = all.length;
  const squares = sums.reduce((sum, ranks, index) => sum + ranks ** 2 / Math.max(1, members[index]?.length ?? 0), 0);
  const corrected = 1 - ties / (count ** 3 - count);
  if (corrected <= 0) return 1;
  const statistic = ((12 / (count * (count + 1))) * squares - 3 * (count + 1)) / corrected;
  return chiSquaredTail(statistic, members.filter(({ length }) => length > 0).length - 1);
}
