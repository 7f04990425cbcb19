import { daysBetween, plusDays, type LocalDate, type Money } from '#libs/kernel';
import type { CashFlowForecast, DemandForecast } from '#libs/contracts';
import { forecastSeries, type SeriesForecast } from '#libs/forecasting';

/** What one day came to. */
export type DayValue = Readonly<{ day: LocalDate; value: number }>;
/** From which day on, for how many. */
export type ForecastDays = Readonly<{ today: LocalDate; horizonDays: number }>;

/** One value for each day from the first that is known to yesterday; zero where nothing was. Oldest first. */
function seriesOf(values: readonly DayValue[], today: LocalDate): number[] {
  const [first] = values;
  if (!first) return [];
  const byDay = new Map(values.map(({ day, value }) => [day, value]));
  const length = Math.max(0, daysBetween(first.day, today));
  return Array.from({ length }, (_, index) => byDay.get(plusDays(first.day, index)) ?? 0);
}

type Item = Readonly<{ sku: string; name: string | null; unit: string }>;

/** How much of an item will be used on each of the days to come. */
export function demandForecast(item: Item, used: readonly DayValue[], when: ForecastDays): DemandForecast {
  // A day on which more came back than was sold is one without demand.
  const series = seriesOf(used, when.today).map((value) => Math.max(0, value));
  const forecast = forecastSeries(series, { horizon: when.horizonDays, nonNegative: true });
  const expected = forecast?.values ?? new Array<number>(when.horizonDays).fill(meanOf(series));
  const total = expected.reduce((sum, value) => sum + value, 0);
  return {
    ...item,
    meanPerDay: rounded(total / when.horizonDays),
    total: rounded(total),
    days: expected.map((value, index) => ({
      day: plusDays(when.today, index),
      expected: rounded(value),
      lower: forecast ? rounded(forecast.lower[index] ?? 0) : null,
      upper: forecast ? rounded(forecast.upper[index] ?? 0) : null,
    })),
    basis: forecast ? basisOf(forecast, series.length) : null,
  };
}

/** What will come into cash accounts less what will leave them; `null` when there are too few days to tell. */
export function cashFlowForecast(
  flows: readonly DayValue[],
  cashNow: Money,
  when: ForecastDays,
): CashFlowForecast | null {
  const series = seriesOf(flows, when.today);
  const forecast = forecastSeries(series, { horizon: when.horizonDays });
  if (!forecast) return null;
  const inCurrency = (amount: number): Money => ({ amount: Math.round(amount), currency: cashNow.currency });
  let cash = cashNow.amount;
  const days = forecast.values.map((value, index) => {
    cash += Math.round(value);
    return {
      day: plusDays(when.today, index),
      flow: inCurrency(value),
      lower: inCurrency(forecast.lower[index] ?? 0),
      upper: inCurrency(forecast.upper[index] ?? 0),
      cash: inCurrency(cash),
    };
  });
  return { cashNow, days, cashAtEnd: inCurrency(cash), basis: basisOf(forecast, series.length) };
}

function basisOf({ method, accuracy, backTest }: SeriesForecast, historyDays: number): CashFlowForecast['basis'] {
  const { folds, foldDays, measure, errors } = backTest;
  return { method, accuracy: rounded(accuracy), historyDays, backTest: { folds, foldDays, measure, errors } };
}

const meanOf = (series: readonly number[]): number =>
  series.length === 0 ? 0 : series.reduce((sum, value) => sum + value, 0) / series.length;

const rounded = (value: number): number => Math.round(value * 1_000) / 1_000;
