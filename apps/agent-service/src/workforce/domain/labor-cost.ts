import { daysBetween, plusDays, type LocalDate } from '#libs/kernel';
import type { Look } from '#libs/agent-kit';
import { addLabor, laborOfWeek, mondayOf, NO_WORK, salaryOn, type LaborDay } from './labor-pay.ts';
import { likelyEnd, workedInWeek } from './time-sheet.ts';
import type { EmployeeFile, WorkforceBook } from './workforce-book.ts';

type Seen = Pick<Look<WorkforceBook>, 'book' | 'settings' | 'atMs'>;

/** What everybody worked in some days, and what it cost; who is still at work counts until now. */
export type Labor = LaborDay & Readonly<{ salaries: number }>;

/** Sums up the days from one to another, both included. */
export function laborBetween(seen: Seen, from: LocalDate, to: LocalDate): Labor {
  let labor = NO_WORK;
  let salaries = 0;
  for (let day = from; day <= to; day = plusDays(day, 1)) {
    labor = addLabor(labor, laborOn(seen, day));
    salaries += salariesOn(seen, day);
  }
  return { ...labor, salaries };
}

/** People who worked on a day. */
export function peopleOn({ book }: Pick<Seen, 'book'>, day: LocalDate): readonly EmployeeFile[] {
  const worksOn = (file: EmployeeFile): boolean =>
    (file.days.get(day)?.workedMs ?? 0) > 0 || file.recent.at(-1)?.day === day;
  return [...book.employees.values()].filter(worksOn);
}

function laborOn(seen: Seen, day: LocalDate): LaborDay {
  let labor = seen.book.days.get(day) ?? NO_WORK;
  for (const file of seen.book.employees.values()) {
    const last = file.recent.at(-1);
    if (!last || last.endedMs !== undefined || mondayOf(last.day) !== mondayOf(day)) continue;
    labor = addLabor(addLabor(labor, file.days.get(day) ?? NO_WORK, -1), laborWithOpen(seen, file, day));
  }
  return labor;
}

function laborWithOpen({ book, settings, atMs }: Seen, file: EmployeeFile, day: LocalDate): LaborDay {
  const monday = mondayOf(day);
  const worked = workedInWeek(file, monday, likelyEnd(book, file, atMs, settings));
  return laborOfWeek(worked, monday, file.terms, settings)[daysBetween(monday, day)] ?? NO_WORK;
}

function salariesOn({ book, settings }: Seen, day: LocalDate): number {
  return [...book.employees.values()]
    .filter(({ hiredOn, leftOn }) => hiredOn !== undefined && hiredOn <= day && (leftOn === undefined || day < leftOn))
    .reduce((sum, { terms }) => sum + salaryOn(terms, day, settings.business.currency), 0);
}
