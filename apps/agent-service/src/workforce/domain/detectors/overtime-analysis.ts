import { HOUR_MS, plusDays, timeZone, type LocalDate } from '#libs/kernel';
import {
  confidenceFrom,
  NOTHING,
  RECENT_POSITIONS,
  type Detection,
  type Detector,
  type FactLook,
  type Finding,
  type WindowLook,
} from '#libs/agent-kit';
import type { BusinessSettings } from '#libs/business-settings';
import { addLabor, mondayOf, NO_WORK, type LaborDay } from '../labor-pay.ts';
import { workedInWeek } from '../time-sheet.ts';
import { hoursText, percentText, tenths } from '../wording.ts';
import type { EmployeeFile, WorkforceBook } from '../workforce-book.ts';

/** The share of overtime is that of two whole weeks, so that it does not move with the day on which it is looked at. */
const SHARE_DAYS = 14;
/** With fewer days of work a share says nothing. */
const LEAST_DAYS_WORKED = 5;

/**
 * Somebody works more than the hours of a week, or too large a share of overtime in two weeks. Looked at whenever a shift
 * ends, and each morning for the day before.
 */
export const overtimeAnalysis: Detector<WorkforceBook> = {
  id: 'overtime-analysis',
  decisionType: 'overtime_analysis',
  kind: 'situation',
  coolDownHours: 96,
  onFact: { types: ['steward.workforce.clock-recorded.v1'], look: lookAtPerson },
  onSchedule: { schedule: { every: 'day', at: '06:40' }, look: lookAtEverybody },
};

function lookAtPerson({ book, settings, fact }: FactLook<WorkforceBook>): Detection {
  if (fact.type !== 'steward.workforce.clock-recorded.v1') return NOTHING;
  const file = book.employees.get(fact.data.employeeId);
  const last = file?.recent.at(-1);
  if (!file || last?.endedMs === undefined) return NOTHING;
  return { looked: [subjectOf(file)], findings: tooMuch(file, last.day, settings) };
}

function lookAtEverybody({ book, settings, atMs }: WindowLook<WorkforceBook>): Detection {
  const yesterday = plusDays(timeZone(settings.business.timeZone).at(atMs).date, -1);
  const findings = [...book.employees.values()].flatMap((file) => tooMuch(file, yesterday, settings));
  return { looked: 'everything', findings };
}

const subjectOf = ({ employeeId }: EmployeeFile): string => `employee:${employeeId}`;

function tooMuch(file: EmployeeFile, day: LocalDate, settings: BusinessSettings): readonly Finding[] {
  return overTheWeek(file, day, settings) ?? overTheShare(file, day, settings) ?? [];
}

function overTheWeek(file: EmployeeFile, day: LocalDate, { agents }: BusinessSettings): readonly Finding[] | undefined {
  const { weeklyOvertimeThreshold: limit, overtimeToleranceHours } = agents.hr;
  const monday = mondayOf(day);
  const worked = workedInWeek(file, monday);
  const hours = worked.reduce((sum, ms) => sum + ms, 0) / HOUR_MS;
  const daysWorked = worked.filter((ms) => ms > 0).length;
  if (hours <= limit + overtimeToleranceHours) return undefined;
  const until = plusDays(monday, 6);
  return [
    {
      subject: subjectOf(file),
      state: `over the hours of the week of ${monday}`,
      grade: 3,
      evidence: {
        figures: [
          { name: 'week from', value: monday },
          { name: 'worked', value: tenths(hours), unit: 'h' },
          { name: 'days worked', value: daysWorked },
          { name: 'limit of a week', value: limit, unit: 'h' },
          ...(file.weeklyHours === undefined ? [] : [{ name: 'agreed', value: file.weeklyHours, unit: 'h' }]),
        ],
        positions: positionsOf(file),
      },
      byRules: () => ({
        action: limitOvertime(file, { hours, limit, from: monday, to: until }),
        ...confidenceFrom([
          { factor: 'ends of shifts on record', weight: 0.6, value: shareOfRecordedEnds(file, monday) },
          { factor: 'hours beyond the limit', weight: 0.4, value: 0.75 + (hours - limit) / (0.4 * limit) },
        ]),
        reasoning: `${file.employeeId} has worked ${hoursText(hours)} on ${daysWorked} days of the week from ${monday}; a week has ${hoursText(limit)}. Give their remaining shifts until ${until} to others, or agree on the ${hoursText(hours - limit)} of overtime.`,
      }),
    },
  ];
}

function overTheShare(
  file: EmployeeFile,
  day: LocalDate,
  { agents }: BusinessSettings,
): readonly Finding[] | undefined {
  const { maxOvertimePercentage: most } = agents.hr;
  const until = plusDays(mondayOf(plusDays(day, 1)), -1);
  const from = plusDays(until, 1 - SHARE_DAYS);
  const days = laborOfDays(file, from, until);
  const { workedMs, overtimeMs } = days.reduce((sum, one) => addLabor(sum, one), NO_WORK);
  const share = workedMs > 0 ? overtimeMs / workedMs : 0;
  if (days.length < LEAST_DAYS_WORKED || share <= most) return undefined;
  return [
    {
      subject: subjectOf(file),
      state: 'too large a share of overtime',
      grade: 2,
      evidence: {
        figures: [
          { name: 'from', value: from },
          { name: 'to', value: until },
          { name: 'worked', value: tenths(workedMs / HOUR_MS), unit: 'h' },
          { name: 'overtime', value: tenths(overtimeMs / HOUR_MS), unit: 'h' },
          { name: 'share of overtime', value: share },
          { name: 'largest share', value: most },
        ],
        positions: positionsOf(file),
      },
      byRules: () => ({
        action: limitOvertime(file, {
          hours: workedMs / HOUR_MS,
          limit: (workedMs * (1 - share + most)) / HOUR_MS,
          from,
          to: until,
        }),
        ...confidenceFrom([
          { factor: 'ends of shifts on record', weight: 0.6, value: shareOfRecordedEnds(file, from) },
          { factor: 'days worked', weight: 0.4, value: days.length / 10 },
        ]),
        reasoning: `${hoursText(overtimeMs / HOUR_MS)} of the ${hoursText(workedMs / HOUR_MS)} that ${file.employeeId} worked from ${from} to ${until} were overtime: ${percentText(share)}, where ${percentText(most)} is the most. Plan shorter shifts or share the hours among more people.`,
      }),
    },
  ];
}

function laborOfDays(file: EmployeeFile, from: LocalDate, to: LocalDate): readonly LaborDay[] {
  return [...file.days].flatMap(([day, labor]) => (day >= from && day <= to && labor.workedMs > 0 ? [labor] : []));
}

function limitOvertime(
  { employeeId }: EmployeeFile,
  { hours, limit, from, to }: Readonly<{ hours: number; limit: number; from: LocalDate; to: LocalDate }>,
): Readonly<{
  kind: 'limit-overtime';
  employeeId: string;
  hoursWorked: number;
  limitHours: number;
  from: LocalDate;
  to: LocalDate;
}> {
  return { kind: 'limit-overtime', employeeId, hoursWorked: tenths(hours), limitHours: tenths(limit), from, to };
}

function shareOfRecordedEnds({ recent }: EmployeeFile, from: LocalDate): number {
  const shifts = recent.filter(({ day }) => day >= from);
  return shifts.length === 0 ? 0 : shifts.filter(({ isAssumed }) => !isAssumed).length / shifts.length;
}

function positionsOf({ records }: EmployeeFile): readonly number[] {
  const latest = records.slice(-RECENT_POSITIONS).map(({ position }) => position);
  return latest.sort((left, right) => left - right);
}
