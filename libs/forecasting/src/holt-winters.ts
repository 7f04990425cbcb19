import type { Method, Past } from './method.ts';
import { meanOf } from './statistics.ts';

type Parameters = Readonly<{ alpha: number; beta: number; gamma: number; damping: number }>;
type State = { level: number; trend: number; seasonal: Float64Array; loss: number };

const LEVELS = [0.03, 0.1, 0.25, 0.5];
const SEASONALS = [0.02, 0.08, 0.2];
const TRENDS: readonly Readonly<{ share: number; damping: number }>[] = [
  { share: 0, damping: 0 },
  { share: 0.05, damping: 0.98 },
  { share: 0.2, damping: 0.98 },
  { share: 0.2, damping: 0.9 },
];
const GRID: readonly Parameters[] = LEVELS.flatMap((alpha) =>
  SEASONALS.flatMap((gamma) =>
    TRENDS.map(({ share, damping }) => ({ alpha, beta: share * alpha, gamma: gamma * (1 - alpha), damping })),
  ),
);

/** The beginning is estimated from so many seasons. */
const FIRST_SEASONS = 4;
/** An error counts as at most so many deviations: one feast does not move the level. */
const CLIPPED_BEYOND = 3;
const SCALE_MEMORY = 0.05;
/** No error is clipped to less than this share of the mean. */
const LEAST_SCALE = 0.1;

/**
 * Holt-Winters with additive season and damped trend, in error-correction form, ETS(A,Ad,A) (Hyndman and Athanasopoulos, Forecasting:
 * Principles and Practice, 3rd ed., 8.5): updates and forecasts are both additive. Errors are clipped as Gelper, Fried and
 * Croux (2010) propose. Parameters come from a small grid by the absolute one-day errors.
 */
export const holtWinters: Method = {
  name: 'holt-winters',
  leastDays: (season) => 2 * season,
  fit: (past) => {
    const begin = beginning(past);
    let best: Readonly<{ parameters: Parameters; loss: number }> | undefined;
    for (const parameters of GRID) {
      const { loss } = folded(past, parameters, begin);
      if (!best || loss < best.loss) best = { parameters, loss };
    }
    const parameters = best?.parameters ?? { alpha: 0.1, beta: 0, gamma: 0.08, damping: 0 };
    return {
      forecast: (given, horizon) => ahead(folded(given, parameters, beginning(given)), parameters, { given, horizon }),
      carryOver: (horizon) => carried(parameters, past.season, horizon),
    };
  },
};

type Beginning = Readonly<{ level: number; trend: number; seasonal: Float64Array; scale: number }>;

function beginning({ series, length, season }: Past): Beginning {
  const seasons = Math.min(FIRST_SEASONS, Math.floor(length / season));
  const means = Array.from({ length: seasons }, (_, index) => meanOf(series, index * season, (index + 1) * season));
  const first = means[0] ?? 0;
  const trend = seasons > 1 ? ((means.at(-1) ?? 0) - first) / ((seasons - 1) * season) : 0;
  const seasonal = new Float64Array(season);
  for (let day = 0; day < seasons * season; day += 1) {
    const position = day % season;
    const level = (means[Math.floor(day / season)] ?? 0) + trend * (position - (season - 1) / 2);
    seasonal[position] = (seasonal[position] ?? 0) + ((series[day] ?? 0) - level) / seasons;
  }
  let absolute = 0;
  for (let day = 0; day < seasons * season; day += 1) {
    const expected = (means[Math.floor(day / season)] ?? 0) + (seasonal[day % season] ?? 0);
    absolute += Math.abs((series[day] ?? 0) - expected);
  }
  const scale = Math.max((1.25 * absolute) / Math.max(1, seasons * season), leastScale({ series, length, season }));
  return { level: first - (trend * (season - 1)) / 2, trend, seasonal, scale };
}

function leastScale({ series, length }: Past): number {
  return LEAST_SCALE * Math.abs(meanOf(series, 0, length)) + 1e-9;
}

/** Walks through the past once. */
function folded({ series, length, season }: Past, parameters: Parameters, begin: Beginning): State {
  const { alpha, beta, gamma, damping } = parameters;
  const seasonal = begin.seasonal.slice();
  let { level, scale } = begin;
  let trend = damping > 0 ? begin.trend : 0;
  let loss = 0;
  for (let day = 0; day < length; day += 1) {
    const position = day % season;
    const base = level + damping * trend;
    const own = seasonal[position] ?? 0;
    const error = (series[day] ?? 0) - base - own;
    loss += Math.abs(error);
    const most = CLIPPED_BEYOND * scale;
    const clipped = Math.min(most, Math.max(-most, error));
    scale = Math.sqrt((1 - SCALE_MEMORY) * scale * scale + SCALE_MEMORY * clipped * clipped);
    level = base + alpha * clipped;
    trend = damping * trend + beta * clipped;
    seasonal[position] = own + gamma * clipped;
  }
  return { level, trend, seasonal, loss };
}

function ahead(
  { level, trend, seasonal }: State,
  { damping }: Parameters,
  { given: { length, season }, horizon }: Readonly<{ given: Past; horizon: number }>,
): number[] {
  let reached = 0;
  let damped = 1;
  return Array.from({ length: horizon }, (_, day) => {
    damped *= damping;
    reached += damped;
    return level + reached * trend + (seasonal[(length + day) % season] ?? 0);
  });
}

function carried({ alpha, beta, gamma, damping }: Parameters, season: number, horizon: number): number[] {
  let reached = 0;
  let damped = 1;
  return Array.from({ length: horizon }, (_, day) => {
    if (day === 0) return 1;
    damped *= damping;
    reached += damped;
    return alpha + beta * reached + (day % season === 0 ? gamma : 0);
  });
}
