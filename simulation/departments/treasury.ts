import { HOUR_MS, plusDays } from '#libs/kernel';
import type { Day, World } from '../world.ts';
import type { AccountId, Books } from './books.ts';

const MONDAY = 1;
/** Whole units. Below the first, money is brought in; above the second, it goes to the bank or to the owner. */
const TOO_LITTLE = 4_000;
const ENOUGH = 30_000;
const KEPT = 25_000;
const BROUGHT_IN = 10_000;
const LOAN = 15_000;
const LOAN_AFTER_A_BLOW = 20_000;
const SAVED_MONTHLY = 1_500;
const MOST_SAVED = 20_000;
/** The day on which most of the savings are tied up, as a deposit. */
const DEPOSIT_DAY = 12;
const DEPOSIT = 35_000;
/** After a blow so much of the threshold is left. */
const LEFT_AFTER_A_BLOW = 0.3;
const LOW_FOR_MS = 10 * HOUR_MS;

/** Keeps the accounts between too little and too much, as an owner does; a blow that is planted may undo it for a day. */
export class Treasury {
  readonly #world: World;
  readonly #books: Books;

  constructor(world: World, books: Books) {
    this.#world = world;
    this.#books = books;
  }

  plan(day: Day): void {
    const { date, index, weekday } = day;
    this.#world.at(date, 8 * 60 + 15, () => {
      this.#bringIn();
    });
    if (weekday === MONDAY) {
      this.#world.at(date, 9 * 60 + 30, () => {
        this.#giveOut();
      });
    }
    if (date.endsWith('-15')) {
      this.#world.at(date, 9 * 60 + 40, () => {
        this.#save();
      });
    }
    if (index === DEPOSIT_DAY) {
      this.#world.at(date, 10 * 60, () => {
        const amount = Math.min(this.#world.minor(DEPOSIT), this.#books.balanceOf('savings'));
        this.#transfer('savings', 'deposits', amount, 'Deposit for the purchase of the premises');
      });
    }
    if (this.#world.plot.has('low-cash', index)) this.#plantBlow(day);
  }

  #bringIn(): void {
    const savings = this.#books.balanceOf('savings');
    if (this.#books.balanceOf('checking') >= this.#world.minor(TOO_LITTLE)) return;
    if (savings >= this.#world.minor(BROUGHT_IN)) {
      this.#transfer('savings', 'checking', this.#world.minor(BROUGHT_IN), 'From savings');
      return;
    }
    this.#transfer('bank-loan', 'checking', this.#world.minor(LOAN), 'Drawn from the line of credit');
  }

  #giveOut(): void {
    const excess = this.#books.balanceOf('checking') - this.#world.minor(ENOUGH);
    if (excess <= 0) return;
    const step = this.#world.minor(100);
    const amount = Math.floor((this.#books.balanceOf('checking') - this.#world.minor(KEPT)) / step) * step;
    const owed = -this.#books.balanceOf('bank-loan');
    const paidBack = Math.min(amount, owed);
    this.#transfer('checking', 'bank-loan', paidBack, 'Paid back to the line of credit');
    this.#transfer('checking', 'owner-equity', amount - paidBack, 'Owner’s draw');
  }

  #save(): void {
    if (this.#books.balanceOf('checking') < this.#world.minor(KEPT * 0.8)) return;
    if (this.#books.balanceOf('savings') >= this.#world.minor(MOST_SAVED)) return;
    this.#transfer('checking', 'savings', this.#world.minor(SAVED_MONTHLY), 'To savings');
  }

  /** A large demand takes what there is, savings too; the bank helps out the next morning. */
  #plantBlow({ date }: Day): void {
    this.#world.at(date, 10 * 60 + 5, () => {
      const savings = this.#books.balanceOf('savings') - this.#world.minor(100);
      this.#transfer('savings', 'checking', savings, 'From savings');
    });
    this.#world.at(date, 10 * 60 + 15, () => {
      const { cashLow } = this.#world.settings.agents.accounting.alertThresholds;
      const amount = this.#books.cash - this.#world.minor(cashLow * LEFT_AFTER_A_BLOW);
      if (amount <= 0) return;
      const { nowMs } = this.#world;
      this.#world.label({
        class: 'situation',
        kind: 'low-cash',
        subjectRef: 'cash',
        decisionTypes: ['low_cash_alert'],
        atMs: nowMs,
        untilMs: nowMs + LOW_FOR_MS,
      });
      const description = 'Tax assessment for earlier years';
      this.#books.recordRare({
        kind: 'expense',
        category: 'tax',
        description,
        counterparty: 'Tax office',
        prefix: 'EXP',
        amount,
      });
    });
    this.#world.at(plusDays(date, 1), 8 * 60 + 10, () => {
      const amount = this.#world.minor(LOAN_AFTER_A_BLOW);
      this.#transfer('bank-loan', 'checking', amount, 'Drawn from the line of credit');
    });
  }

  #transfer(fromAccountId: AccountId, toAccountId: AccountId, amount: number, description: string): void {
    if (amount <= 0) return;
    this.#books.record({
      kind: 'transfer',
      fromAccountId,
      toAccountId,
      amount,
      category: `${fromAccountId}-to-${toAccountId}`,
      description,
      prefix: 'TRF',
    });
  }
}
