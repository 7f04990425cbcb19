import { DAY_MS, HOUR_MS, MINUTE_MS, plusDays, timeZone } from '#libs/kernel';
import {
  confidenceFrom,
  NOTHING,
  type Detection,
  type Detector,
  type FactLook,
  type Finding,
  type Judgement,
  type Look,
} from '#libs/agent-kit';
import { plannedOn, shiftBegunAround } from '../planned-shifts.ts';
import { openShiftOf } from '../time-sheet.ts';
import { clockText } from '../wording.ts';
import type { EmployeeFile, PlannedShift, WorkforceBook } from '../workforce-book.ts';

/** When nobody has used the time clock for so long, it tells nothing about who is absent. */
const CLOCK_IN_USE_MS = 7 * DAY_MS;
/** Who came so much before a shift, and is still there, came for it; whoever came earlier may have forgotten to clock out. */
const EARLIEST_MS = 4 * HOUR_MS;
/** Unless they came for a shift that ends so shortly before: two in a row. */
const LONGEST_GAP_MS = HOUR_MS;

/**
 * Somebody who is planned has not come: late while too few are at work, or not at all. Over when they come, when the shift is
 * planned for somebody else, or when it has ended.
 */
export const understaffedShift: Detector<WorkforceBook> = {
  id: 'understaffed-shift',
  decisionType: 'understaffed_shift',
  kind: 'situation',
  coolDownHours: 24,
  onFact: {
    types: ['steward.workforce.clock-recorded.v1', 'steward.workforce.shift-scheduled.v1'],
    look: lookAtShifts,
  },
  onSchedule: {
    schedule: { every: 'interval', seconds: ({ agents }) => agents.hr.checkInterval },
    look: (look) => ({ looked: 'everything', findings: absent(look, shiftsNow(look)) }),
  },
};

/** Who comes, or is replaced, ends the situation at once; new ones are left to the interval. */
function lookAtShifts(look: FactLook<WorkforceBook>): Detection {
  const { fact } = look;
  if (fact.type === 'steward.workforce.shift-scheduled.v1') {
    const shifts = shiftsNow(look).filter(({ shiftId }) => shiftId === fact.data.shiftId);
    return { looked: [subjectOf(fact.data.shiftId)], findings: absent(look, shifts) };
  }
  if (fact.type !== 'steward.workforce.clock-recorded.v1' || fact.data.kind !== 'in') return NOTHING;
  const own = shiftsNow(look).filter(({ employeeId }) => employeeId === fact.data.employeeId);
  return { looked: own.map(({ shiftId }) => subjectOf(shiftId)), findings: absent(look, own) };
}

const subjectOf = (shiftId: string): string => `shift:${shiftId}`;

/** Planned shifts that have begun and are not over. */
function shiftsNow({ book, settings, atMs }: Look<WorkforceBook>): readonly PlannedShift[] {
  const today = timeZone(settings.business.timeZone).at(atMs).date;
  return [plusDays(today, -1), today]
    .flatMap((day) => plannedOn(book, day))
    .filter(({ startsMs, endsMs }) => startsMs <= atMs && atMs < endsMs);
}

function absent(look: Look<WorkforceBook>, shifts: readonly PlannedShift[]): readonly Finding[] {
  const { book, settings, atMs } = look;
  if (atMs - book.lastClockedMs > CLOCK_IN_USE_MS) return [];
  const { lateAfterMinutes, noShowAfterMinutes, minStaffLevel } = settings.agents.hr;
  const missing = shifts.filter(
    (shift) => atMs - shift.startsMs >= lateAfterMinutes * MINUTE_MS && !hasCome(look, shift),
  );
  if (missing.length === 0) return [];
  // Whoever only forgot to clock out is not there either.
  const absentees = new Set(missing.map(({ employeeId }) => employeeId));
  const isThere = (file: EmployeeFile): boolean =>
    openShiftOf(file, atMs) !== undefined && !absentees.has(file.employeeId);
  const atWork = [...book.employees.values()].filter(isThere).length;
  return missing.flatMap((shift) => {
    const isNoShow = atMs - shift.startsMs >= noShowAfterMinutes * MINUTE_MS;
    return isNoShow || atWork < minStaffLevel ? [finding(look, { shift, atWork, isNoShow })] : [];
  });
}

