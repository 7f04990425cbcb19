import { errorFunction } from 'simple-statistics';

/** Mean of a part of an array, without copying it; 0 of nothing. */
export function meanOf(values: ArrayLike<number>, from = 0, to = values.length): number {
  let sum = 0;
  for (let index = from; index < to; index += 1) sum += values[index] ?? 0;
  return to > from ? sum / (to - from) : 0;
}

/** Probability that a standard normal value is greater; about 1e-7 at its least exact. */
export function normalTail(z: number): number {
  return Math.min(1, Math.max(0, (1 - errorFunction(z / Math.SQRT2)) / 2));
}

/** Probability that a standard normal value is at least as far from zero. */
export function twoSided(z: number): number {
  return Math.min(1, 2 * normalTail(Math.abs(z)));
}

/** Probability that a chi-squared value is at least so great (Wilson and Hilferty 1931); good enough to test with. */
export function chiSquaredTail(value: number, degrees: number): number {
  if (degrees <= 0 || value <= 0) return 1;
  const spread = 2 / (9 * degrees);
  return normalTail((Math.cbrt(value / degrees) - (1 - spread)) / Math.sqrt(spread));
}
