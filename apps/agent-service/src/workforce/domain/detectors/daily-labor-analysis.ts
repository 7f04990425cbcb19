import { HOUR_MS, money, plusDays, type LocalDate } from '#libs/kernel';
import {
  confidenceFrom,
  NOTHING,
  type Detection,
  type Detector,
  type Judgement,
  type WindowLook,
} from '#libs/agent-kit';
import { laborBetween, peopleOn, type Labor } from '../labor-cost.ts';
import { hoursText, moneyText, percentText, tenths } from '../wording.ts';
import type { WorkforceBook } from '../workforce-book.ts';

type Day = Readonly<{
  day: LocalDate;
  labor: Labor;
  people: number;
  /** Shifts of which nobody recorded the end. */
  notEnded: readonly string[];
  /** Minor units; 0 when nothing is known of it. */
  revenue: number;
  currency: string;
}>;

/** Each morning, what was worked the day before and what it cost; nothing after a day without work. */
export const dailyLaborAnalysis: Detector<WorkforceBook> = {
  id: 'daily-labor-analysis',
  decisionType: 'daily_labor_analysis',
  kind: 'occurrence',
  onSchedule: { schedule: { every: 'day', at: '06:30' }, look },
};

function look(seen: WindowLook<WorkforceBook>): Detection {
  const day = plusDays(seen.local.date, -1);
  const labor = laborBetween(seen, day, day);
  if (labor.workedMs <= 0) return NOTHING;
  const people = peopleOn(seen, day);
  const notEnded = people.filter(({ recent }) =>
    recent.some((shift) => shift.day === day && (shift.isAssumed || shift.endedMs === undefined)),
  );
  const report: Day = {
    day,
    labor,
    people: people.length,
    notEnded: notEnded.map(({ employeeId }) => employeeId),
    revenue: seen.book.demand.get(day)?.revenue ?? 0,
    currency: seen.settings.business.currency,
  };
  const shifts = people.flatMap(({ records }) => records.slice(-1).map(({ position }) => position));
  return {
    looked: [],
    findings: [
      {
        subject: `day:${day}`,
        state: 'worked',
        grade: 1,
        evidence: { figures: figuresOf(report), positions: shifts.sort((left, right) => left - right).slice(-20) },
        byRules: () => judgementOf(report),
      },
    ],
  };
}

function figuresOf({ day, labor, people, notEnded, revenue, currency }: Day) {
  return [
    { name: 'day', value: day },
    { name: 'people', value: people },
    { name: 'worked', value: tenths(labor.workedMs / HOUR_MS), unit: 'h' },
    { name: 'overtime', value: tenths(labor.overtimeMs / HOUR_MS), unit: 'h' },
    { name: 'labour cost', money: money(labor.cost + labor.salaries, currency) },
    { name: 'shifts without a clock-out', value: notEnded.length },
    ...(revenue > 0 ? [{ name: 'revenue', money: money(revenue, currency) }] : []),
  ];
}

function judgementOf({ day, labor, people, notEnded, revenue, currency }: Day): Judgement {
  const cost = labor.cost + labor.salaries;
  const share =
    revenue > 0 ? `, ${percentText(cost / revenue)} of the ${moneyText(money(revenue, currency))} earned` : '';
  return {
    action: { kind: 'publish-report', report: 'daily-labor', from: day, to: day },
    ...confidenceFrom([
      { factor: 'shifts with a clock-out', weight: 0.5, value: 1 - notEnded.length / Math.max(1, people) },
      { factor: 'hours with a known rate', weight: 0.3, value: 1 - labor.unpricedMs / labor.workedMs },
      { factor: 'revenue is known', weight: 0.2, value: revenue > 0 ? 1 : 0.5 },
    ]),
    reasoning: [
      `${people} ${people === 1 ? 'person' : 'people'} worked ${hoursText(labor.workedMs / HOUR_MS)} on ${day}, ${hoursText(labor.overtimeMs / HOUR_MS)} of it overtime.`,
      `Labour cost ${moneyText(money(cost, currency))}${share}.`,
      ...(labor.unpricedMs > 0
        ? [`${hoursText(labor.unpricedMs / HOUR_MS)} have no known rate and are not in it.`]
        : []),
      ...(notEnded.length > 0
        ? [`No clock-out is on record for ${notEnded.slice(0, 10).join(', ')}; ask them before it is paid.`]
        : []),
    ].join(' '),
  };
}
