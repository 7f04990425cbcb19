import { median } from 'simple-statistics';
import { holtWinters } from './holt-winters.ts';
import { intermittentDemand } from './intermittent-demand.ts';
import type { Method, Past } from './method.ts';
import { meanOf } from './statistics.ts';

/** What a weekday is judged by: two months of it. */
const REMEMBERED_SEASONS = 8;
const LEAST_TO_CLIP = 5;
/** A value further from the median than so many (normalised) median deviations counts as that far: one feast is no rule. */
const CLIPPED_BEYOND = 3;
const MAD_TO_DEVIATION = 1.4826;

const seasonalNaive: Method = {
  name: 'seasonal-naive',
  leastDays: (season) => season,
  fit: ({ season }) => ({
    forecast: ({ series, length }, horizon) =>
      Array.from({ length: horizon }, (_, day) => series[length - season + (day % season)] ?? 0),
    carryOver: (horizon) => Array.from({ length: horizon }, (_, day) => (day % season === 0 ? 1 : 0)),
  }),
};

const weekdayMeans: Method = {
  name: 'weekday-means',
  leastDays: (season) => season,
  fit: ({ season }) => ({
    forecast: (past, horizon) => {
      const profile = Array.from({ length: season }, (_, day) => steadyMean(sameDays(past, day)));
      return Array.from({ length: horizon }, (_, day) => profile[day % season] ?? 0);
    },
    carryOver: (horizon) => Array.from({ length: horizon }, (_, day) => carriedByMean(day, season)),
  }),
};

function carriedByMean(day: number, season: number): number {
  if (day === 0) return 1;
  return day % season === 0 ? 1 / REMEMBERED_SEASONS : 0;
}

/** The latest values that stand on the same day of their season as the given day after the past. */
function sameDays({ series, length, season }: Past, day: number): number[] {
  const values: number[] = [];
  for (let index = length - season + day; index >= 0 && values.length < REMEMBERED_SEASONS; index -= season) {
    values.push(series[index] ?? 0);
  }
  return values;
}

/** Mean of values that are cut to what is usual among them. */
export function steadyMean(values: readonly number[]): number {
  if (values.length < LEAST_TO_CLIP) return meanOf(values);
  const middle = median([...values]);
  const reach = CLIPPED_BEYOND * MAD_TO_DEVIATION * median(values.map((value) => Math.abs(value - middle)));
  if (reach === 0) return meanOf(values);
  return meanOf(values.map((value) => Math.min(middle + reach, Math.max(middle - reach, value))));
}

const SMOOTHING = [0.03, 0.08, 0.15, 0.3, 0.5];

const exponentialSmoothing: Method = {
  name: 'exponential-smoothing',
  leastDays: (season) => season,
  fit: (past) => {
    let best = { alpha: SMOOTHING[0] ?? 0, loss: Infinity };
    for (const alpha of SMOOTHING) {
      const { loss } = smoothed(past, alpha);
      if (loss < best.loss) best = { alpha, loss };
    }
    const { alpha } = best;
    return {
      forecast: (given, horizon) => new Array<number>(horizon).fill(smoothed(given, alpha).level),
      carryOver: (horizon) => Array.from({ length: horizon }, (_, day) => (day === 0 ? 1 : alpha)),
    };
  },
};

function smoothed({ series, length, season }: Past, alpha: number): Readonly<{ level: number; loss: number }> {
  let level = meanOf(series, 0, Math.min(season, length));
  let loss = 0;
  for (let day = 0; day < length; day += 1) {
    const error = (series[day] ?? 0) - level;
    loss += Math.abs(error);
    level += alpha * error;
  }
  return { level, loss };
}

/** From the simplest to the least simple: of two that do equally well, the first is taken. */
export const METHODS: readonly Method[] = [
  seasonalNaive,
  weekdayMeans,
  exponentialSmoothing,
  intermittentDemand,
  holtWinters,
];
