import { daysBetween, HOUR_MS, plusDays, timeZone, type LocalDate, type Money } from '#libs/kernel';
import type { BusinessSettings } from '#libs/business-settings';
import type { WorkforceAnswer } from '#libs/contracts';
import { daysOf, type LocalRange } from '../../../local-range.ts';
import {
  addLabor,
  laborOfWeek,
  mondayOf,
  NO_WORK,
  salaryOn,
  type LaborDay,
  type PayTerms,
} from '../../domain/labor-pay.ts';
import { shiftsWorked, workedMs, type ClockRecord, type WorkedShift } from '../../domain/shift-worked.ts';

/** What is known of one person; times in milliseconds since 1970. */
export type PersonAtWork = Readonly<{
  employeeId: string;
  /** In the order of their arrival. */
  records: readonly ClockRecord[];
  planned: readonly Readonly<{ startsMs: number; endsMs: number }>[];
  terms: readonly PayTerms[];
  hiredOn: LocalDate | null;
  leftOn: LocalDate | null;
}>;

/** When and by what rules work is counted. */
export type Counting = Readonly<{ nowMs: number; settings: BusinessSettings }>;

/** Who comes so much before a planned shift comes for it. */
const EARLIEST_MS = 2 * HOUR_MS;

/** The shifts that somebody worked, as they look now; the last may still be open. */
export function shiftsOf(
  { employeeId, records, planned }: PersonAtWork,
  { nowMs, settings }: Counting,
): readonly WorkedShift[] {
  const zone = timeZone(settings.business.timeZone);
  return shiftsWorked(records, {
    nowMs,
    employeeId,
    zone,
    scheduledEndMs: (startedMs) =>
      planned
        .filter(({ startsMs, endsMs }) => startsMs - EARLIEST_MS <= startedMs && startedMs < endsMs)
        .toSorted((one, other) => Math.abs(one.startsMs - startedMs) - Math.abs(other.startsMs - startedMs))[0]?.endsMs,
  });
}

/** What one person came to on one day. */
export type PersonDay = Readonly<{ day: LocalDate; labor: LaborDay; salary: number }>;

/** What somebody came to on each day of a range, by the rules of the HR agent: whole weeks tell what is overtime. */
export function daysWorked(
  person: PersonAtWork,
  shifts: readonly WorkedShift[],
  range: LocalRange,
  { nowMs, settings }: Counting,
): readonly PersonDay[] {
  const msByDay = new Map<LocalDate, number>();
  for (const shift of shifts) msByDay.set(shift.day, (msByDay.get(shift.day) ?? 0) + workedMs(shift, nowMs));
  const labor = new Map<LocalDate, LaborDay>();
  for (let monday = mondayOf(range.from); monday <= range.to; monday = plusDays(monday, 7)) {
    const week = Array.from({ length: 7 }, (_, index) => msByDay.get(plusDays(monday, index)) ?? 0);
    laborOfWeek(week, monday, person.terms, settings).forEach((day, index) => labor.set(plusDays(monday, index), day));
  }
  const today = timeZone(settings.business.timeZone).at(nowMs).date;
  return daysOf(range).map((day) => ({
    day,
    labor: labor.get(day) ?? NO_WORK,
    salary: day <= today && isEmployedOn(person, day) ? salaryOn(person.terms, day, settings.business.currency) : 0,
  }));
}

function isEmployedOn({ hiredOn, leftOn }: PersonAtWork, day: LocalDate): boolean {
  return hiredOn !== null && hiredOn <= day && (leftOn === null || day < leftOn);
}

type WorkSum = WorkforceAnswer['people'][number]['days'][number];

/** Adds up what was worked, and what it cost with salaries. */
export function sumOf(days: readonly PersonDay[], currency: string): Omit<WorkSum, 'day'> {
  const labor = days.reduce((sum, day) => addLabor(sum, day.labor), NO_WORK);
  const salaries = days.reduce((sum, { salary }) => sum + salary, 0);
  const cost: Money = { amount: labor.cost + salaries, currency };
  return {
    hours: hoursOf(labor.workedMs),
    overtimeHours: hoursOf(labor.overtimeMs),
    unpricedHours: hoursOf(labor.unpricedMs),
    cost,
  };
}

/** Hours as a decimal, to the hundredth. */
export const hoursOf = (ms: number): number => Math.round((ms / HOUR_MS) * 100) / 100;

/** Whether a shift began within a range. */
export function isWithin({ day }: Pick<WorkedShift, 'day'>, { from, to }: LocalRange): boolean {
  return daysBetween(from, day) >= 0 && daysBetween(day, to) >= 0;
}
