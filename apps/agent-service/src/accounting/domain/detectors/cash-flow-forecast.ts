import { NOTHING, type Detection, type Detector, type Finding, type WindowLook } from '#libs/agent-kit';
import { moneyOfSetting } from '#libs/business-settings';
import type { Figure } from '#libs/contracts';
import type { AccountingBook } from '../accounting-book.ts';
import { forecastCash, type CashForecast } from '../cash-forecast.ts';
import { dynamicConfidence, FULL_VOLUME } from '../confidence.ts';
import { outstandingUntil } from '../open-documents.ts';
import { inWords, percent } from '../words.ts';
import { advice } from './low-cash.ts';

const DECISION_TYPE = 'cash_flow_forecast';

/** Cash is going to be below what the owner wants to hold, or to end. */
export const cashShortfall: Detector<AccountingBook> = {
  id: 'cash-shortfall',
  decisionType: DECISION_TYPE,
  kind: 'situation',
  // A forecast moves from day to day; what it warned of is not said again before it can have changed.
  coolDownHours: 7 * 24,
  onSchedule: {
    schedule: { every: 'day', at: '09:00' },
    look: (at) => {
      const forecast = forecastOf(at);
      if (!forecast) return NOTHING;
      const state = shortfallOf(forecast, at);
      return { looked: ['cash'], findings: state ? [shortfallFinding(at, forecast, state)] : [] };
    },
  },
};

/** Where cash is going, once a week, when nothing threatens. */
export const cashFlowReport: Detector<AccountingBook> = {
  id: 'cash-flow-report',
  decisionType: DECISION_TYPE,
  kind: 'occurrence',
  onSchedule: { schedule: { every: 'week', weekday: 1, at: '09:00' }, look: report },
};

function forecastOf({ book, window, settings }: WindowLook<AccountingBook>): CashForecast | undefined {
  return forecastCash(book.ledger, window.local.date, settings);
}

const thresholdOf = ({ settings }: WindowLook<AccountingBook>): number =>
  moneyOfSetting(settings, settings.agents.accounting.alertThresholds.cashLow).amount;

/** That cash is low today is another decision; here counts what is to come. */
function shortfallOf(
  { now, lowest }: CashForecast,
  at: WindowLook<AccountingBook>,
): 'overdrawn' | 'shortfall' | undefined {
  if (lowest.cash < 0 && now >= 0) return 'overdrawn';
  const threshold = thresholdOf(at);
  return lowest.cash < threshold && now >= threshold ? 'shortfall' : undefined;
}

function shortfallFinding(
  at: WindowLook<AccountingBook>,
  forecast: CashForecast,
  state: 'overdrawn' | 'shortfall',
): Finding {
  const { book, settings, window } = at;
  const { currency } = settings.business;
  const shortfall = { amount: Math.max(0, thresholdOf(at) - forecast.lowest.cash), currency };
  const hasReceivables = outstandingUntil(book.ledger.receivables, currency) > 0;
  const hasPayables = outstandingUntil(book.ledger.payables, currency) > 0;
  const measures = [
    ...(hasReceivables ? (['collect-receivables'] as const) : []),
    ...(hasPayables ? (['defer-payables'] as const) : []),
    'cut-expenses' as const,
  ];
  return {
    ...{ subject: 'cash', state, grade: state === 'overdrawn' ? 4 : 3 },
    evidence: { figures: figuresOf(forecast, currency), positions: book.ledger.cashPositions },
    byRules: () => ({
      action: { kind: 'protect-cash', shortfall, by: forecast.lowest.date, measures },
      ...confidenceOf(at, forecast),
      reasoning:
        `${outlook(forecast, currency)} That is ${inWords(shortfall.amount, currency)} below the ` +
        `${inWords(thresholdOf(at), currency)} that should be held, from ${firstBelow(forecast, thresholdOf(at)) ?? window.local.date} on. ` +
        advice(measures),
    }),
  };
}