function hasCome({ book, settings, atMs }: Look<WorkforceBook>, shift: PlannedShift): boolean {
  const file = book.employees.get(shift.employeeId);
  const zone = timeZone(settings.business.timeZone);
  const cameForIt = (startedMs: number): boolean => {
    if (startedMs >= shift.startsMs - EARLIEST_MS) return true;
    const before = shiftBegunAround(book, shift.employeeId, startedMs, zone);
    return before !== undefined && before.endsMs >= shift.startsMs - LONGEST_GAP_MS;
  };
  const came = file?.recent.some(
    ({ startedMs, endedMs }) => startedMs < shift.endsMs && (endedMs ?? atMs) > shift.startsMs && cameForIt(startedMs),
  );
  return came === true || usesNoClock(book, file, shift);
}

/** Who was planned before and never clocked in does not use the time clock. */
function usesNoClock(
  book: Readonly<WorkforceBook>,
  file: EmployeeFile | undefined,
  { employeeId, startsMs }: PlannedShift,
): boolean {
  if (file && file.recent.length + file.settled.length > 0) return false;
  return [...book.planned.values()].some((shifts) =>
    [...shifts.values()].some((other) => other.employeeId === employeeId && other.endsMs < startsMs),
  );
}

type Absence = Readonly<{ shift: PlannedShift; atWork: number; isNoShow: boolean }>;

function finding(look: Look<WorkforceBook>, absence: Absence): Finding {
  const { shift, atWork, isNoShow } = absence;
  const { book, settings, atMs } = look;
  const zone = timeZone(settings.business.timeZone);
  const isOnLeave = [...book.leave.values()].some(
    ({ employeeId, startsOn, endsOn }) =>
      employeeId === shift.employeeId && startsOn <= shift.day && shift.day <= endsOn,
  );
  return {
    subject: subjectOf(shift.shiftId),
    state: isNoShow ? 'nobody came' : 'late and too few',
    grade: isNoShow ? 4 : 3,
    evidence: {
      figures: [
        { name: 'employee', value: shift.employeeId },
        { name: 'planned from', value: clockText(zone.at(shift.startsMs)) },
        { name: 'planned until', value: clockText(zone.at(shift.endsMs)) },
        { name: 'late', value: minutesLate(shift, atMs), unit: 'min' },
        { name: 'people at work', value: atWork },
        { name: 'least people at work', value: settings.agents.hr.minStaffLevel },
        { name: 'has asked for leave', value: isOnLeave },
      ],
      positions: [shift.position],
    },
    byRules: () => judgementOf(look, absence, isOnLeave),
  };
}

const minutesLate = ({ startsMs }: PlannedShift, atMs: number): number => Math.floor((atMs - startsMs) / MINUTE_MS);

function judgementOf({ settings, atMs }: Look<WorkforceBook>, absence: Absence, isOnLeave: boolean): Judgement {
  const { shift, atWork } = absence;
  const { minStaffLevel } = settings.agents.hr;
  const zone = timeZone(settings.business.timeZone);
  const late = minutesLate(shift, atMs);
  const why = isOnLeave ? 'They had asked for leave on that day.' : 'Call them';
  return {
    action: {
      kind: 'fill-shift',
      shiftId: shift.shiftId,
      day: shift.day,
      from: new Date(atMs).toISOString(),
      to: new Date(shift.endsMs).toISOString(),
      missingPeople: Math.max(1, minStaffLevel - atWork),
    },
    ...confidenceFrom([
      { factor: 'time since the shift began', weight: 0.5, value: 0.5 + late / 240 },
      { factor: 'the time clock is in use', weight: 0.3, value: atWork > 0 ? 1 : 0.5 },
      { factor: 'too few at work', weight: 0.2, value: atWork < minStaffLevel ? 1 : 0.5 },
    ]),
    reasoning:
      `${shift.employeeId} was planned from ${clockText(zone.at(shift.startsMs))} to ${clockText(zone.at(shift.endsMs))} ` +
      `on ${shift.day} and has not clocked in ${late} minutes after that; ${atWork} ${atWork === 1 ? 'person is' : 'people are'} at work, ` +
      `where ${minStaffLevel} are the least. ${isOnLeave ? `${why} Find somebody` : `${why}, and find somebody`} for the rest of the shift.`,
  };
}
