import { HOUR_MS, plusDays, type LocalDate, type TimeZone } from '#libs/kernel';
import type { PlannedShift, WorkforceBook } from './workforce-book.ts';

/** Who comes so much before a shift comes for it. */
const EARLIEST_MS = 2 * HOUR_MS;

/** Shifts that are planned to begin on a day, in no order. */
export function plannedOn(book: Readonly<WorkforceBook>, day: LocalDate): readonly PlannedShift[] {
  return [...(book.planned.get(day)?.values() ?? [])];
}

/** The planned shift for which somebody came at that time: the nearest one that is not over and begins within 2 hours. */
export function shiftBegunAround(
  book: Readonly<WorkforceBook>,
  employeeId: string,
  startedMs: number,
  zone: TimeZone,
): PlannedShift | undefined {
  const today = zone.at(startedMs).date;
  // A night shift began yesterday; one soon after midnight begins tomorrow.
  return [today, plusDays(today, 1), plusDays(today, -1)]
    .flatMap((day) => plannedOn(book, day))
    .filter((shift) => shift.employeeId === employeeId)
    .filter(({ startsMs, endsMs }) => startsMs - EARLIEST_MS <= startedMs && startedMs < endsMs)
    .sort((left, right) => Math.abs(left.startsMs - startedMs) - Math.abs(right.startsMs - startedMs))[0];
}

/** Whether somebody's arrival tells of their habits: it was planned, or nobody ever plans them. */
export function tellsOfHabits(
  book: Readonly<WorkforceBook>,
  employeeId: string,
  startedMs: number,
  zone: TimeZone,
): boolean {
  if (shiftBegunAround(book, employeeId, startedMs, zone)) return true;
  return ![...book.planned.values()].some((shifts) =>
    [...shifts.values()].some((shift) => shift.employeeId === employeeId),
  );
}

/** Hours of shifts less their breaks. */
export function plannedHours(shifts: readonly PlannedShift[]): number {
  return (
    shifts.reduce((sum, { startsMs, endsMs, breakMs }) => sum + Math.max(0, endsMs - startsMs - breakMs), 0) / HOUR_MS
  );
}
