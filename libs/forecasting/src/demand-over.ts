import type { SeriesForecast } from './series-forecast.ts';

/** Mean and standard deviation of what is used in a number of days. */
export type DemandOver = Readonly<{ mean: number; deviation: number }>;

/**
 * What the first `days` of a forecast add up to; days may be a fraction. Beyond the horizon its last season (of `season`
 * days) repeats. The deviation counts that an error goes on into later days, so it grows faster than the root of the days.
 */
export function demandOver(forecast: SeriesForecast, days: number, season = 7): DemandOver {
  const { values, residualDeviation, carryOver } = forecast;
  let mean = 0;
  let variance = 0;
  let carried = 0;
  for (let day = 0; day < days; day += 1) {
    const part = Math.min(1, days - day);
    mean += part * (values[day < values.length ? day : repeated(day, values.length, season)] ?? 0);
    carried += carryOver[Math.min(day, carryOver.length - 1)] ?? 0;
    variance += part * carried ** 2;
  }
  return { mean, deviation: residualDeviation * Math.sqrt(variance) };
}

function repeated(day: number, length: number, season: number): number {
  const last = Math.min(season, length);
  return length - last + ((day - length) % last);
}
