/** How the days to come were derived from those that were. */
export type ForecastMethod =
  'seasonal-naive' | 'weekday-means' | 'exponential-smoothing' | 'holt-winters' | 'intermittent-demand';

export type ForecastOptions = Readonly<{
  /** Days to forecast, at least 1. */
  horizon: number;
  /** Days after which a pattern repeats. @default 7 */
  season?: number;
  /** How probably a day is to lie between `lower` and `upper`, above 0 and below 1. @default 0.95 */
  interval?: number;
  /** Whether a value below zero makes no sense. @default false */
  nonNegative?: boolean;
}>;

/** How far a method was off, over all days that it was asked for in the back-test. */
export type MethodErrors = Readonly<{
  /** Absolute errors added up, as a share of what was really used: 0.2 is 20 % off. */
  wape: number;
  /** The same for the sum of each test window: what counts for an order, for which single days matter little. */
  wapeOfSums: number;
  /** Mean absolute error against that of repeating the last season within the training days; below 1 is better than that. */
  mase: number;
  /** Mean of forecast minus actual, in the unit of the series: above 0 it expects too much. */
  bias: number;
  /** Root of the mean squared error, in the unit of the series. */
  rmse: number;
}>;

/** How the method was chosen: each was asked for days that it had not seen (rolling origin). */
export type BackTest = Readonly<{
  errors: Readonly<Partial<Record<ForecastMethod, MethodErrors>>>;
  chosen: ForecastMethod;
  /** By what the least decided: the root of squares where most days have no demand, as the median of such a series is zero. */
  measure: 'wape' | 'rmse';
  /** How many times it was asked. */
  folds: number;
  /** For how many days each time. */
  foldDays: number;
}>;

/** What is expected, PER DAY of the horizon: never divide it by the horizon. */
export type SeriesForecast = Readonly<{
  /** One value per day, the first is the day after the series. */
  values: readonly number[];
  lower: readonly number[];
  upper: readonly number[];
  method: ForecastMethod;
  backTest: BackTest;
  /** Standard deviation of one day about its forecast of the day before. */
  residualDeviation: number;
  /** How much of an error on one day goes on into the j-th day after it; the first is 1. */
  carryOver: readonly number[];
  /** 0 to 1: 1 - wape of the chosen method, single days compared. */
  accuracy: number;
  /** 0 to 1: the same for the sums of `backTest.foldDays` days. */
  accuracyOfSums: number;
}>;
