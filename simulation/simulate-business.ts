import { DAY_MS, plusDays } from '#libs/kernel';
import type { LocalDate } from '#libs/kernel';
import { Assortment } from './departments/assortment.ts';
import { Attendance } from './departments/attendance.ts';
import { Books } from './departments/books.ts';
import { Expenses } from './departments/expenses.ts';
import { Leave } from './departments/leave.ts';
import { Payables } from './departments/payables.ts';
import { Payroll } from './departments/payroll.ts';
import { Purchasing } from './departments/purchasing.ts';
import { Receivables } from './departments/receivables.ts';
import { Rota } from './departments/rota.ts';
import { Sales } from './departments/sales.ts';
import { Storeroom } from './departments/storeroom.ts';
import { Treasury } from './departments/treasury.ts';
import type { Label } from './label.ts';
import type { SimulatedEvent } from './publication.ts';
import type { SimulatedBusiness, Story } from './story.ts';
import { World, type Day } from './world.ts';

/** Real time begins in the morning: the shops open, and what is planted for the day lies ahead. */
export const MORNING_MINUTE = 8 * 60;

/** Lives the life that a story tells; see {@link SimulatedBusiness}. Pure: no clock and no other chance is used. */
export function simulateBusiness(story: Story): SimulatedBusiness {
  return new Business(story);
}

class Business implements SimulatedBusiness {
  readonly historyEndMs: number;
  readonly #world: World;
  readonly #books: Books;
  readonly #storeroom: Storeroom;
  readonly #purchasing: Purchasing;
  readonly #receivables: Receivables;
  readonly #payables: Payables;
  readonly #rota: Rota;
  readonly #leave: Leave;
  readonly #sales: Sales;
  readonly #others: readonly Readonly<{ plan: (day: Day) => void }>[];

  constructor(story: Story) {
    const world = new World(story);
    const assortment = new Assortment(world);
    this.#world = world;
    this.#books = new Books(world);
    this.#storeroom = new Storeroom(world, assortment);
    this.#receivables = new Receivables(world, this.#books);
    this.#payables = new Payables(world, this.#books);
    const parts = { assortment, storeroom: this.#storeroom, payables: this.#payables };
    this.#purchasing = new Purchasing(world, parts);
    this.#leave = new Leave(world);
    this.#rota = new Rota(world, this.#leave.isAway);
    this.#sales = new Sales(world, this.#books, this.#storeroom.shelves);
    const payroll = new Payroll(world, this.#books);
    this.#others = [
      new Treasury(world, this.#books),
      new Expenses(world, this.#books),
      payroll,
      new Attendance(world, this.#rota, payroll),
    ];
    this.historyEndMs = historyEnd(story, world);
  }

  get labels(): readonly Label[] {
    return this.#world.labels;
  }

  get lostUnits(): number {
    return this.#sales.lostUnits;
  }

  stockOf(sku: string): number {
    return this.#storeroom.shelves.level(sku);
  }

  balanceOf(accountId: string): number {
    return this.#books.balanceOf(accountId);
  }

  *[Symbol.iterator](): Generator<SimulatedEvent, never> {
    const world = this.#world;
    const openedMs = world.nowMs;
    this.#open(world.firstDate);
    yield* world.drain();
    for (let date = world.firstDate; ; date = plusDays(date, 1)) {
      this.#plan(world.dayOf(date));
      const endMs = Math.max(world.zone.instantOf(plusDays(date, 1)), openedMs);
      while (world.step(endMs)) yield* world.drain();
    }
  }

  #open(date: LocalDate): void {
    this.#books.open();
    this.#purchasing.open(date);
    this.#storeroom.open(date);
    this.#receivables.open(date);
    this.#payables.open(date);
    this.#rota.open(date);
  }

  #plan(day: Day): void {
    this.#receivables.plan(day);
    this.#payables.plan(day);
    this.#sales.plan(day);
    this.#storeroom.plan(day);
    this.#purchasing.plan(day);
    this.#leave.plan(day, this.#rota);
    this.#rota.plan(day);
    for (const department of this.#others) department.plan(day);
  }
}

function historyEnd({ from, historyDays, profile }: Story, { zone, firstDate }: World): number {
  const days = historyDays ?? profile.historicalDays;
  return days === 0 ? from.getTime() : zone.instantOf(plusDays(firstDate, days), MORNING_MINUTE);
}

/**
 * Where the life of a business begins whose history ends in the latest morning that has passed: with its first day, or
 * with that morning when it has no history. So the first events lie in the past, never in the future.
 */
export function defaultStart(nowMs: number, zoneOf: World['zone'], historyDays: number): Date {
  const { date, minuteOfDay } = zoneOf.at(nowMs);
  const morning = minuteOfDay >= MORNING_MINUTE ? date : plusDays(date, -1);
  if (historyDays === 0) return new Date(Math.min(nowMs, zoneOf.instantOf(morning, MORNING_MINUTE)));
  return new Date(Math.min(nowMs - DAY_MS, zoneOf.instantOf(plusDays(morning, -historyDays))));
}
