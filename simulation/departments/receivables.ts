import { InvoiceIssuedV1 } from '#libs/contracts';
import type { LocalDate } from '#libs/kernel';
import { DAY_MS, plusDays } from '#libs/kernel';
import type { Random } from '../random.ts';
import type { Day, World } from '../world.ts';
import type { Books } from './books.ts';

const LEAST = 500;
const MOST = 3_500;
const TERMS = [15, 30, 45] as const;
const PLANTED_TERMS = 30;
const LATE_SHARE = 0.2;
const OPEN_AT_FIRST = 3;
/** Minutes of the day in which offices write and pay. */
const FIRST_MINUTE = 9 * 60;
const LAST_MINUTE = 17 * 60;

/** Bills other businesses, and waits for their money. */
export class Receivables {
  readonly #world: World;
  readonly #books: Books;
  readonly #random: Random;
  #issued = 0;

  constructor(world: World, books: Books) {
    this.#world = world;
    this.#books = books;
    this.#random = world.random('receivables');
  }

  /** What was billed before the story begins, and is not yet paid. */
  open(date: LocalDate): void {
    for (let count = 0; count < OPEN_AT_FIRST; count += 1) {
      this.#issue(plusDays(date, -this.#random.between(2, 12)), 30, this.#daysAfterDue());
    }
    for (let day = 0; day < this.#plantedAhead; day += 1) this.#plantFor(day, date);
  }

  plan(day: Day): void {
    const minute = (): number => this.#random.within(FIRST_MINUTE, LAST_MINUTE);
    if (day.isOpen && this.#random.chance(this.#world.profile.invoicesPerDay)) {
      this.#world.at(day.date, minute(), () => {
        this.#issue(day.date, this.#random.pick(TERMS) ?? 30, this.#daysAfterDue());
      });
    }
    const overdueOn = day.index + this.#plantedAhead;
    if (!this.#world.plot.has('overdue-invoice', overdueOn)) return;
    this.#world.at(day.date, minute(), () => {
      this.#plantFor(overdueOn, this.#world.firstDate);
    });
  }

  /** So many days before it counts as overdue is an invoice issued that will never be paid in time. */
  get #plantedAhead(): number {
    return PLANTED_TERMS + this.#overdueAfter;
  }

  get #overdueAfter(): number {
    return this.#world.settings.agents.accounting.alertThresholds.receivablesOverdue;
  }

  #plantFor(day: number, firstDate: LocalDate): void {
    if (!this.#world.plot.has('overdue-invoice', day)) return;
    const overdueOn = plusDays(firstDate, day);
    const paidAfter = this.#overdueAfter + this.#random.between(8, 20);
    const invoiceId = this.#issue(plusDays(overdueOn, -this.#plantedAhead), PLANTED_TERMS, paidAfter);
    this.#world.at(overdueOn, 0, () => {
      const { nowMs } = this.#world;
      this.#world.label({
        class: 'situation',
        kind: 'overdue-invoice',
        subjectRef: `invoice:${invoiceId}`,
        decisionTypes: ['aging_analysis'],
        atMs: nowMs,
        untilMs: nowMs + 3 * DAY_MS,
      });
    });
  }

  #daysAfterDue(): number {
    return this.#random.chance(LATE_SHARE) ? this.#random.between(1, 12) : -this.#random.between(0, 10);
  }

  #issue(issuedOn: LocalDate, termsDays: number, paidAfterDue: number): string {
    this.#issued += 1;
    const number = `${issuedOn.slice(0, 4)}-${String(this.#issued).padStart(4, '0')}`;
    const invoiceId = `invoice-${number}`;
    const customer = this.#random.pick(this.#world.trade.customers);
    const amount = this.#world.minor(Math.round(this.#random.within(LEAST, MOST)));
    const dueOn = plusDays(issuedOn, termsDays);
    this.#world.publish(InvoiceIssuedV1, invoiceId, {
      invoiceId,
      number,
      ...(customer === undefined ? {} : { customerId: customer.customerId, description: customer.orders }),
      customerName: customer?.name ?? 'Customer',
      amount: this.#world.money(amount),
      issuedOn,
      dueOn,
    });
    this.#expect({ invoiceId, amount, isDelayed: false }, plusDays(dueOn, paidAfterDue));
    return invoiceId;
  }

  #expect(open: Readonly<{ invoiceId: string; amount: number; isDelayed: boolean }>, date: LocalDate): void {
    this.#world.at(date, this.#random.within(FIRST_MINUTE, LAST_MINUTE), () => {
      const { today } = this.#world;
      const delayDays = this.#world.scenarios.most(this.#world.dayOf(today).index, 'paymentDelayDays');
      if (delayDays > 0 && !open.isDelayed) {
        this.#expect({ ...open, isDelayed: true }, plusDays(today, delayDays));
        return;
      }
      const { invoiceId } = open;
      const amount = this.#world.money(open.amount);
      this.#books.payInvoice({
        invoiceId,
        paymentId: `payment-${invoiceId}`,
        amount,
        paidOn: today,
        accountId: 'checking',
      });
    });
  }
}
