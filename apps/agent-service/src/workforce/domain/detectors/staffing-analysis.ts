import { money, plusDays, weekdayOf, type LocalDate } from '#libs/kernel';
import {
  confidenceFrom,
  NOTHING,
  type Detection,
  type Detector,
  type Finding,
  type Judgement,
  type WindowLook,
} from '#libs/agent-kit';
import { plannedHours, plannedOn } from '../planned-shifts.ts';
import { busiestHours, staffingModel, type StaffingModel } from '../staffing-need.ts';
import { hoursText, moneyText, percentText, tenths } from '../wording.ts';
import type { PlannedShift, WorkforceBook } from '../workforce-book.ts';

/** A plan that is so near to the need is right: nobody knows demand better. */
const RELATIVE_MARGIN = 0.15;
const NAMED_HOURS = 3;
/** Half a minute: sums of hours are not exact. */
const LEAST_HOURS = 0.01;

type Gap = Readonly<{
  day: LocalDate;
  shifts: readonly PlannedShift[];
  scheduled: number;
  needed: number;
  demand: number;
  margin: number;
  /** Asked only when it is told. */
  busiest: () => readonly number[];
  model: StaffingModel;
  currency: string;
}>;

/**
 * Each morning, the hours planned for each day to come against those that its demand needs, as the business's own past
 * shows. Days that nobody has planned yet, and days on which it is closed, are left alone.
 */
export const staffingAnalysis: Detector<WorkforceBook> = {
  id: 'staffing-analysis',
  decisionType: 'staffing_analysis',
  kind: 'situation',
  // A day is told once, unless it becomes far worse.
  coolDownHours: 240,
  onSchedule: { schedule: { every: 'day', at: '07:00' }, look },
};

function look(seen: WindowLook<WorkforceBook>): Detection {
  const { book, settings, local } = seen;
  const model = staffingModel(book, local.date);
  if (!model) return NOTHING;
  const findings: Finding[] = [];
  for (let ahead = 1; ahead <= settings.agents.hr.schedulingHorizonDays; ahead += 1) {
    const gap = gapOn(seen, plusDays(local.date, ahead), model);
    if (gap && Math.abs(gap.needed - gap.scheduled) - gap.margin > LEAST_HOURS) findings.push(finding(gap));
  }
  return { looked: 'everything', findings };
}

function gapOn({ book, settings }: WindowLook<WorkforceBook>, day: LocalDate, model: StaffingModel): Gap | undefined {
  const shifts = plannedOn(book, day);
  const demand = model.expectedDemand(day);
  if (shifts.length === 0 || demand === undefined) return undefined;
  const needed = model.hoursFor(demand);
  const { schedulingBufferHours } = settings.agents.hr;
  return {
    ...{ day, shifts, needed, demand, model, currency: settings.business.currency },
    scheduled: plannedHours(shifts),
    margin: Math.max(schedulingBufferHours, needed * RELATIVE_MARGIN, model.marginFor(demand)),
    busiest: () => busiestHours(book, weekdayOf(day), NAMED_HOURS),
  };
}

function finding(gap: Gap): Finding {
  const { day, shifts, scheduled, needed, margin, model } = gap;
  const positions = shifts.map(({ position }) => position).sort((left, right) => left - right);
  return {
    subject: `day:${day}`,
    state: scheduled < needed ? 'too few hours' : 'too many hours',
    grade: Math.abs(needed - scheduled) > 2 * margin ? 3 : 2,
    evidence: {
      figures: [
        { name: 'day', value: day },
        { name: 'planned', value: tenths(scheduled), unit: 'h' },
        { name: 'needed', value: tenths(needed), unit: 'h' },
        { name: 'margin', value: tenths(margin), unit: 'h' },
        { name: 'expected demand', value: demandText(gap) },
        { name: 'demand of the last week against usual', value: model.level },
        { name: 'days learned from', value: model.days },
      ],
      positions: positions.slice(-20),
    },
    byRules: () => judgementOf(gap),
  };
}

function judgementOf(gap: Gap): Judgement {
  const { day, scheduled, needed, margin, model, busiest } = gap;
  const difference = Math.abs(needed - scheduled);
  const change = scheduled < needed ? 'Plan more' : 'Unless you expect more than the last eight weeks show, plan fewer';
  const hours = [...busiest()].sort((left, right) => left - right).map((hour) => `${hour}:00`);
  const busy = hours.length > 0 ? ` Most customers come in the hours from ${hours.join(', ')}.` : '';
  return {
    action: { kind: 'adjust-staffing', day, scheduledHours: tenths(scheduled), neededHours: tenths(needed) },
    ...confidenceFrom([
      { factor: 'days learned from', weight: 0.3, value: model.days / 42 },
      { factor: 'how well the need is known', weight: 0.35, value: 1 - margin / Math.max(1, needed) },
      { factor: 'how far from the need', weight: 0.35, value: 0.4 + 0.3 * (difference / margin) },
    ]),
    reasoning:
      `${hoursText(scheduled)} are planned for ${day}, and about ${hoursText(needed)} are needed: ${demandText(gap)} are expected` +
      `${levelText(model)}, and the business has worked so many hours on such days in ${model.days} days before. ` +
      `${change}: about ${hoursText(difference)}.${busy}`,
  };
}

function demandText({ demand, model, currency }: Gap): string {
  if (model.measure === 'tickets') return `${Math.round(demand)} sales`;
  return `${moneyText(money(Math.round(demand), currency))} of revenue`;
}

function levelText({ level }: StaffingModel): string {
  return level === 1 ? '' : `, since the last week brought ${percentText(level)} of the usual`;
}
