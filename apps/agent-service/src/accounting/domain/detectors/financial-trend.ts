import { plusDays, weekdayOf, type LocalDate } from '#libs/kernel';
import { NOTHING, type Detection, type Detector, type Finding, type WindowLook } from '#libs/agent-kit';
import type { AccountingBook } from '../accounting-book.ts';
import { dynamicConfidence, FULL_VOLUME } from '../confidence.ts';
import { daysBefore, totalOf, type Day } from '../ledger-book.ts';
import { cautionOf } from '../learning-book.ts';
import { trendOf, type Trend } from '../trend.ts';
import { change, inWords } from '../words.ts';

const DECISION_TYPE = 'financial_trend_analysis';
const LONG_DAYS = 56;
/** With fewer days a trend is a guess. */
const LEAST_DAYS = 28;

const METRICS: readonly Readonly<{ name: 'revenue' | 'expenses'; of: (day: Day) => number }>[] = [
  { name: 'revenue', of: (day) => totalOf(day.revenue) },
  { name: 'expenses', of: (day) => totalOf(day.expense) },
];

/** Revenue or expenses have been rising or falling, or have changed of late, more than chance and weekdays explain. */
export const financialTrend: Detector<AccountingBook> = {
  id: 'financial-trend',
  decisionType: DECISION_TYPE,
  kind: 'situation',
  coolDownHours: 28 * 24,
  onSchedule: { schedule: { every: 'week', weekday: 1, at: '10:00' }, look },
};

function look(at: WindowLook<AccountingBook>): Detection {
  const { book, window, settings } = at;
  const days = daysBefore(book.ledger, window.local.date, LONG_DAYS);
  if (days.length < LEAST_DAYS) return NOTHING;
  const caution = cautionOf(book.learning, DECISION_TYPE);
  const weekdays = days.map(({ date }) => weekdayOf(date));
  const findings = METRICS.flatMap(({ name, of }) => {
    const trend = trendOf(days.map(of), {
      ...{ weekdays, caution, shortDays: settings.agents.accounting.forecasting.trendAnalysisPeriods },
    });
    return trend ? [findingOf(at, { name, trend })] : [];
  });
  return { looked: 'everything', findings };
}

function findingOf(
  at: WindowLook<AccountingBook>,
  { name, trend }: Readonly<{ name: 'revenue' | 'expenses'; trend: Trend }>,
): Finding {
  const { book, settings, window } = at;
  const { currency } = settings.business;
  const from = plusDays(window.local.date, -trend.days);
  const isBad = (name === 'revenue') === (trend.direction === 'falling');
  const money = (amount: number): Readonly<{ amount: number; currency: string }> => ({
    amount: Math.round(amount),
    currency,
  });
  return {
    ...{ subject: `trend:${name}`, state: trend.direction, grade: isBad ? 3 : 1 },
    evidence: {
      figures: [
        { name: 'direction', value: trend.direction },
        { name: 'a day before', money: money(trend.before) },
        { name: 'a day now', money: money(trend.now) },
        { name: 'change', value: rounded(trend.change), unit: 'share' },
        { name: 'seen as', value: trend.seenAs },
        { name: 'deviations from chance', value: rounded(trend.significance) },
        { name: 'days', value: trend.days, unit: 'days' },
      ],
      positions: [],
    },
    byRules: () => ({
      action: { kind: 'publish-report', report: `trend-${name}`, from, to: plusDays(window.local.date, -1) },
      ...dynamicConfidence(book.learning, settings, DECISION_TYPE, {
        volume: trend.days / FULL_VOLUME,
        stability: trend.significance / 6,
        seasonal: trend.weekdayFit,
      }),
      reasoning: reasoningOf(trend, { name, from, currency, isBad }),
    }),
  };
}

function reasoningOf(
  { direction, before, now, change: share, days, significance, seenAs }: Trend,
  { name, from, currency, isBad }: Readonly<{ name: string; from: LocalDate; currency: string; isBad: boolean }>,
): string {
  const how =
    seenAs === 'slope' ? `steadily over ${days} days, since ${from}` : `in the last days, against the weeks before`;
  const verb = direction === 'rising' ? 'risen' : 'fallen';
  return (
    `${name === 'revenue' ? 'Revenue has' : 'Expenses have'} ${verb} ${how}: from ${inWords(Math.round(before), currency)} to ` +
    `${inWords(Math.round(now), currency)} a day (${change(share)}), weekdays taken into account, ` +
    `${rounded(significance)} times what chance explains. ${isBad ? 'Find out what changed and act on it.' : 'See whether it will last.'}`
  );
}

const rounded = (value: number): number => Math.round(value * 100) / 100;
