import { DAY_MS, HOUR_MS, plusDays, timeZone, type LocalDate } from '#libs/kernel';
import type { FactOf } from '#libs/agent-kit';
import type { BusinessSettings } from '#libs/business-settings';
import { addLabor, laborOfWeek, mondayOf, NO_WORK, type LaborDay } from './labor-pay.ts';
import { shiftBegunAround, tellsOfHabits } from './planned-shifts.ts';
import {
  closedByAssumption,
  LONGEST_SHIFT_MS,
  pairedRecords,
  workedMs,
  type ShiftContext,
  type WorkedShift,
} from './shift-worked.ts';
import type { EmployeeFile, WorkforceBook } from './workforce-book.ts';

/** So long records stay as they are, so that one which arrives late finds its shift. */
const KEPT_RECORDS_MS = 14 * DAY_MS;
/** So long before the present week worked shifts stay as they are: nine whole weeks. */
const KEPT_SHIFTS_DAYS = 63;
/** A time clock that is so far ahead tells no time. */
const MOST_AHEAD_MS = DAY_MS;
/** So late somebody is still at work whom nobody expects any more: forgot to clock out, most likely. */
const OVERDUE_MS = 4 * HOUR_MS;
const USUAL_SHIFT_MS = 8 * HOUR_MS;
/** From so many arrivals on each counts half, so that habits may change. */
const MOST_ARRIVALS = 500;

/** Puts a clock record in its place; one that came long ago, is told again or tells a time far ahead changes nothing. */
export function enterClockRecord(
  book: WorkforceBook,
  file: EmployeeFile,
  { data, atMs: toldMs, position }: FactOf<'steward.workforce.clock-recorded.v1'>,
  settings: BusinessSettings,
): void {
  const atMs = Date.parse(data.at);
  const latestMs = file.records.at(-1)?.atMs ?? -Infinity;
  const settledMs = file.settled.at(-1)?.endedMs ?? -Infinity;
  if (atMs > toldMs + MOST_AHEAD_MS || atMs <= settledMs || atMs < latestMs - KEPT_RECORDS_MS) return;
  if (file.records.some((known) => known.atMs === atMs && known.kind === data.kind)) return;
  const index = file.records.findLastIndex((known) => known.atMs <= atMs) + 1;
  file.records.splice(index, 0, { kind: data.kind, atMs, isLate: atMs < latestMs, position });
  book.lastClockedMs = Math.max(book.lastClockedMs, atMs);
  pairAgain(book, file, settings);
  if (data.kind === 'in') noteHabit(book, file, atMs, settings);
  settle(file);
}

/** Pairs the records anew, and counts what that changes. */
export function pairAgain(book: WorkforceBook, file: EmployeeFile, settings: BusinessSettings): void {
  const before = file.recent;
  file.recent = [...pairedRecords(file.records, contextOf(book, file, settings)).shifts];
  const same = before.findIndex((shift, index) => !isSameShift(shift, file.recent[index]));
  const changedFrom = same < 0 ? before.length : same;
  const days = [...before.slice(changedFrom), ...file.recent.slice(changedFrom)].map(({ day }) => day);
  recount(book, file, days, settings);
}

/** Counts the weeks of these days anew, and carries what changed into the days of everybody. */
export function recount(
  book: WorkforceBook,
  file: EmployeeFile,
  days: readonly LocalDate[],
  settings: BusinessSettings,
): void {
  for (const monday of new Set(days.map(mondayOf))) {
    const week = laborOfWeek(workedInWeek(file, monday), monday, file.terms, settings);
    for (const [index, labor] of week.entries()) carry(book, file, plusDays(monday, index), labor);
  }
}

function carry(book: WorkforceBook, file: EmployeeFile, day: LocalDate, labor: LaborDay): void {
  const before = file.days.get(day);
  if (!before && labor.workedMs === 0) return;
  const total = addLabor(book.days.get(day) ?? NO_WORK, before ?? NO_WORK, -1);
  book.days.set(day, addLabor(total, labor));
  file.days.set(day, labor);
}

/** Milliseconds of each day from Monday; of an open shift, what it comes to at `nowMs`, or nothing without it. */
export function workedInWeek(
  file: EmployeeFile,
  monday: LocalDate,
  endOfOpen?: (shift: WorkedShift) => WorkedShift,
): readonly number[] {
  const worked = [0, 0, 0, 0, 0, 0, 0];
  const dates = worked.map((_, index) => plusDays(monday, index));
  for (const shift of shiftsFrom(file, monday)) {
    const index = dates.indexOf(shift.day);
    const ended = shift.endedMs === undefined ? endOfOpen?.(shift) : shift;
    if (index >= 0 && ended) worked[index] = (worked[index] ?? 0) + workedMs(ended, ended.endedMs ?? 0);
  }
  return worked;
}

