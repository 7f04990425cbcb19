import { plusDays, type LocalDate } from '#libs/kernel';
import type { BusinessSettings } from '#libs/business-settings';
import { demandOver, forecastSeries, type SeriesForecast } from '#libs/forecasting';
import { medianAbsoluteDeviation, medianSorted, sum } from 'simple-statistics';
import { cashOf, daysBefore, type Day, type LedgerBook } from './ledger-book.ts';
import { outstandingOf, type DocumentBook } from './open-documents.ts';

/** Cash on one of the days to come. */
export type ProjectedDay = Readonly<{ date: LocalDate; cash: number }>;

/** Where cash is going; minor units. */
export type CashForecast = Readonly<{
  now: number;
  horizonDays: number;
  historyDays: number;
  days: readonly ProjectedDay[];
  /** The day on which least is there. */
  lowest: ProjectedDay;
  end: number;
  /** What owner and bank would take out over the horizon if they went on as they did, zero or less; not in the figures above. */
  withdrawals: number;
  /** Where cash at the end, and on the lowest day, lies with 80 % probability. */
  likely: Readonly<{ end: readonly [number, number]; lowest: readonly [number, number] }>;
  /** What comes in and goes out day by day, without invoices, bills and financing, over the horizon. */
  everyday: number;
  /** What is expected of open and coming invoices, less bills. */
  documents: number;
  /** How the everyday part was forecast, and how far that was off where it could be compared. */
  series: SeriesForecast;
}>;

/** Fewer days say nothing about the days to come. */
export const LEAST_HISTORY_DAYS = 28;
/** Of the normal distribution: 80 % lie within so many standard deviations. */
const LIKELY = 1.2816;
/** What a day brings beyond so many spreads (rent, a loan, a new oven) is no habit of days. */
const MOST_SPREADS = 4;
/** A median absolute deviation is so much of a standard deviation. */
const MAD_OF_DEVIATION = 0.6745;
/** What is overdue comes in the next days if it comes, later the longer it has been missing. */
const OVERDUE_DAYS = 7;

/**
 * Projects cash over `forecasting.prediction_days`: what comes and goes every day, forecast from `seasonal_analysis_days` of
 * history by the method that did best on it, and invoices and bills by the days on which they should be paid, later by as much as
 * was usual. What owner and bank put in or take out is
 * theirs to decide, and told apart. `undefined` without accounts or with less than four weeks of history.
 */
export function forecastCash(
  ledger: Readonly<LedgerBook>,
  today: LocalDate,
  { business, agents }: BusinessSettings,
): CashForecast | undefined {
  const { predictionDays: horizonDays, seasonalAnalysisDays } = agents.accounting.forecasting;
  const now = cashOf(ledger, business.currency);
  const history = daysBefore(ledger, today, seasonalAnalysisDays);
  if (now === undefined || history.length < LEAST_HISTORY_DAYS) return undefined;
  const { habitual, rarePerDay } = apart(history.map(everydayFlow));
  const series = forecastSeries(habitual, { horizon: horizonDays });
  if (!series) return undefined;
  const documents = documentFlows(ledger, { today, horizonDays, currency: business.currency });
  let cash = now;
  const days = series.values.map((value, index) => {
    cash += value + rarePerDay + (documents[index] ?? 0);
    return { date: plusDays(today, index), cash: Math.round(cash) };
  });
  const lowestIndex = days.reduce(
    (best, { cash: one }, index) => (one < (days[best]?.cash ?? Infinity) ? index : best),
    0,
  );
  const lowest = days[lowestIndex] ?? { date: today, cash: now };
  const end = days.at(-1)?.cash ?? now;
  return {
    ...{ now, horizonDays, historyDays: history.length, days, lowest, end, series },
    likely: { end: around(end, series, horizonDays), lowest: around(lowest.cash, series, lowestIndex + 1) },
    everyday: Math.round(sum([...series.values]) + rarePerDay * horizonDays),
    documents: Math.round(sum([...documents])),
    withdrawals: Math.round(withdrawnPerDay(history) * horizonDays),
  };
}

