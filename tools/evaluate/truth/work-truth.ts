import { DAY_MS, HOUR_MS, MINUTE_MS, plusDays, weekdayOf, type LocalDate } from '#libs/kernel';
import type { EmployeeRegistered, ShiftScheduled } from '#libs/contracts';
import { revenueOf, type LoggedFact } from '#libs/agent-kit';
import { LONGEST_SHIFT_MS, shiftsOf, type Shift } from './shifts.ts';
import { idOf, type Told } from './told.ts';

const TOLERANCE_HOURS = 0.25;
const OVERTIME_OVER_DAYS = 14;
const TOLERANCE = 0.95;
/** So long after its start somebody who has not come is missed. */
const MISSED_AFTER_MS = 10 * MINUTE_MS;
const EARLIEST_ARRIVAL_MS = 4 * HOUR_MS;

/** Who really worked, and what it cost beside what was earned. */
export class WorkTruth {
  readonly #told: Told;
  readonly #employees = new Map<string, EmployeeRegistered>();
  readonly #shifts: ReadonlyMap<string, readonly Shift[]>;
  readonly #scheduled = new Map<string, Readonly<{ toldMs: number; data: ShiftScheduled }>[]>();
  readonly #leaves = new Map<string, number>();
  readonly #revenue = new Map<LocalDate, number>();

  constructor(told: Told) {
    this.#told = told;
    for (const fact of told.facts) this.#enter(fact);
    const records = told.facts.flatMap((fact) =>
      fact.type === 'steward.workforce.clock-recorded.v1'
        ? [{ employeeId: fact.data.employeeId, kind: fact.data.kind, atMs: Date.parse(fact.data.at) }]
        : [],
    );
    const byEmployee = Map.groupBy(records, ({ employeeId }) => employeeId);
    this.#shifts = new Map([...byEmployee].map(([id, own]) => [id, shiftsOf(own, told.zone)]));
  }

  /** On the day of the shift at that time more was worked than the limit, or nobody clocked out. */
  workedLong(subjectRef: string, atMs: number): boolean {
    const shifts = this.#shifts.get(this.#employeeOf(subjectRef)) ?? [];
    const limit = this.#told.settings.agents.hr.overtimeThreshold - TOLERANCE_HOURS;
    const around = shifts.filter(
      ({ startMs, endMs = startMs + LONGEST_SHIFT_MS }) => startMs <= atMs && endMs >= atMs - HOUR_MS,
    );
    return around.some(({ endMs, day }) => endMs === undefined || hoursOn(shifts, day) > limit);
  }

  /** This week or the last one was longer than the limit, or too much of two weeks was overtime. */
  worksOvertime(subjectRef: string, atMs: number): boolean {
    const { weeklyOvertimeThreshold, overtimeThreshold, maxOvertimePercentage } = this.#told.settings.agents.hr;
    const shifts = this.#shifts.get(this.#employeeOf(subjectRef)) ?? [];
    const today = this.#told.zone.at(atMs).date;
    const monday = plusDays(today, 1 - weekdayOf(today));
    const within = (from: LocalDate, days: number): readonly Shift[] =>
      shifts.filter(({ day }) => day >= from && day < plusDays(from, days));
    const weeks = [monday, plusDays(monday, -7)].map((from) => sumOf(within(from, 7)));
    if (weeks.some((hours) => hours > weeklyOvertimeThreshold - TOLERANCE_HOURS)) return true;
    const recent = within(plusDays(today, -OVERTIME_OVER_DAYS), OVERTIME_OVER_DAYS + 1);
    const over = recent.reduce((sum, { hours }) => sum + Math.max(0, hours - overtimeThreshold), 0);
    return over > sumOf(recent) * maxOvertimePercentage * TOLERANCE;
  }

