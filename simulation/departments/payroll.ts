import { HOUR_MS, plusDays, type LocalDate } from '#libs/kernel';
import type { Person } from '../trades/trade.ts';
import type { Day, World } from '../world.ts';
import type { Books } from './books.ts';
import { mondayOf } from './rota.ts';

const FRIDAY = 5;
const PAID_AT = 10 * 60;
/** What a week's overtime is decided by is looked at on the Monday after, at the latest. */
const WEEK_SETTLED_DAYS = 9;

export type Worked = Readonly<{ person: Person; date: LocalDate; workedMs: number }>;

/** Adds up the hours that were worked, and pays each week's on the Friday after. */
export class Payroll {
  readonly #world: World;
  readonly #books: Books;
  /** Milliseconds by person and Monday. */
  readonly #weeks = new Map<LocalDate, Map<Person, number>>();
  readonly #dayOvertimeMs = new Map<LocalDate, Map<Person, number>>();

  constructor(world: World, books: Books) {
    this.#world = world;
    this.#books = books;
  }

  plan({ date, weekday }: Day): void {
    if (weekday !== FRIDAY) return;
    this.#world.at(date, PAID_AT, () => {
      this.#pay(plusDays(mondayOf(date), -7));
    });
  }

  worked({ person, date, workedMs }: Worked): void {
    const monday = mondayOf(date);
    const { overtimeThreshold, weeklyOvertimeThreshold } = this.#world.settings.agents.hr;
    const beforeMs = this.#weeks.get(monday)?.get(person) ?? 0;
    add(this.#weeks, monday, person, workedMs);
    add(this.#dayOvertimeMs, monday, person, Math.max(0, workedMs - overtimeThreshold * HOUR_MS));
    const limitMs = weeklyOvertimeThreshold * HOUR_MS;
    if (beforeMs > limitMs || beforeMs + workedMs <= limitMs) return;
    const { nowMs } = this.#world;
    this.#world.label({
      class: 'situation',
      kind: 'weekly-overtime',
      subjectRef: `employee:${person.employeeId}`,
      decisionTypes: ['overtime_analysis', 'potential_overtime'],
      atMs: nowMs - workedMs,
      untilMs: this.#world.zone.instantOf(plusDays(monday, WEEK_SETTLED_DAYS)),
    });
  }

  #pay(monday: LocalDate): void {
    const week = this.#weeks.get(monday);
    if (week === undefined) return;
    const { overtimePayFactor, weeklyOvertimeThreshold } = this.#world.settings.agents.hr;
    let whole = 0;
    for (const [person, workedMs] of week) {
      const byDayMs = this.#dayOvertimeMs.get(monday)?.get(person) ?? 0;
      const overtimeMs = Math.max(byDayMs, workedMs - weeklyOvertimeThreshold * HOUR_MS, 0);
      whole += ((workedMs + overtimeMs * (overtimePayFactor - 1)) / HOUR_MS) * person.hourlyRate;
    }
    this.#weeks.delete(monday);
    this.#dayOvertimeMs.delete(monday);
    const description = `Wages for the week of ${monday}`;
    const amount = this.#world.minor(whole);
    this.#books.record({
      kind: 'expense',
      category: 'payroll',
      description,
      counterparty: 'Staff',
      prefix: 'PAY',
      amount,
    });
  }
}

function add(weeks: Map<LocalDate, Map<Person, number>>, monday: LocalDate, person: Person, addedMs: number): void {
  const week = weeks.get(monday) ?? new Map<Person, number>();
  week.set(person, (week.get(person) ?? 0) + addedMs);
  weeks.set(monday, week);
}
