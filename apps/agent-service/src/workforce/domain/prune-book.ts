import { plusDays, type LocalDate } from '#libs/kernel';
import type { EmployeeFile, WorkforceBook } from './workforce-book.ts';

/** Days that are kept, counted back from today. */
const KEPT = { days: 400, hours: 56, planned: 30, leave: 30, withoutWork: 400, left: 60 } as const;
/** Plans and requests that begin later are not of this world. */
const MOST_AHEAD_DAYS = 800;

/** Lets go of what is too old to be looked at; once a day. */
export function pruneBook(book: WorkforceBook): void {
  const ago = (days: number): LocalDate => plusDays(book.today, -days);
  dropBefore(book.days, ago(KEPT.days));
  dropBefore(book.demand, ago(KEPT.days));
  for (const [day, demand] of book.demand) if (day < ago(KEPT.hours)) demand.ticketsByHour = undefined;
  const lastDay = plusDays(book.today, MOST_AHEAD_DAYS);
  prunePlans(book, ago(KEPT.planned), lastDay);
  for (const [leaveId, { startsOn, endsOn }] of book.leave) {
    if (endsOn < ago(KEPT.leave) || startsOn > lastDay) book.leave.delete(leaveId);
  }
  for (const file of book.employees.values()) if (isForgotten(file, ago)) book.employees.delete(file.employeeId);
}

function prunePlans(book: WorkforceBook, firstDay: LocalDate, lastDay: LocalDate): void {
  for (const [day, shifts] of book.planned) {
    if (shifts.size > 0 && day >= firstDay && day <= lastDay) continue;
    book.planned.delete(day);
    for (const shiftId of shifts.keys()) book.plannedDays.delete(shiftId);
  }
}

function dropBefore(byDay: Map<LocalDate, unknown>, first: LocalDate): void {
  for (const day of byDay.keys()) if (day < first) byDay.delete(day);
}

function isForgotten(file: EmployeeFile, ago: (days: number) => LocalDate): boolean {
  const lastDay = file.recent.at(-1)?.day ?? file.settled.at(-1)?.day ?? '';
  if (file.leftOn !== undefined) return file.leftOn < ago(KEPT.left) && lastDay < ago(KEPT.left);
  return file.status === undefined && lastDay < ago(KEPT.withoutWork);
}
