import { linearRegression, mean, median, medianAbsoluteDeviation, standardDeviation } from 'simple-statistics';

/** A change that neither chance nor weekdays explain. */
export type Trend = Readonly<{
  direction: 'rising' | 'falling';
  seenAs: 'slope' | 'recent change';
  /** Mean of a day at the beginning, or before, and now; minor units. */
  before: number;
  now: number;
  /** (now - before) / before. */
  change: number;
  /** Standard errors from no change. */
  significance: number;
  days: number;
  /** 0 to 1: how much of the difference between days is that of weekdays. */
  weekdayFit: number;
}>;

/** About one chance trend in 1 000 looks. */
const LEAST_SIGNIFICANCE = 3.3;
/** Days follow one another: a good day is followed by a good one. Standard errors are taken larger by this. */
const DEPENDENCE = 1.3;
/** One day counts up to so many spreads: a single large bill is no trend. */
const MOST_SPREADS = 3;
/** A median absolute deviation is so much of a standard deviation. */
const MAD_OF_DEVIATION = 0.6745;
const LEAST_CHANGE_OF_SLOPE = 0.1;
const LEAST_RECENT_CHANGE = 0.15;

/**
 * Looks for a trend in days, oldest first: a slope over all of them, else a difference between the last `shortDays` and the ones
 * before. Days are first measured by the mean of their weekday.
 * @param caution raises what counts as significant
 */
export function trendOf(
  values: readonly number[],
  { weekdays, shortDays, caution }: Readonly<{ weekdays: readonly number[]; shortDays: number; caution: number }>,
): Trend | undefined {
  const level = mean([...values]);
  if (level <= 0) return undefined;
  const { adjusted, fit } = withoutWeekdays(values, { weekdays, level });
  const limit = LEAST_SIGNIFICANCE * caution;
  const facts = { days: values.length, weekdayFit: fit };
  const even = withoutPeaks(adjusted);
  const slope = slopeOf(even);
  if (Math.abs(slope.significance) >= limit && Math.abs(slope.change) >= LEAST_CHANGE_OF_SLOPE) {
    return { ...facts, ...slope, ...signed(slope), seenAs: 'slope' };
  }
  const recent = recentChange(even, shortDays);
  if (!recent || Math.abs(recent.significance) < limit || Math.abs(recent.change) < LEAST_RECENT_CHANGE)
    return undefined;
  return { ...facts, ...recent, ...signed(recent), seenAs: 'recent change' };
}

type Change = Readonly<{ before: number; now: number; change: number; significance: number }>;

function signed({ change, significance }: Change): Pick<Trend, 'direction' | 'significance'> {
  return { direction: change > 0 ? 'rising' : 'falling', significance: Math.abs(significance) };
}

/** Each day with its weekday's part taken away, on the level of all days. */
function withoutWeekdays(
  values: readonly number[],
  { weekdays, level }: Readonly<{ weekdays: readonly number[]; level: number }>,
): Readonly<{ adjusted: readonly number[]; fit: number }> {
  const byWeekday = Map.groupBy(values.keys(), (index) => weekdays[index] ?? 0);
  const means = new Map([...byWeekday].map(([weekday, at]) => [weekday, mean(at.map((index) => values[index] ?? 0))]));
  const adjusted = values.map((value, index) => value - (means.get(weekdays[index] ?? 0) ?? level) + level);
  const spread = standardDeviation([...values]);
  return { adjusted, fit: spread === 0 ? 1 : Math.max(0, 1 - (standardDeviation([...adjusted]) / spread) ** 2) };
}

function withoutPeaks(values: readonly number[]): readonly number[] {
  const middle = median([...values]);
  const most = (MOST_SPREADS * medianAbsoluteDeviation([...values])) / MAD_OF_DEVIATION;
  return most === 0 ? values : values.map((value) => Math.min(middle + most, Math.max(middle - most, value)));
}

function slopeOf(values: readonly number[]): Change {
  const count = values.length;
  const points = values.map((value, index) => [index, value]);
  const { m, b } = linearRegression(points);
  const residual = Math.sqrt(
    values.reduce((sum, value, index) => sum + (value - (m * index + b)) ** 2, 0) / (count - 2),
  );
  // Standard error of a slope over 0..n-1: the sum of squares about the mean index is n(n² - 1)/12.
  const error = (DEPENDENCE * residual) / Math.sqrt((count * (count ** 2 - 1)) / 12);
  const now = m * (count - 1) + b;
  return { before: b, now, change: b > 0 ? (now - b) / b : 0, significance: error === 0 ? 0 : m / error };
}

function recentChange(values: readonly number[], shortDays: number): Change | undefined {
  const recent = values.slice(-shortDays);
  const before = values.slice(0, -shortDays);
  if (recent.length < 2 || before.length < 2 * recent.length) return undefined;
  const level = mean(before);
  const now = mean(recent);
  const spread = standardDeviation(before);
  const error = DEPENDENCE * spread * Math.sqrt(1 / recent.length + 1 / before.length);
  if (level <= 0 || error === 0) return undefined;
  return { before: level, now, change: now / level - 1, significance: (now - level) / error };
}
