import { HOUR_MS, timeZone } from '#libs/kernel';
import {
  confidenceFrom,
  NOTHING,
  RECENT_POSITIONS,
  type Detection,
  type Detector,
  type FactLook,
  type Finding,
  type Judgement,
  type Look,
} from '#libs/agent-kit';
import type { BusinessSettings } from '#libs/business-settings';
import { shiftBegunAround } from '../planned-shifts.ts';
import { workedMs, type WorkedShift } from '../shift-worked.ts';
import { openShiftOf } from '../time-sheet.ts';
import { clockText, hoursText, tenths } from '../wording.ts';
import type { EmployeeFile, WorkforceBook } from '../workforce-book.ts';

/** Longer than a shift can last: what is told late about it leads to no second decision. */
const COOL_DOWN_HOURS = 16;

/**
 * Somebody works longer than the hours of a day: seen while they are at work, or at the latest when they clock out; once for
 * each day of work. Shifts of which nobody recorded the end prove nothing.
 */
export const potentialOvertime: Detector<WorkforceBook> = {
  id: 'potential-overtime',
  decisionType: 'potential_overtime',
  kind: 'situation',
  coolDownHours: COOL_DOWN_HOURS,
  onFact: { types: ['steward.workforce.clock-recorded.v1'], look: lookAtPerson },
  onSchedule: {
    schedule: { every: 'interval', seconds: ({ agents }) => agents.hr.checkInterval },
    look: lookAtEverybodyAtWork,
  },
};

function lookAtPerson(look: FactLook<WorkforceBook>): Detection {
  const { book, fact } = look;
  if (fact.type !== 'steward.workforce.clock-recorded.v1') return NOTHING;
  const file = book.employees.get(fact.data.employeeId);
  const last = file?.recent.at(-1);
  const atMs = Date.parse(fact.data.at);
  // What is told late about an earlier day is for the analysis of overtime.
  if (!file || !last || atMs < last.startedMs) return NOTHING;
  const nowMs = Math.max(look.atMs, atMs);
  return { looked: [subjectOf(file)], findings: beyondTheDay(look, file, last, nowMs) };
}

function lookAtEverybodyAtWork(look: Look<WorkforceBook>): Detection {
  const findings: Finding[] = [];
  for (const file of look.book.employees.values()) {
    const open = openShiftOf(file, look.atMs);
    if (open) findings.push(...beyondTheDay(look, file, open, look.atMs));
  }
  return { looked: 'everything', findings };
}

const subjectOf = ({ employeeId }: EmployeeFile): string => `employee:${employeeId}`;

function beyondTheDay(
  { book, settings }: Look<WorkforceBook>,
  file: EmployeeFile,
  shift: WorkedShift,
  nowMs: number,
): readonly Finding[] {
  const { overtimeThreshold, overtimeToleranceHours } = settings.agents.hr;
  const shifts = file.recent.filter(({ day, isAssumed }) => day === shift.day && !isAssumed);
  const worked = shifts.reduce((sum, one) => sum + workedMs(one, nowMs), 0);
  if (shift.isAssumed || worked <= (overtimeThreshold + overtimeToleranceHours) * HOUR_MS) return [];
  const zone = timeZone(settings.business.timeZone);
  const planned = shiftBegunAround(book, file.employeeId, shift.startedMs, zone);
  return [
    finding({
      ...{ file, shift, shifts, hours: worked / HOUR_MS, settings },
      plannedUntil: planned && clockText(zone.at(planned.endsMs)),
    }),
  ];
}

type Overrun = Readonly<{
  file: EmployeeFile;
  shift: WorkedShift;
  /** All of that day. */
  shifts: readonly WorkedShift[];
  hours: number;
  plannedUntil: string | undefined;
  settings: BusinessSettings;
}>;

function finding(overrun: Overrun): Finding {
  const { file, shift, shifts, hours, plannedUntil, settings } = overrun;
  const { overtimeThreshold: limit } = settings.agents.hr;
  const firstMs = shifts[0]?.startedMs ?? shift.startedMs;
  const positions = file.records.filter(({ atMs }) => atMs >= firstMs).map(({ position }) => position);
  return {
    subject: subjectOf(file),
    state: `over the hours of ${shift.day}`,
    grade: 3,
    evidence: {
      figures: [
        { name: 'day', value: shift.day },
        { name: 'worked', value: tenths(hours), unit: 'h' },
        { name: 'limit of a day', value: limit, unit: 'h' },
        { name: 'still at work', value: shift.endedMs === undefined },
        ...(plannedUntil === undefined ? [] : [{ name: 'planned until', value: plannedUntil }]),
      ],
      positions: positions.sort((left, right) => left - right).slice(-RECENT_POSITIONS),
    },
    byRules: () => judgementOf(overrun),
  };
}

function judgementOf({ file, shift, shifts, hours, plannedUntil, settings }: Overrun): Judgement {
  const { employeeId } = file;
  const { overtimeThreshold: limit, overtimePayFactor } = settings.agents.hr;
  const { day } = shift;
  return {
    action: { kind: 'limit-overtime', employeeId, hoursWorked: tenths(hours), limitHours: limit, from: day, to: day },
    ...confidenceFrom([
      { factor: 'the end is on record', weight: 0.4, value: shift.endedMs === undefined ? 0.6 : 1 },
      {
        factor: 'records without flaws',
        weight: 0.3,
        value: shifts.every(({ flaws }) => flaws.length === 0) ? 1 : 0.5,
      },
      { factor: 'hours beyond the limit', weight: 0.3, value: 0.7 + 0.3 * (hours - limit) },
    ]),
    reasoning:
      `${employeeId} has worked ${hoursText(hours)} on ${day}, without breaks; a day has ${hoursText(limit)}, ` +
      `and each further hour is paid ${overtimePayFactor} times. ${whatToDo(shift, plannedUntil)}`,
  };
}

function whatToDo({ endedMs }: WorkedShift, plannedUntil: string | undefined): string {
  if (endedMs !== undefined)
    return 'They have clocked out; see why it took longer, and plan the next shifts accordingly.';
  const plan =
    plannedUntil === undefined
      ? 'They are still at work'
      : `They were planned until ${plannedUntil} and are still at work`;
  return `${plan}: send them home or let somebody take over, or ask whether they forgot to clock out.`;
}
