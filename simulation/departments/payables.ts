import { BillReceivedV1 } from '#libs/contracts';
import type { LocalDate } from '#libs/kernel';
import { DAY_MS, plusDays } from '#libs/kernel';
import type { Random } from '../random.ts';
import type { Supplier } from '../trades/trade.ts';
import type { Day, World } from '../world.ts';
import type { Books } from './books.ts';

const SPREAD = 0.2;
const LATE_SHARE = 0.12;
const PLANTED_TERMS = 15;
const OPEN_AT_FIRST = 3;
const FIRST_MINUTE = 9 * 60;
const LAST_MINUTE = 16 * 60;
/** Nothing is paid that would leave less on the account, in whole units; it is tried again the next day. */
const KEPT = 300;
const MOST_TRIES = 4;

type Bill = Readonly<{
  vendorName: string;
  supplierId?: string;
  category: string;
  /** Minor units. */
  amount: number;
  receivedOn: LocalDate;
  termsDays: number;
  /** Days; negative when it is paid before it is due. */
  paidAfterDue: number;
  purchaseOrderId?: string;
}>;

/** Takes bills in, and pays them, mostly in time. */
export class Payables {
  readonly #world: World;
  readonly #books: Books;
  readonly #random: Random;
  #received = 0;

  constructor(world: World, books: Books) {
    this.#world = world;
    this.#books = books;
    this.#random = world.random('payables');
  }

  /** What came before the story begins, and is not yet paid. */
  open(date: LocalDate): void {
    for (let count = 0; count < OPEN_AT_FIRST; count += 1) {
      this.#fromVendor(plusDays(date, -this.#random.between(2, 8)));
    }
    for (let day = 0; day < this.#plantedAhead; day += 1) this.#plantFor(day, date);
  }

  plan(day: Day): void {
    const minute = (): number => this.#random.within(FIRST_MINUTE, LAST_MINUTE);
    if (day.isOpen && this.#random.chance(this.#world.profile.vendorBillsPerDay)) {
      this.#world.at(day.date, minute(), () => {
        this.#fromVendor(day.date);
      });
    }
    const overdueOn = day.index + this.#plantedAhead;
    if (!this.#world.plot.has('overdue-bill', overdueOn)) return;
    this.#world.at(day.date, minute(), () => {
      this.#plantFor(overdueOn, this.#world.firstDate);
    });
  }

  /** A supplier bills the goods that came. */
  forGoods(supplier: Supplier, amount: number, purchaseOrderId: string): void {
    this.#receive({
      vendorName: supplier.name,
      supplierId: supplier.supplierId,
      category: this.#world.trade.goodsCategory,
      amount,
      receivedOn: this.#world.today,
      termsDays: supplier.paymentTermsDays,
      paidAfterDue: this.#daysAfterDue(),
      purchaseOrderId,
    });
  }

  get #plantedAhead(): number {
    return PLANTED_TERMS + this.#overdueAfter;
  }

  get #overdueAfter(): number {
    return this.#world.settings.agents.accounting.alertThresholds.payablesOverdue;
  }

  #plantFor(day: number, firstDate: LocalDate): void {
    if (!this.#world.plot.has('overdue-bill', day)) return;
    const overdueOn = plusDays(firstDate, day);
    const billId = this.#fromVendor(plusDays(overdueOn, -this.#plantedAhead), {
      termsDays: PLANTED_TERMS,
      paidAfterDue: this.#overdueAfter + this.#random.between(4, 9),
    });
    this.#world.at(overdueOn, 0, () => {
      const { nowMs } = this.#world;
      this.#world.label({
        class: 'situation',
        kind: 'overdue-bill',
        subjectRef: `bill:${billId}`,
        decisionTypes: ['aging_analysis'],
        atMs: nowMs,
        untilMs: nowMs + 3 * DAY_MS,
      });
    });
  }

  /** All stay below what counts as overdue, unless planted. */
  #daysAfterDue(): number {
    const latest = Math.min(4, this.#overdueAfter - 3);
    return latest > 0 && this.#random.chance(LATE_SHARE)
      ? this.#random.between(1, latest)
      : -this.#random.between(0, 2);
  }

  #fromVendor(receivedOn: LocalDate, terms?: Readonly<{ termsDays: number; paidAfterDue: number }>): string {
    const vendor = this.#random.pick(this.#world.trade.vendors);
    if (vendor === undefined) throw new Error('The trade has no vendors.');
    return this.#receive({
      vendorName: vendor.name,
      category: vendor.category,
      amount: this.#world.minor(this.#random.normal(vendor.usual, SPREAD * vendor.usual)),
      receivedOn,
      termsDays: vendor.termsDays,
      paidAfterDue: this.#daysAfterDue(),
      ...terms,
    });
  }

  #receive({ amount, termsDays, paidAfterDue, ...said }: Bill): string {
    this.#received += 1;
    const billId = `bill-${String(this.#received).padStart(5, '0')}`;
    const initials = said.vendorName.replace(/[^A-Z]/g, '');
    const dueOn = plusDays(said.receivedOn, termsDays);
    this.#world.publish(BillReceivedV1, billId, {
      billId,
      number: `${initials}-${10_000 + this.#received * 7}`,
      ...said,
      amount: this.#world.money(amount),
      dueOn,
    });
    this.#pay({ billId, amount, tries: 1 }, plusDays(dueOn, paidAfterDue));
    return billId;
  }

  #pay(open: Readonly<{ billId: string; amount: number; tries: number }>, date: LocalDate): void {
    this.#world.at(date, this.#random.within(FIRST_MINUTE, LAST_MINUTE), () => {
      const { today } = this.#world;
      const { billId, amount, tries } = open;
      const left = this.#books.balanceOf('checking') - amount;
      if (left < this.#world.minor(KEPT) && tries < MOST_TRIES) {
        this.#pay({ ...open, tries: tries + 1 }, plusDays(today, 1));
        return;
      }
      const paymentId = `payment-${billId}`;
      this.#books.payBill({
        billId,
        paymentId,
        amount: this.#world.money(amount),
        paidOn: today,
        accountId: 'checking',
      });
    });
  }
}