  /** The work of that day, of yesterday, or of the last seven days cost too large a share of what was earned. */
  costMuch(subjectRef: string, atMs: number): boolean {
    const limit = this.#told.settings.agents.hr.maxLaborCostPercentage * TOLERANCE;
    const today = this.#told.zone.at(atMs).date;
    const named = subjectRef.startsWith('day:') ? [[idOf(subjectRef), 1] as const] : [];
    const spans = named.length > 0 ? named : [[plusDays(today, -1), 1] as const, [plusDays(today, -7), 7] as const];
    return spans.some(([from, days]) => {
      const dates = Array.from({ length: days }, (_, index) => plusDays(from, index));
      const revenue = dates.reduce((sum, date) => sum + (this.#revenue.get(date) ?? 0), 0);
      const cost = dates.reduce((sum, date) => sum + this.#costOn(date), 0);
      return revenue > 0 && cost / revenue >= limit;
    });
  }

  /** Whoever was planned for it was not there when it had begun. */
  isMissed(subjectRef: string, atMs: number): boolean {
    const plan = this.#scheduled.get(idOf(subjectRef))?.findLast(({ toldMs }) => toldMs <= atMs)?.data;
    if (!plan) return false;
    const startMs = Date.parse(plan.startsAt);
    if (atMs < startMs + MISSED_AFTER_MS) return false;
    const came = (this.#shifts.get(plan.employeeId) ?? []).some(
      (shift) => shift.startMs >= startMs - EARLIEST_ARRIVAL_MS && shift.startMs <= atMs,
    );
    return !came;
  }

  wasRequested(subjectRef: string, atMs: number): boolean {
    return (this.#leaves.get(idOf(subjectRef)) ?? Infinity) <= atMs;
  }

  #costOn(date: LocalDate): number {
    const { overtimeThreshold, overtimePayFactor } = this.#told.settings.agents.hr;
    return [...this.#shifts].reduce((sum, [employeeId, shifts]) => {
      const { hourlyRate, annualSalary } = this.#employees.get(employeeId) ?? {};
      const hours = hoursOn(shifts, date);
      if (annualSalary) return sum + annualSalary.amount / (YEAR_MS / DAY_MS);
      const over = Math.max(0, hours - overtimeThreshold);
      return sum + (hourlyRate?.amount ?? 0) * (hours + over * (overtimePayFactor - 1));
    }, 0);
  }

  /** `employee:<id>`, or whose shift it is. */
  #employeeOf(subjectRef: string): string {
    if (!subjectRef.startsWith('shift:')) return idOf(subjectRef);
    return this.#scheduled.get(idOf(subjectRef))?.at(-1)?.data.employeeId ?? '';
  }

  #enter(fact: LoggedFact): void {
    const day = this.#told.zone.at(fact.occurredAtMs);
    const revenue = revenueOf({ ...fact, atMs: fact.occurredAtMs, local: day }, this.#told.settings);
    if (revenue) this.#revenue.set(day.date, (this.#revenue.get(day.date) ?? 0) + revenue.amount);
    if (fact.type === 'steward.workforce.employee-registered.v1') {
      this.#employees.set(fact.data.employeeId, fact.data);
    } else if (fact.type === 'steward.workforce.shift-scheduled.v1') {
      const { shiftId } = fact.data;
      const plan = { toldMs: fact.occurredAtMs, data: fact.data };
      this.#scheduled.set(shiftId, [...(this.#scheduled.get(shiftId) ?? []), plan]);
    } else if (fact.type === 'steward.workforce.leave-requested.v1') {
      const { leaveId } = fact.data;
      this.#leaves.set(leaveId, Math.min(fact.occurredAtMs, this.#leaves.get(leaveId) ?? Infinity));
    }
  }
}

const YEAR_MS = 365 * DAY_MS;

const sumOf = (shifts: readonly Shift[]): number => shifts.reduce((sum, { hours }) => sum + hours, 0);

const hoursOn = (shifts: readonly Shift[], date: LocalDate): number => sumOf(shifts.filter(({ day }) => day === date));
