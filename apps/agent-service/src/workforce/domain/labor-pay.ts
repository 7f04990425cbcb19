import { HOUR_MS, plusDays, weekdayOf, type LocalDate } from '#libs/kernel';
import type { BusinessSettings } from '#libs/business-settings';
import type { EmployeeRegistered } from '#libs/contracts';

/** How somebody is paid from a day on. */
export type PayTerms = Readonly<{
  from: LocalDate;
  hourlyRate: EmployeeRegistered['hourlyRate'];
  annualSalary: EmployeeRegistered['annualSalary'];
}>;

/** What one person, or everybody, worked on one day. Times in milliseconds, cost in minor units of the business's currency. */
export type LaborDay = Readonly<{
  workedMs: number;
  /** Of it, beyond the hours of a day or of the week. */
  overtimeMs: number;
  /** Of hours that are paid by the hour; salaries come on top, see `salariesOf`. */
  cost: number;
  /** Worked by people whose rate is unknown, or is in another currency. */
  unpricedMs: number;
}>;

export const NO_WORK: LaborDay = { workedMs: 0, overtimeMs: 0, cost: 0, unpricedMs: 0 };

/** Days of a year over which a salary is spread, weekends too. */
const SALARY_DAYS = 365;

export function addLabor(left: LaborDay, right: LaborDay, sign: 1 | -1 = 1): LaborDay {
  return {
    workedMs: left.workedMs + sign * right.workedMs,
    overtimeMs: left.overtimeMs + sign * right.overtimeMs,
    cost: left.cost + sign * right.cost,
    unpricedMs: left.unpricedMs + sign * right.unpricedMs,
  };
}

/** The Monday of the week of a day. */
export function mondayOf(day: LocalDate): LocalDate {
  return plusDays(day, 1 - weekdayOf(day));
}

/** What holds on a day: the latest terms before it, or else the first that became known. */
export function termsOn(terms: readonly PayTerms[], day: LocalDate): PayTerms | undefined {
  return terms.findLast(({ from }) => from <= day) ?? terms[0];
}

/**
 * A week of one person, from Monday: overtime is what goes beyond the hours of a day, and of what is left beyond those of
 * the week; so no hour is overtime twice. It is paid by the factor; who has a salary is paid by that alone.
 * @param worked milliseconds of each of the seven days
 */
export function laborOfWeek(
  worked: readonly number[],
  monday: LocalDate,
  terms: readonly PayTerms[],
  { business, agents }: BusinessSettings,
): readonly LaborDay[] {
  const { overtimeThreshold, weeklyOvertimeThreshold, overtimePayFactor } = agents.hr;
  let regularInWeekMs = 0;
  return worked.map((workedMs, index) => {
    const withinDayMs = Math.min(workedMs, overtimeThreshold * HOUR_MS);
    const regularMs = Math.min(withinDayMs, Math.max(0, weeklyOvertimeThreshold * HOUR_MS - regularInWeekMs));
    regularInWeekMs += regularMs;
    const overtimeMs = workedMs - regularMs;
    const { hourlyRate, annualSalary } = termsOn(terms, plusDays(monday, index)) ?? {};
    if (annualSalary?.currency === business.currency) return { workedMs, overtimeMs, cost: 0, unpricedMs: 0 };
    if (hourlyRate?.currency !== business.currency) return { workedMs, overtimeMs, cost: 0, unpricedMs: workedMs };
    const paidMs = regularMs + overtimeMs * overtimePayFactor;
    return { workedMs, overtimeMs, cost: Math.round((paidMs / HOUR_MS) * hourlyRate.amount), unpricedMs: 0 };
  });
}

/** What a salary costs on one day of the calendar, in minor units; 0 for who has none in the business's currency. */
export function salaryOn(terms: readonly PayTerms[], day: LocalDate, currency: string): number {
  const salary = termsOn(terms, day)?.annualSalary;
  return salary?.currency === currency ? Math.round(salary.amount / SALARY_DAYS) : 0;
}