function firstBelow({ days }: CashForecast, threshold: number): string | undefined {
  return days.find(({ cash }) => cash < threshold)?.date;
}

function report(at: WindowLook<AccountingBook>): Detection {
  const forecast = forecastOf(at);
  if (!forecast || shortfallOf(forecast, at)) return NOTHING;
  const { book, settings, window } = at;
  const { currency } = settings.business;
  const isFalling = forecast.end < forecast.now;
  const finding: Finding = {
    ...{ subject: `week:${window.local.date}`, state: isFalling ? 'falling' : 'steady', grade: 1 },
    evidence: { figures: figuresOf(forecast, currency), positions: book.ledger.cashPositions },
    byRules: () => ({
      action: {
        kind: 'publish-report',
        ...{
          report: 'cash-flow-forecast',
          from: window.local.date,
          to: forecast.days.at(-1)?.date ?? window.local.date,
        },
      },
      ...confidenceOf(at, forecast),
      reasoning: `${outlook(forecast, currency)} ${isFalling ? 'Watch expenses: cash is getting less.' : 'Carry on.'}`,
    }),
  };
  return { looked: [], findings: [finding] };
}

function outlook(forecast: CashForecast, currency: string): string {
  const { now, end, likely, lowest, horizonDays, historyDays, series, withdrawals } = forecast;
  const [least, most] = likely.end;
  return (
    `Cash is ${inWords(now, currency)} and is expected to be ${inWords(end, currency)} in ${horizonDays} days ` +
    `(in 8 of 10 cases ${inWords(least, currency)} to ${inWords(most, currency)}), ` +
    `at its lowest ${inWords(lowest.cash, currency)} on ${lowest.date}. ` +
    (withdrawals < 0
      ? `If owner and bank go on to take out what they did, it is ${inWords(end + withdrawals, currency)} at the end. `
      : '') +
    `Forecast by ${series.method} of ${historyDays} days, ` +
    `which in a back-test was off by ${percent(1 - series.accuracyOfSums)} over ${series.backTest.foldDays} days.`
  );
}

function figuresOf(forecast: CashForecast, currency: string): readonly Figure[] {
  const { now, end, lowest, likely, everyday, documents, withdrawals, series, horizonDays, historyDays } = forecast;
  const money = (name: string, amount: number): Figure => ({ name, money: { amount, currency } });
  const errors = series.backTest.errors[series.method];
  return [
    money('cash', now),
    money('expected at the end', end),
    money('at the end at least (80 % interval)', likely.end[0]),
    money('at the end at most (80 % interval)', likely.end[1]),
    money('lowest', lowest.cash),
    money('lowest at least (80 % interval)', likely.lowest[0]),
    { name: 'lowest on', value: lowest.date },
    money('everyday money in less out', everyday),
    money('invoices less bills', documents),
    money('withdrawals as they were, not counted', withdrawals),
    { name: 'horizon', value: horizonDays, unit: 'days' },
    { name: 'history', value: historyDays, unit: 'days' },
    { name: 'method', value: series.method },
    { name: 'back-test folds', value: series.backTest.folds },
    { name: 'back-test error of a day', value: rounded(errors?.wape ?? 1), unit: 'share' },
    { name: 'back-test error against repeating last week', value: rounded(errors?.mase ?? 1) },
  ];
}

function confidenceOf(
  { book, settings }: WindowLook<AccountingBook>,
  forecast: CashForecast,
): ReturnType<typeof dynamicConfidence> {
  const { series, historyDays, likely, now, end } = forecast;
  const width = likely.end[1] - likely.end[0];
  return dynamicConfidence(book.learning, settings, DECISION_TYPE, {
    volume: historyDays / (3 * FULL_VOLUME),
    stability: 1 - width / (2 * Math.max(1, Math.abs(now), Math.abs(end))),
    seasonal: series.accuracyOfSums,
  });
}

const rounded = (value: number): number => Math.round(value * 1_000) / 1_000;
