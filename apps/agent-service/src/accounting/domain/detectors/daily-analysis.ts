import { plusDays, weekdayOf } from '#libs/kernel';
import { NOTHING, type Detection, type Detector, type Finding, type WindowLook } from '#libs/agent-kit';
import type { Figure } from '#libs/contracts';
import { mean, standardDeviation } from 'simple-statistics';
import type { AccountingBook } from '../accounting-book.ts';
import { dynamicConfidence } from '../confidence.ts';
import { cashOf, daysBefore, totalOf, type Day } from '../ledger-book.ts';
import { change, counted, inWords, weekdayName } from '../words.ts';

const DECISION_TYPE = 'daily_financial_analysis';
const MOST_WEEKS = 8;
const LEAST_WEEKS = 4;
/** A day counts as unusual when it is so many deviations, and at least such a share, away from its weekday's mean. */
const UNUSUAL_DEVIATIONS = 2;
const UNUSUAL_SHARE = 0.2;

/** What yesterday brought, against what its weekday usually brings. */
export const dailyAnalysis: Detector<AccountingBook> = {
  id: 'daily-analysis',
  decisionType: DECISION_TYPE,
  kind: 'occurrence',
  onSchedule: { schedule: { every: 'day', at: '06:00' }, look },
};

type Usual = Readonly<{ mean: number; deviation: number; weeks: number }>;
type Compared = Readonly<{ actual: number; usual: Usual | undefined }>;
type Verdict = 'as-usual' | 'above-usual' | 'below-usual' | 'not-compared';

type Case = Readonly<{ day: Day; revenue: Compared; expense: Compared; state: string }>;

function look(at: WindowLook<AccountingBook>): Detection {
  const { book, window } = at;
  const yesterday = plusDays(window.local.date, -1);
  const days = daysBefore(book.ledger, window.local.date, 7 * MOST_WEEKS + 1);
  const day = days.at(-1);
  if (day?.date !== yesterday || day.transactions === 0) return NOTHING;
  const before = days.filter(({ date }) => date < yesterday && weekdayOf(date) === weekdayOf(yesterday));
  const compared = (of: (one: Day) => number): Compared => ({ actual: of(day), usual: usualOf(before.map(of)) });
  const revenue = compared((one) => totalOf(one.revenue));
  const expense = compared((one) => totalOf(one.expense));
  const state = `revenue-${verdictOf(revenue)}`;
  return { looked: [], findings: [findingOf(at, { day, revenue, expense, state })] };
}

function usualOf(values: readonly number[]): Usual | undefined {
  if (values.length < LEAST_WEEKS) return undefined;
  return { mean: mean([...values]), deviation: standardDeviation([...values]), weeks: values.length };
}

function verdictOf({ actual, usual }: Compared): Verdict {
  if (!usual) return 'not-compared';
  const away = actual - usual.mean;
  const limit = Math.max(UNUSUAL_DEVIATIONS * usual.deviation, UNUSUAL_SHARE * Math.abs(usual.mean));
  if (Math.abs(away) <= limit) return 'as-usual';
  return away > 0 ? 'above-usual' : 'below-usual';
}

function findingOf(at: WindowLook<AccountingBook>, one: Case): Finding {
  const { day, revenue, expense, state } = one;
  const { book, settings } = at;
  const { currency } = settings.business;
  const money = (name: string, amount: number): Figure => ({ name, money: { amount: Math.round(amount), currency } });
  const cash = cashOf(book.ledger, currency);
  return {
    subject: `day:${day.date}`,
    state,
    grade: state === 'revenue-below-usual' ? 2 : 1,
    evidence: {
      figures: [
        money('revenue', revenue.actual),
        money('expenses', expense.actual),
        money('net', revenue.actual - expense.actual),
        { name: 'sales', value: day.orders },
        { name: 'transactions', value: day.transactions },
        ...(revenue.usual ? [money('usual revenue', revenue.usual.mean)] : []),
        ...(expense.usual ? [money('usual expenses', expense.usual.mean)] : []),
        { name: 'days compared with', value: revenue.usual?.weeks ?? 0, unit: 'days' },
        ...(cash === undefined ? [] : [money('cash', cash)]),
        ...[...day.otherRevenue].map(([other, amount]): Figure => ({
          name: `revenue in ${other}`,
          money: { amount, currency: other },
        })),
        ...largest(day.expense).map(([category, amount]) => money(`expense: ${category}`, amount)),
      ],
      positions: day.positions,
    },
    byRules: () => ({
      action: { kind: 'publish-report', report: 'daily-financial', from: day.date, to: day.date },
      ...dynamicConfidence(book.learning, settings, DECISION_TYPE, {
        volume: (revenue.usual?.weeks ?? 0) / MOST_WEEKS,
        stability: 1,
        seasonal: revenue.usual ? 1 - revenue.usual.deviation / Math.max(1, Math.abs(revenue.usual.mean)) : 0.5,
      }),
      reasoning: reasoningOf(one, { currency, cash }),
    }),
  };
}

function largest(sums: ReadonlyMap<string, number>): readonly (readonly [string, number])[] {
  return [...sums].toSorted((left, right) => right[1] - left[1]).slice(0, 5);
}

function reasoningOf(
  { day, revenue, expense }: Case,
  { currency, cash }: Readonly<{ currency: string; cash: number | undefined }>,
): string {
  const weekday = weekdayName(weekdayOf(day.date));
  const against = ({ actual, usual }: Compared): string =>
    usual && usual.mean > 0
      ? ` (${change(actual / usual.mean - 1)} against the mean of ${usual.weeks} ${weekday}s)`
      : '';
  const [top] = largest(day.expense);
  const parts = [
    `${weekday} ${day.date}: revenue ${inWords(revenue.actual, currency)} of ${counted(day.orders, 'sale')}${against(revenue)},`,
    `expenses ${inWords(expense.actual, currency)}${against(expense)}, net ${inWords(revenue.actual - expense.actual, currency)}.`,
    ...(top ? [`Most was spent on ${top[0]}: ${inWords(top[1], currency)}.`] : []),
    ...(cash === undefined ? [] : [`Cash is ${inWords(cash, currency)}.`]),
    NOTES[verdictOf(revenue)],
    ...[...day.otherRevenue].map(
      ([other, amount]) =>
        `Besides, ${inWords(amount, other)} was earned in another currency than ${currency}, the one in the settings, and is not added.`,
    ),
  ];
  return parts.filter((part) => part !== '').join(' ');
}

const NOTES: Readonly<Record<Verdict, string>> = {
  'as-usual': 'Revenue was as usual.',
  'above-usual': 'Revenue was clearly above what this weekday usually brings: see whether it will last.',
  'below-usual': 'Revenue was clearly below what this weekday usually brings: find out why.',
  'not-compared': '',
};
