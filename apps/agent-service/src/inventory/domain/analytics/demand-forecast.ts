import { plusDays } from '#libs/kernel';
import { confidenceFrom, type Detector, type Finding, type WindowLook } from '#libs/agent-kit';
import { demandOver, forecastSeries, type SeriesForecast } from '#libs/forecasting';
import { dailyUse, KEPT_DAYS } from '../demand-book.ts';
import { mean } from 'simple-statistics';
import { figure, quantityInWords, shareInWords } from '../in-words.ts';
import {
  demandPositions,
  lookAtItemsOfTurn,
  itemSubject,
  type AnalyticsBook,
  type RegisteredItem,
} from './analytics-book.ts';
import { withoutGaps } from './without-gaps.ts';

/** An owner plans by more or less than a fifth; what is closer is daily business. */
const MATERIAL_CHANGE = 0.2;
/** The change must be greater than what chance would bring in nine of ten months. */
const BEYOND_CHANCE = 1.28;
const LEAST_DAYS = 28;
const LEAST_FOLDS = 2;

/** Once a week for each item: will it be used clearly faster or slower than now, and is the forecast good enough to say so? */
export const demandForecastAnalysis: Detector<AnalyticsBook> = {
  id: 'demand-forecast',
  decisionType: 'demand_forecast_analysis',
  kind: 'situation',
  coolDownHours: 28 * 24,
  onSchedule: {
    schedule: { every: 'day', at: '05:10' },
    look: (look) => lookAtItemsOfTurn(look, changedDemand),
  },
};

type Change = Readonly<{
  forecast: SeriesForecast;
  horizon: number;
  /** Per day, over the last `days`; days without stock are counted as usual ones. */
  now: number;
  days: number;
  expectedPerDay: number;
  /** 0.3: three tenths more than now. */
  change: number;
  /** Of the sum over the horizon. */
  deviation: number;
}>;

function changedDemand(item: RegisteredItem, look: WindowLook<AnalyticsBook>): Finding | undefined {
  const { book, local, settings } = look;
  const { forecastHorizonDays: horizon, consumptionAnalysisDays, minForecastAccuracy } = settings.agents.inventory;
  const use = withoutGaps(dailyUse(book.demand, item.sku, { until: local.date, days: KEPT_DAYS }).values);
  const recent = use.slice(-consumptionAnalysisDays);
  if (use.length < LEAST_DAYS || !recent.some((value) => value > 0)) return undefined;
  const forecast = forecastSeries(use, { horizon, nonNegative: true });
  if (!forecast || !isTrusted(forecast, minForecastAccuracy)) return undefined;
  const now = mean(recent);
  const { mean: sum, deviation } = demandOver(forecast, horizon);
  const change = sum / (now * horizon) - 1;
  const isBeyondChance = Math.abs(sum - now * horizon) > BEYOND_CHANCE * deviation;
  if (Math.abs(change) < MATERIAL_CHANGE || !isBeyondChance) return undefined;
  const expectedPerDay = sum / horizon;
  return findingOf(item, { forecast, horizon, now, days: recent.length, expectedPerDay, change, deviation }, look);
}

/** To repeat the last week says no more than that it was another one, and one test may have gone well by luck. */
function isTrusted({ accuracyOfSums, method, backTest }: SeriesForecast, leastAccuracy: number): boolean {
  return accuracyOfSums >= leastAccuracy && method !== 'seasonal-naive' && backTest.folds >= LEAST_FOLDS;
}

function findingOf(item: RegisteredItem, found: Change, look: WindowLook<AnalyticsBook>): Finding {
  const { forecast, horizon, now, days, expectedPerDay, change } = found;
  const { unit } = item;
  return {
    subject: itemSubject(item.sku),
    state: change > 0 ? 'rising' : 'falling',
    grade: 2,
    evidence: {
      positions: demandPositions(look.book, item.sku),
      figures: [
        { name: 'usedPerDayNow', value: rounded(now), unit },
        { name: 'expectedPerDay', value: rounded(expectedPerDay), unit },
        { name: 'change', value: rounded(change) },
        { name: 'horizonDays', value: horizon },
        { name: 'method', value: forecast.method },
        { name: 'backTestError', value: rounded(forecast.backTest.errors[forecast.method]?.wape ?? 1) },
        { name: 'backTestErrorOfSums', value: rounded(1 - forecast.accuracyOfSums) },
        { name: 'backTestFolds', value: forecast.backTest.folds },
      ],
    },
    byRules: () => ({
      action: {
        kind: 'plan-for-demand',
        sku: item.sku,
        expectedPerDay: { value: rounded(expectedPerDay), unit },
        from: look.local.date,
        to: plusDays(look.local.date, horizon - 1),
      },
      ...confidenceFrom([
        { factor: 'forecast accuracy in the back-test', weight: 0.5, value: forecast.accuracyOfSums },
        { factor: 'days of record', weight: 0.2, value: days / 60 },
        { factor: 'change against chance', weight: 0.3, value: certainty(found) },
      ]),
      reasoning: explain(item, found),
    }),
  };
}

/** 0.5 at the edge of what chance brings, 1 at three times that. */
function certainty({ now, horizon, expectedPerDay, deviation }: Change): number {
  const distance = Math.abs(expectedPerDay - now) * horizon;
  return deviation === 0 ? 1 : Math.min(1, 0.25 + (0.25 * distance) / (BEYOND_CHANCE * deviation));
}

function explain(item: RegisteredItem, { forecast, horizon, now, days, expectedPerDay, change }: Change): string {
  const before = quantityInWords(now, item.unit);
  const then = quantityInWords(expectedPerDay, item.unit);
  const advice =
    change > 0
      ? 'Order earlier or more, so that the delivery time is covered at the new pace.'
      : 'Order less until it settles, above all what expires.';
  return (
    `${item.name} will be used ${change > 0 ? 'faster' : 'more slowly'}: about ${then} a day over the next ${horizon} days, ` +
    `${shareInWords(Math.abs(change))} ${change > 0 ? 'more' : 'less'} than the ${before} a day of the last ${days} days. ` +
    `The forecast is by ${METHOD_NAMES[forecast.method]}, which did best of ${Object.keys(forecast.backTest.errors).length} ` +
    `methods on days it had not seen: over ${forecast.backTest.foldDays} days it was off by ` +
    `${figure((1 - forecast.accuracyOfSums) * 100)} % on average (${forecast.backTest.folds} tries). ${advice}`
  );
}

const METHOD_NAMES: Readonly<Record<SeriesForecast['method'], string>> = {
  'seasonal-naive': 'repeating the last week',
  'weekday-means': 'the means of each weekday',
  'exponential-smoothing': 'exponential smoothing',
  'holt-winters': 'Holt-Winters with weekdays and a damped trend',
  'intermittent-demand': 'a method for items that are not used every day',
};

const rounded = (value: number): number => Math.round(value * 1_000) / 1_000;
