import { METHODS } from './forecast-methods.ts';
import type { FittedMethod, Method, Past } from './method.ts';
import type { BackTest, ForecastMethod, MethodErrors } from './series-forecast.ts';
import { meanOf } from './statistics.ts';

const MOST_FOLDS = 8;
const MOST_FOLD_DAYS = 14;
const LEAST_TEST_DAYS = 4;
/** Demand on fewer than three of four days: where Syntetos, Boylan and Croston (2005) draw the line to intermittent. */
const INTERMITTENT_BELOW = 1 / 1.32;
/** A less simple method must be better by this share. */
const WORTH_IT = 0.99;

/** What was found, and how far the chosen method was off on each day of each fold. */
export type BackTested = Readonly<{ backTest: BackTest; method: Method; deviation: number }>;

type Plan = Readonly<{ series: readonly number[]; season: number; origins: readonly number[]; foldDays: number }>;
type Trial = Readonly<{ method: Method; errors: MethodErrors; deviation: number }>;

/**
 * Asks each method for days that it has not seen, from up to eight points of time (rolling origin; Tashman 2000), and takes the one
 * that was off least. Parameters come from the days before the first of these points, so none has seen what it is tested by.
 */
export function backTest(
  series: readonly number[],
  { horizon, season, nonNegative }: Readonly<{ horizon: number; season: number; nonNegative: boolean }>,
): BackTested {
  const plan = planOf(series, { horizon, season });
  const isIntermittent = shareOfDaysWithDemand(series) < INTERMITTENT_BELOW;
  const measure = isIntermittent ? 'rmse' : 'wape';
  const [first = 0] = plan.origins;
  const candidates = METHODS.filter(({ leastDays, name }) => {
    return leastDays(season) <= first && (isIntermittent || name !== 'intermittent-demand');
  });
  const trials = candidates.map((method) => trialOf(method, plan, nonNegative));
  const best = trials.reduce((chosen, next) =>
    next.errors[measure] < WORTH_IT * chosen.errors[measure] ? next : chosen,
  );
  const errors: Partial<Record<ForecastMethod, MethodErrors>> = {};
  for (const trial of trials) errors[trial.method.name] = trial.errors;
  return {
    method: best.method,
    deviation: best.deviation,
    backTest: {
      errors,
      chosen: best.method.name,
      measure,
      folds: plan.origins.length,
      foldDays: plan.foldDays,
    },
  };
}

function planOf(series: readonly number[], { horizon, season }: Readonly<{ horizon: number; season: number }>): Plan {
  const days = series.length;
  const training = Math.max(season, Math.min(days - LEAST_TEST_DAYS, Math.max(2 * season, Math.ceil(days / 2))));
  const foldDays = Math.min(horizon, MOST_FOLD_DAYS, days - training);
  const folds = Math.min(MOST_FOLDS, Math.floor((days - training) / foldDays));
  const origins = Array.from({ length: folds }, (_, fold) => days - (folds - fold) * foldDays);
  return { series, season, origins, foldDays };
}

function shareOfDaysWithDemand(series: readonly number[]): number {
  return series.filter((value) => value !== 0).length / series.length;
}

function trialOf(method: Method, plan: Plan, nonNegative: boolean): Trial {
  const { series, season, origins, foldDays } = plan;
  const fitted = method.fit({ series, season, length: origins[0] ?? series.length });
  const spread = spreadOf(fitted, foldDays);
  const sums = { absolute: 0, signed: 0, squared: 0, standardised: 0, actual: 0, ofFolds: 0 };
  for (const origin of origins) {
    const forecast = forecastFrom(fitted, { series, season, length: origin }, { horizon: foldDays, nonNegative });
    let signed = 0;
    for (const [day, expected] of forecast.entries()) {
      const actual = series[origin + day] ?? 0;
      const error = expected - actual;
      signed += error;
      sums.absolute += Math.abs(error);
      sums.squared += error ** 2;
      sums.standardised += (error / (spread[day] ?? 1)) ** 2;
      sums.actual += Math.abs(actual);
    }
    sums.signed += signed;
    sums.ofFolds += Math.abs(signed);
  }
  const count = origins.length * foldDays;
  const naive = meanStep(series, origins[0] ?? series.length, season);
  return {
    method,
    deviation: Math.sqrt(sums.standardised / count),
    errors: {
      wape: ratio(sums.absolute, sums.actual),
      wapeOfSums: ratio(sums.ofFolds, sums.actual),
      mase: ratio(sums.absolute / count, naive),
      bias: sums.signed / count,
      rmse: Math.sqrt(sums.squared / count),
    },
  };
}

/** What a fitted method expects; nothing below zero where that makes no sense. */
export function forecastFrom(
  fitted: FittedMethod,
  past: Past,
  { horizon, nonNegative }: Readonly<{ horizon: number; nonNegative: boolean }>,
): number[] {
  const values = fitted.forecast(past, horizon);
  return nonNegative ? values.map((value) => Math.max(0, value)) : values;
}

/** How much further off a day is the later it lies: 1 for the first. */
export function spreadOf(fitted: FittedMethod, horizon: number): number[] {
  let variance = 0;
  return fitted.carryOver(horizon).map((carried) => {
    variance += carried ** 2;
    return Math.sqrt(variance);
  });
}

/** An error without anything to compare it with counts as wholly wrong. */
function ratio(error: number, actual: number): number {
  if (actual > 0) return error / actual;
  return error > 0 ? 1 : 0;
}

function meanStep(series: readonly number[], length: number, season: number): number {
  const steps = Array.from({ length: Math.max(0, length - season) }, (_, day) =>
    Math.abs((series[day + season] ?? 0) - (series[day] ?? 0)),
  );
  return meanOf(steps);
}
