import type { Random } from '../random.ts';
import type { Day, World } from '../world.ts';
import { QUIET_DAYS } from '../plan/plot.ts';
import type { Books, Draft, Oddity } from './books.ts';

const SPENT_SHARE_OF_DAYS = 0.7;
const SPREAD = 0.3;
const ONE_OFF_SHARE_OF_DAYS = 0.05;
const FIRST_MINUTE = 8 * 60;
const LAST_MINUTE = 18 * 60 - 1;
const NIGHT_FIRST_MINUTE = 2 * 60;
const NIGHT_LAST_MINUTE = 4 * 60 - 1;
const ODDITIES: readonly (readonly [Oddity, number])[] = [
  ['unusual-amount', 3],
  ['unusual-time', 2],
  ['duplicate', 3],
  ['missing-reference', 2],
];
/** An odd amount is so many times the usual one. */
const ODD_LEAST = 3.2;
const ODD_MOST = 10;

type Routine = Omit<Draft, 'amount'> & { kind: 'income' | 'expense' };

/** Pays what a business pays at once, and takes in what does not go through the till. */
export class Expenses {
  readonly #world: World;
  readonly #books: Books;
  readonly #random: Random;
  readonly #chance: Random;

  constructor(world: World, books: Books) {
    this.#world = world;
    this.#books = books;
    this.#random = world.random('expenses');
    this.#chance = world.random('odd expenses');
  }

  plan(day: Day): void {
    if (day.date.endsWith('-01')) this.#payMonth(day);
    this.#bearScenarios(day);
    if (!day.isOpen) return;
    this.#spend(day);
    this.#takeIn(day);
    if (this.#random.chance(ONE_OFF_SHARE_OF_DAYS)) this.#buyOnce(day);
    for (const [oddity] of ODDITIES) if (this.#world.plot.has(oddity, day.index)) this.#spendOddly(day, oddity);
  }

  #spend(day: Day): void {
    const { dailyExpenses } = this.#world.profile;
    for (const [name, usual] of Object.entries(dailyExpenses)) {
      const factor = name === 'marketing' ? this.#world.scenarios.factor(day.index, 'marketing') : 1;
      if (!this.#random.chance(SPENT_SHARE_OF_DAYS)) continue;
      this.#routine(day, expenseOf(name), usual * factor);
    }
  }

  #takeIn(day: Day): void {
    for (const [name, usual] of Object.entries(this.#world.profile.otherIncome)) {
      if (!this.#random.chance(SPENT_SHARE_OF_DAYS)) continue;
      const category = kebab(name);
      const draft = { kind: 'income', category, description: `${titled(category)} payout`, prefix: 'PAY-IN' } as const;
      this.#routine(day, { ...draft, counterparty: titled(category) }, usual);
    }
  }

  #routine(day: Day, draft: Routine, usual: number): void {
    this.#record(day, draft, { usual, oddity: this.#drawOddity(day) });
  }

  #record(
    { date }: Day,
    draft: Routine,
    { usual, oddity }: Readonly<{ usual: number; oddity: Oddity | undefined }>,
  ): void {
    const whole =
      oddity === 'unusual-amount' ? this.#oddAmount(usual) : this.#random.normal(usual, SPREAD * usual, 2.2);
    const minute =
      oddity === 'unusual-time'
        ? this.#random.within(NIGHT_FIRST_MINUTE, NIGHT_LAST_MINUTE)
        : this.#random.within(FIRST_MINUTE, LAST_MINUTE);
    const amount = this.#world.minor(whole);
    this.#world.at(date, minute, () => {
      this.#books.record({ ...draft, amount }, oddity);
    });
  }

  /** What befalls a record of money on that day, if anything does. */
  #drawOddity({ index }: Day): Oddity | undefined {
    const isOdd = this.#chance.chance(this.#world.profile.anomalyRate);
    const oddity = this.#chance.choose(ODDITIES);
    return isOdd && index >= QUIET_DAYS ? oddity : undefined;
  }

  #oddAmount(usual: number): number {
    return usual * this.#chance.within(ODD_LEAST, ODD_MOST);
  }

  #spendOddly(day: Day, oddity: Oddity): void {
    const spent = this.#chance.pick(Object.entries(this.#world.profile.dailyExpenses));
    if (spent === undefined) return;
    const [name, usual] = spent;
    this.#record(day, expenseOf(name), { usual, oddity });
  }

  #payMonth({ date }: Day): void {
    for (const [name, whole] of Object.entries(this.#world.profile.monthlyExpenses)) {
      const draft = expenseOf(name);
      const description = `${titled(draft.category)} for ${date.slice(0, 7)}`;
      this.#world.at(date, 9 * 60 + this.#random.between(0, 20), () => {
        this.#books.record({ ...draft, description, amount: this.#world.minor(whole) });
      });
    }
  }

  #buyOnce({ date }: Day): void {
    const bought = this.#random.pick(this.#world.trade.oneOffs);
    if (bought === undefined) return;
    const amount = this.#world.minor(this.#random.within(bought.least, bought.most));
    const { category, description } = bought;
    this.#world.at(date, this.#random.within(FIRST_MINUTE, LAST_MINUTE), () => {
      this.#books.recordRare({ kind: 'expense', category, description, prefix: 'EXP', amount });
    });
  }

  #bearScenarios({ date, index }: Day): void {
    for (const { category, description, amount } of this.#world.scenarios.costs(index)) {
      this.#world.at(date, this.#random.within(FIRST_MINUTE, LAST_MINUTE), () => {
        const draft = { kind: 'expense', category, description, prefix: 'EXP' } as const;
        this.#books.recordRare({ ...draft, amount: this.#world.minor(amount) });
      });
    }
  }
}

function expenseOf(name: string): Routine {
  const category = kebab(name);
  return {
    kind: 'expense',
    category,
    description: titled(category),
    counterparty: `${titled(category)} vendor`,
    prefix: 'EXP',
  };
}

/** The settings file's `food_supplies` came as `foodSupplies`; events say `food-supplies`. */
function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

function titled(category: string): string {
  const words = category.replaceAll('-', ' ');
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}`;
}