/** Worked shifts from a day on, oldest first. */
export function shiftsFrom({ settled, recent }: EmployeeFile, day: LocalDate): readonly WorkedShift[] {
  const isAsked = (shift: WorkedShift): boolean => shift.day >= day;
  return [...settled.filter(isAsked), ...recent.filter(isAsked)];
}

/** The shift that somebody is at, or `undefined`: not at work, or so long that the clock-out must have been forgotten. */
export function openShiftOf(file: EmployeeFile, nowMs: number): WorkedShift | undefined {
  const last = file.recent.at(-1);
  if (last?.endedMs !== undefined || !last || last.startedMs > nowMs) return undefined;
  return nowMs > last.startedMs + LONGEST_SHIFT_MS ? undefined : last;
}

/** An open shift, ended where it most likely has or will have ended as of now. */
export function likelyEnd(
  book: WorkforceBook,
  file: EmployeeFile,
  nowMs: number,
  settings: BusinessSettings,
): (shift: WorkedShift) => WorkedShift {
  const context = contextOf(book, file, settings);
  return (shift) => {
    const closed = closedByAssumption(shift, nowMs, context);
    if (closed.endedMs !== undefined) return closed;
    const expectedMs = context.scheduledEndMs(shift.startedMs) ?? shift.startedMs + USUAL_SHIFT_MS;
    const isOverdue = nowMs > expectedMs + OVERDUE_MS;
    const endedMs = Math.max(shift.latestMs, shift.startedMs, isOverdue ? expectedMs : nowMs);
    return { ...shift, endedMs, isAssumed: true };
  };
}

function contextOf(book: WorkforceBook, { employeeId }: EmployeeFile, settings: BusinessSettings): ShiftContext {
  const zone = timeZone(settings.business.timeZone);
  return {
    employeeId,
    zone,
    scheduledEndMs: (startedMs) => shiftBegunAround(book, employeeId, startedMs, zone)?.endsMs,
  };
}

/** Lets go of records that are too old to change, once no open shift needs them. */
function settle(file: EmployeeFile): void {
  const latestMs = file.records.at(-1)?.atMs ?? 0;
  const firstMs = file.records[0]?.atMs ?? latestMs;
  if (firstMs > latestMs - KEPT_RECORDS_MS - DAY_MS) return;
  const cutMs = latestMs - KEPT_RECORDS_MS;
  const old = file.recent.filter(({ endedMs }) => endedMs !== undefined && endedMs < cutMs);
  const keptFromMs = file.recent[old.length]?.startedMs ?? cutMs;
  const lastDay = file.recent.at(-1)?.day;
  if (lastDay === undefined) return;
  const firstDay = plusDays(mondayOf(lastDay), -KEPT_SHIFTS_DAYS);
  file.settled = [...file.settled, ...old].filter(({ day }) => day >= firstDay);
  file.recent = file.recent.slice(old.length);
  file.records = file.records.filter(({ atMs }) => atMs >= Math.min(cutMs, keptFromMs));
  for (const day of file.days.keys()) if (day < firstDay) file.days.delete(day);
}

function isSameShift(left: WorkedShift, right: WorkedShift | undefined): boolean {
  return left.startedMs === right?.startedMs && left.endedMs === right.endedMs && left.breakMs === right.breakMs;
}

function noteHabit(book: WorkforceBook, file: EmployeeFile, atMs: number, { business }: BusinessSettings): void {
  const zone = timeZone(business.timeZone);
  const beganWork = file.recent.some(({ startedMs }) => startedMs === atMs);
  if (!beganWork || !tellsOfHabits(book, file.employeeId, atMs, zone)) return;
  const { hour } = zone.at(atMs);
  noteArrival(file.arrivals, hour);
  noteArrival(book.arrivals, hour);
}

function noteArrival(arrivals: number[], hour: number): void {
  arrivals[hour] = (arrivals[hour] ?? 0) + 1;
  if (arrivals.reduce((sum, count) => sum + count, 0) < MOST_ARRIVALS) return;
  for (const [index, count] of arrivals.entries()) arrivals[index] = count / 2;
}
