import { HOUR_MS, money, plusDays, type LocalDate } from '#libs/kernel';
import {
  confidenceFrom,
  NOTHING,
  type Detection,
  type Detector,
  type Finding,
  type Judgement,
  type WindowLook,
} from '#libs/agent-kit';
import { laborBetween, type Labor } from '../labor-cost.ts';
import { hoursOf, hoursText, moneyText, percentText } from '../wording.ts';
import type { WorkforceBook } from '../workforce-book.ts';

const DAYS = 7;
/** With revenue on fewer of the last days a week says nothing. */
const LEAST_DAYS = 5;
/** One day swings with its weekday; alone it counts from so many times the largest share on. */
const DAY_ALONE_FACTOR = 1.5;
/** From so many times the largest share on it is grave. */
const GRAVE_FACTOR = 1.25;

/** Labour cost and revenue of some days. */
type Share = Readonly<{
  from: LocalDate;
  to: LocalDate;
  labor: Labor;
  /** Minor units. */
  cost: number;
  revenue: number;
  share: number;
  daysWithRevenue: number;
  hasOtherCurrencies: boolean;
}>;

/**
 * Labour costs more than its share of what was really earned: over the last seven days, or yesterday by far. Without
 * revenue there is no share, and nothing is said.
 */
export const highLaborCost: Detector<WorkforceBook> = {
  id: 'high-labor-cost',
  decisionType: 'high_labor_cost',
  kind: 'situation',
  coolDownHours: 168,
  onSchedule: { schedule: { every: 'day', at: '06:30' }, look },
};

function look(seen: WindowLook<WorkforceBook>): Detection {
  const yesterday = plusDays(seen.local.date, -1);
  const day = shareOf(seen, yesterday, yesterday);
  const week = shareOf(seen, firstKnownDay(seen), yesterday);
  if (!week) return NOTHING;
  const most = seen.settings.agents.hr.maxLaborCostPercentage;
  const over = overShare({ day, week, most });
  if (!over) return { looked: 'everything', findings: [] };
  return { looked: 'everything', findings: [finding(over, { day, week, most }, seen.settings.business.currency)] };
}

/** Of the last seven; salaries before anything is known of the business would be set against nothing. */
function firstKnownDay({ book, local }: WindowLook<WorkforceBook>): LocalDate {
  const days = Array.from({ length: DAYS }, (_, index) => plusDays(local.date, index - DAYS));
  return days.find((day) => book.demand.has(day) || book.days.has(day)) ?? local.date;
}

function overShare({
  day,
  week,
  most,
}: Readonly<{ day: Share | undefined; week: Share; most: number }>): Share | undefined {
  if (week.daysWithRevenue >= LEAST_DAYS && week.share > most) return week;
  return day && day.share > most * DAY_ALONE_FACTOR ? day : undefined;
}

function shareOf(seen: WindowLook<WorkforceBook>, from: LocalDate, to: LocalDate): Share | undefined {
  let revenue = 0;
  let daysWithRevenue = 0;
  let hasOtherCurrencies = false;
  for (let day = from; day <= to; day = plusDays(day, 1)) {
    const demand = seen.book.demand.get(day);
    revenue += demand?.revenue ?? 0;
    hasOtherCurrencies ||= demand?.hasOtherCurrencies ?? false;
    if ((demand?.revenue ?? 0) > 0) daysWithRevenue += 1;
  }
  const labor = laborBetween(seen, from, to);
  const cost = labor.cost + labor.salaries;
  if (revenue <= 0 || cost <= 0) return undefined;
  return { from, to, labor, cost, revenue, share: cost / revenue, daysWithRevenue, hasOtherCurrencies };
}

type Compared = Readonly<{ day: Share | undefined; week: Share; most: number }>;

function finding(over: Share, compared: Compared, currency: string): Finding {
  const { day, week, most } = compared;
  const span = over === week ? 'the last seven days' : 'yesterday';
  const isGrave = over.share > most * GRAVE_FACTOR;
  const inCurrency = (amount: number) => money(amount, currency);
  return {
    subject: 'labor-cost',
    state: isGrave ? 'far over its share' : 'over its share',
    grade: isGrave ? 4 : 3,
    evidence: {
      figures: [
        { name: 'compared', value: `${span}, ${over.from} to ${over.to}` },
        { name: 'labour cost', money: inCurrency(over.cost) },
        { name: 'revenue', money: inCurrency(over.revenue) },
        { name: 'share', value: over.share },
        { name: 'largest share', value: most },
        { name: 'overtime', value: hoursOf(over.labor.overtimeMs), unit: 'h' },
        { name: 'salaries in it', money: inCurrency(over.labor.salaries) },
        { name: 'hours without a known rate', value: hoursOf(over.labor.unpricedMs), unit: 'h' },
        { name: 'share of the last seven days', value: week.share },
        ...(day ? [{ name: 'share of yesterday', value: day.share }] : []),
      ],
      positions: [],
    },
    byRules: () => judgementOf(over, compared, currency),
  };
}

function judgementOf(over: Share, { day, week, most }: Compared, currency: string): Judgement {
  const { from, to, labor, cost, revenue, share } = over;
  const excess = money(Math.round(cost - most * revenue), currency);
  const other = over === week ? day : week;
  const pricedShare = labor.workedMs > 0 ? 1 - labor.unpricedMs / labor.workedMs : 1;
  return {
    action: {
      kind: 'reduce-labor-cost',
      day: to,
      ...(from === to ? {} : { from }),
      laborCost: money(cost, currency),
      revenue: money(revenue, currency),
      excess,
    },
    ...confidenceFrom([
      { factor: 'days with revenue', weight: 0.35, value: over.daysWithRevenue / DAYS },
      { factor: 'hours with a known rate', weight: 0.3, value: pricedShare },
      { factor: 'how far over', weight: 0.35, value: 0.5 + (share - most) / most },
    ]),
    reasoning: [
      `Labour cost ${moneyText(money(cost, currency))} against ${moneyText(money(revenue, currency))} earned ${from === to ? `on ${to}` : `from ${from} to ${to}`}: ${percentText(share)}, where ${percentText(most)} is the most; that is ${moneyText(excess)} too much.`,
      ...(labor.overtimeMs >= HOUR_MS ? [`${hoursText(labor.overtimeMs / HOUR_MS)} of it were overtime.`] : []),
      ...(other
        ? [`${over === week ? 'Yesterday' : 'Over the last seven days'} it was ${percentText(other.share)}.`]
        : []),
      ...(pricedShare < 1 ? [`${hoursText(labor.unpricedMs / HOUR_MS)} have no known rate and are not counted.`] : []),
      ...(over.hasOtherCurrencies ? ['What was earned in other currencies is not counted.'] : []),
      'Plan fewer hours where few customers come, and avoid overtime first.',
    ].join(' '),
  };
}
