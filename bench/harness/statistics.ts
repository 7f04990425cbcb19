/** The middle value and what it lies between: a noisy machine shows in the distance of the two. */
export type Spread = Readonly<{ median: number; min: number; max: number }>;

/** @throws RangeError for no values */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((left, right) => left - right);
  return { median: at(sorted, 0.5), min: at(sorted, 0), max: at(sorted, 1) };
}

/** The value that this share of the sorted values does not exceed. @throws RangeError for no values */
export function at(sorted: readonly number[] | Float64Array, share: number): number {
  const value = sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(sorted.length * share) - 1))];
  if (value === undefined) throw new RangeError('There is nothing to take a share of.');
  return value;
}
