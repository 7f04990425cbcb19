import type { ForecastMethod } from './series-forecast.ts';

/** The first `length` days of a series: what a method may know. */
export type Past = Readonly<{ series: readonly number[]; length: number; season: number }>;

/** A method with its parameters chosen. */
export type FittedMethod = Readonly<{
  /** One value per day that follows the past. */
  forecast: (past: Past, horizon: number) => number[];
  /** How much of an error on one day goes on into the j-th day after it; the first is 1. */
  carryOver: (horizon: number) => number[];
}>;

/** A way to forecast. `fit` chooses parameters by the past alone. */
export type Method = Readonly<{
  name: ForecastMethod;
  leastDays: (season: number) => number;
  fit: (past: Past) => FittedMethod;
}>;