const everydayFlow = ({ cashFlow, documentFlow, financingFlow }: Day): number =>
  cashFlow - documentFlow - financingFlow;

/** The largest does not count, as it need not come again. */
function withdrawnPerDay(history: readonly Day[]): number {
  const withdrawn = history.map(({ financingFlow }) => Math.min(0, financingFlow));
  return (sum(withdrawn) - Math.min(...withdrawn)) / history.length;
}

function around(value: number, series: SeriesForecast, days: number): readonly [number, number] {
  const { deviation } = demandOver(series, days);
  return [Math.round(value - LIKELY * deviation), Math.round(value + LIKELY * deviation)];
}

/**
 * Takes apart what days usually bring from what comes rarely. The rare part of a day counts evenly over all days, like rent; but the
 * largest gain and the largest loss do not count: what happened once need not happen again.
 */
function apart(values: readonly number[]): Readonly<{ habitual: readonly number[]; rarePerDay: number }> {
  const sorted = values.toSorted((left, right) => left - right);
  const median = medianSorted(sorted);
  const spread = medianAbsoluteDeviation(sorted) / MAD_OF_DEVIATION;
  if (spread === 0) return { habitual: values, rarePerDay: 0 };
  const isRare = (value: number): boolean => Math.abs(value - median) > MOST_SPREADS * spread;
  const rare = values.filter(isRare).map((value) => value - median);
  const once = Math.max(0, ...rare) + Math.min(0, ...rare);
  return {
    habitual: values.map((value) => (isRare(value) ? median : value)),
    rarePerDay: (sum(rare) - once) / values.length,
  };
}

type Horizon = Readonly<{ today: LocalDate; horizonDays: number; currency: string }>;

/** Expected of invoices less bills, per day of the horizon. */
function documentFlows(ledger: Readonly<LedgerBook>, horizon: Horizon): readonly number[] {
  const flows = new Array<number>(horizon.horizonDays).fill(0);
  addOpen(flows, ledger.receivables, { ...horizon, sign: 1 });
  addOpen(flows, ledger.payables, { ...horizon, sign: -1 });
  addComing(flows, ledger, horizon);
  return flows;
}

function addOpen(
  flows: number[],
  book: Readonly<DocumentBook>,
  { today, horizonDays, currency, sign }: Horizon & Readonly<{ sign: 1 | -1 }>,
): void {
  const byDate = new Map(Array.from({ length: horizonDays }, (_, index) => [plusDays(today, index), index]));
  const late = Math.max(0, Math.round(book.meanDaysLate));
  for (const document of book.open.values()) {
    if (document.currency !== currency) continue;
    const expectedOn = plusDays(document.dueOn, late);
    const index = expectedOn < today ? Math.min(OVERDUE_DAYS, horizonDays - 1) : byDate.get(expectedOn);
    if (index !== undefined) flows[index] = (flows[index] ?? 0) + sign * outstandingOf(document);
  }
}

/**
 * Documents that are not known yet: as much a day as in the last 90 days, but only from the day on which one issued today would be
 * paid; what is paid before is known, and counted.
 */
function addComing(flows: number[], ledger: Readonly<LedgerBook>, { today }: Horizon): void {
  const past = daysBefore(ledger, today, 90);
  if (past.length === 0) return;
  const perDay = past.reduce((sum, { documentFlow }) => sum + documentFlow, 0) / past.length;
  const count = ledger.receivables.settledDocuments + ledger.payables.settledDocuments;
  if (count === 0) return;
  const termDays =
    (ledger.receivables.meanTermDays * ledger.receivables.settledDocuments +
      ledger.payables.meanTermDays * ledger.payables.settledDocuments) /
    count;
  for (let index = 0; index < flows.length; index += 1) {
    const share = termDays <= 0 ? 1 : Math.min(1, index / termDays);
    flows[index] = (flows[index] ?? 0) + perDay * share;
  }
}
