import { MINUTE_MS, timeZone } from '#libs/kernel';
import { type BookKeeping, type BusinessFact, type FactOf } from '#libs/agent-kit';
import type { BusinessSettings } from '#libs/business-settings';
import type { LeaveRequested, ShiftScheduled } from '#libs/contracts';
import { enterRevenue } from './demand.ts';
import type { PayTerms } from './labor-pay.ts';
import { pruneBook } from './prune-book.ts';
import { enterClockRecord, pairAgain, recount } from './time-sheet.ts';
import { emptyBook, fileOf, type EmployeeFile, type PlannedShift, type WorkforceBook } from './workforce-book.ts';

/** The facts that the book takes. */
export const WORKFORCE_FACTS = [
  'steward.workforce.employee-registered.v1',
  'steward.workforce.clock-recorded.v1',
  'steward.workforce.shift-scheduled.v1',
  'steward.workforce.leave-requested.v1',
  'steward.sales.order-completed.v1',
  'steward.accounting.invoice-issued.v1',
  'steward.accounting.transaction-recorded.v1',
] as const;

export const workforceBookKeeping: BookKeeping<WorkforceBook> = {
  version: 1,
  open: emptyBook,
  enter: (book, fact, settings) => {
    if (fact.local.date > book.today) {
      book.today = fact.local.date;
      pruneBook(book);
    }
    enterFact(book, fact, settings);
  },
};

function enterFact(book: WorkforceBook, fact: BusinessFact, settings: BusinessSettings): void {
  switch (fact.type) {
    case 'steward.workforce.employee-registered.v1':
      enterEmployee(book, fact, settings);
      break;
    case 'steward.workforce.clock-recorded.v1':
      enterClockRecord(book, fileOf(book, fact.data.employeeId), fact, settings);
      break;
    case 'steward.workforce.shift-scheduled.v1':
      enterPlannedShift(book, fact, settings);
      break;
    case 'steward.workforce.leave-requested.v1':
      enterLeave(book, fact.data, fact.position);
      break;
    default:
      enterRevenue(book.demand, fact, settings);
  }
}

const MOST_TERMS = 20;

function enterEmployee(
  book: WorkforceBook,
  { data, local }: FactOf<'steward.workforce.employee-registered.v1'>,
  settings: BusinessSettings,
): void {
  const file = fileOf(book, data.employeeId);
  file.status = data.status ?? 'active';
  file.hiredOn = data.hiredOn;
  file.weeklyHours = data.weeklyHours;
  const isGone = file.status === 'terminated' || file.status === 'inactive';
  file.leftOn = isGone ? (file.leftOn ?? local.date) : undefined;
  if (!takeTerms(file, { from: local.date, hourlyRate: data.hourlyRate, annualSalary: data.annualSalary })) return;
  recount(book, file, [...file.days.keys()], settings);
}

/** Whether they are others than before. */
function takeTerms(file: EmployeeFile, terms: PayTerms): boolean {
  const last = file.terms.at(-1);
  if (last && isSame(last.hourlyRate, terms.hourlyRate) && isSame(last.annualSalary, terms.annualSalary)) return false;
  file.terms = [...file.terms.filter(({ from }) => from < terms.from), terms].slice(-MOST_TERMS);
  return true;
}

function isSame(left: PayTerms['hourlyRate'], right: PayTerms['hourlyRate']): boolean {
  return left?.amount === right?.amount && left?.currency === right?.currency;
}

function enterPlannedShift(
  book: WorkforceBook,
  { data, position, local }: FactOf<'steward.workforce.shift-scheduled.v1'>,
  settings: BusinessSettings,
): void {
  const shift = plannedShift(data, position, settings);
  const before = book.plannedDays.get(shift.shiftId);
  const previous = before === undefined ? undefined : book.planned.get(before)?.get(shift.shiftId);
  if (before !== undefined) book.planned.get(before)?.delete(shift.shiftId);
  book.plannedDays.set(shift.shiftId, shift.day);
  const sameDay = book.planned.get(shift.day);
  if (sameDay) sameDay.set(shift.shiftId, shift);
  else book.planned.set(shift.day, new Map([[shift.shiftId, shift]]));
  // A plan that became known or changed afterwards says when shifts that nobody ended ended.
  if (shift.day > local.date && (before === undefined || before > local.date)) return;
  for (const employeeId of new Set([shift.employeeId, previous?.employeeId ?? shift.employeeId])) {
    pairAgain(book, fileOf(book, employeeId), settings);
  }
}

function plannedShift(data: ShiftScheduled, position: number, { business }: BusinessSettings): PlannedShift {
  const startsMs = Date.parse(data.startsAt);
  return {
    shiftId: data.shiftId,
    employeeId: data.employeeId,
    startsMs,
    endsMs: Date.parse(data.endsAt),
    breakMs: (data.breakMinutes ?? 0) * MINUTE_MS,
    day: timeZone(business.timeZone).at(startsMs).date,
    position,
  };
}

/** A request that is sent again as it was keeps the position at which it was first made. */
function enterLeave(book: WorkforceBook, data: LeaveRequested, position: number): void {
  const { leaveId, employeeId, kind, startsOn, endsOn } = data;
  const known = book.leave.get(leaveId);
  const isRepeated =
    known?.employeeId === employeeId && known.kind === kind && known.startsOn === startsOn && known.endsOn === endsOn;
  if (!isRepeated) book.leave.set(leaveId, { leaveId, employeeId, kind, startsOn, endsOn, position });
}
