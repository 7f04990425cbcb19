import { sampleCorrelation } from 'simple-statistics';
import { meanOf, twoSided } from './statistics.ts';

/** How two series of days move together. */
export type Correlation = Readonly<{
  /** Pearson, -1 to 1. */
  coefficient: number;
  /** Probability of at least so strong a coefficient between series that have nothing to do with each other. */
  pValue: number;
  /** Days that were compared. */
  samples: number;
}>;

const LEAST_SAMPLES = 28;

/**
 * Pearson's correlation of what is left of two series when weekday and trend are taken out of both (and, if given, what goes with a
 * third series, such as how busy the day was at all). Series of the same days, oldest first.
 *
 * A season of 0 says that both are given as {@link unpatterned} left them. Significance by Fisher's z, with the sample size that is left when each series resembles its own day before (Bartlett 1935).
 * `undefined` with fewer than 28 days, or when one of them does not move.
 */
export function correlation(
  left: readonly number[],
  right: readonly number[],
  { season = 7, given }: Readonly<{ season?: number; given?: readonly number[] }> = {},
): Correlation | undefined {
  const samples = Math.min(left.length, right.length, given?.length ?? Infinity);
  if (samples < LEAST_SAMPLES) return undefined;
  const one = unpatterned(left.slice(-samples), season);
  const other = unpatterned(right.slice(-samples), season);
  if (isFlat(one) || isFlat(other)) return undefined;
  const plain = sampleCorrelation([...one], [...other]);
  const coefficient = given ? partial(plain, { one, other, third: unpatterned(given.slice(-samples), season) }) : plain;
  const free = effectiveSize(one, other) - 3 - (given ? 1 : 0);
  const fisher = Math.atanh(Math.min(0.999_999, Math.max(-0.999_999, coefficient)));
  return { coefficient, pValue: free > 0 ? twoSided(fisher * Math.sqrt(free)) : 1, samples };
}

/** What is left of a series without its trend (of two seasons on both sides) and the mean of each day of its season; linear. */
export function unpatterned(series: readonly number[], season = 7): readonly number[] {
  if (season === 0) return series;
  const reach = 2 * season;
  const detrended = series.map((value, index) => {
    const from = Math.max(0, index - reach);
    return value - meanOf(series, from, Math.min(series.length, index + reach + 1));
  });
  const means = Array.from({ length: season }, (_, day) => {
    const same = detrended.filter((_value, index) => index % season === day);
    return meanOf(same);
  });
  return detrended.map((value, index) => value - (means[index % season] ?? 0));
}

/**
 * Which of many tests hold together, by Benjamini and Hochberg (1995): of those it keeps, at most the share `rate` is false on
 * average. Gives one answer per p-value, in their order.
 */
export function significantAmong(pValues: readonly number[], rate = 0.05): readonly boolean[] {
  const sorted = pValues.toSorted((left, right) => left - right);
  const last = sorted.findLastIndex((pValue, rank) => pValue <= ((rank + 1) / sorted.length) * rate);
  const limit = sorted[last];
  return pValues.map((pValue) => limit !== undefined && pValue <= limit);
}

function partial(plain: number, { one, other, third }: Record<'one' | 'other' | 'third', readonly number[]>): number {
  if (isFlat(third)) return plain;
  const withOne = sampleCorrelation([...one], [...third]);
  const withOther = sampleCorrelation([...other], [...third]);
  const rest = (1 - withOne ** 2) * (1 - withOther ** 2);
  return rest <= 1e-9 ? 0 : (plain - withOne * withOther) / Math.sqrt(rest);
}

function effectiveSize(one: readonly number[], other: readonly number[]): number {
  const alike = Math.max(0, Math.min(0.9, selfCorrelation(one) * selfCorrelation(other)));
  return (one.length * (1 - alike)) / (1 + alike);
}

function selfCorrelation(series: readonly number[]): number {
  let products = 0;
  let squares = 0;
  for (let index = 0; index < series.length; index += 1) {
    const value = series[index] ?? 0;
    products += value * (series[index + 1] ?? 0);
    squares += value * value;
  }
  return squares === 0 ? 0 : products / squares;
}

function isFlat(series: readonly number[]): boolean {
  return series.every((value) => Math.abs(value) < 1e-9);
}
