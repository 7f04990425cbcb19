import { probit } from 'simple-statistics';
import { backTest, forecastFrom, spreadOf } from './back-test.ts';
import type { ForecastOptions, SeriesForecast } from './series-forecast.ts';

/** With fewer days nothing is forecast. */
export const LEAST_POINTS = 14;

/**
 * Forecasts a daily series by the method that did best on the series itself: repeating the last season, means of its days, exponential
 * smoothing, Holt-Winters, or a method for demand that does not come every day. Values are per day.
 *
 * Deterministic; about a millisecond for a year of days and a horizon of 30.
 *
 * @param series one value per day, oldest first, zero for a day without
 * @returns `undefined` for a series of fewer than {@link LEAST_POINTS} days, or of fewer than two seasons
 */
export function forecastSeries(
  series: readonly number[],
  { horizon, season = 7, interval = 0.95, nonNegative = false }: ForecastOptions,
): SeriesForecast | undefined {
  if (series.length < Math.max(LEAST_POINTS, 2 * season)) return undefined;
  const { method, deviation, backTest: tested } = backTest(series, { horizon, season, nonNegative });
  const past = { series, season, length: series.length };
  const fitted = method.fit(past);
  const values = forecastFrom(fitted, past, { horizon, nonNegative });
  const reach = probit((1 + interval) / 2) * deviation;
  const spread = spreadOf(fitted, horizon);
  const lower = values.map((value, day) => value - reach * (spread[day] ?? 1));
  const errors = tested.errors[method.name];
  return {
    values,
    lower: nonNegative ? lower.map((value) => Math.max(0, value)) : lower,
    upper: values.map((value, day) => value + reach * (spread[day] ?? 1)),
    method: method.name,
    backTest: tested,
    residualDeviation: deviation,
    carryOver: fitted.carryOver(horizon),
    accuracy: Math.max(0, 1 - (errors?.wape ?? 1)),
    accuracyOfSums: Math.max(0, 1 - (errors?.wapeOfSums ?? 1)),
  };
}
