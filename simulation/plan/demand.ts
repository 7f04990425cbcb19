import { daysBetween, weekdayOf, type LocalDate } from '#libs/kernel';
import type { BusinessProfile } from '../profile.ts';
import type { Scenarios } from './scenarios.ts';

const MINUTES_AN_HOUR = 60;

/** What a business sells on which day and at which hour, on average. Amounts are whole units of its currency. */
export class Demand {
  readonly #profile: BusinessProfile;
  readonly #scenarios: Scenarios;
  readonly #firstDate: LocalDate;
  readonly #hourSum: number;

  constructor(profile: BusinessProfile, scenarios: Scenarios, firstDate: LocalDate) {
    this.#profile = profile;
    this.#scenarios = scenarios;
    this.#firstDate = firstDate;
    this.#hourSum = profile.hourFactors.reduce((sum, share) => sum + share, 0);
  }

  isOpen(date: LocalDate): boolean {
    return this.#weekdayFactor(date) > 0;
  }

  /** What comes in on that day. */
  revenueOn(date: LocalDate): number {
    return this.usualRevenueOn(date) * this.#scenarios.factor(this.#dayOf(date), 'demand');
  }

  /** What the owner reckons with on one day for another: whatever befalls the business is known once it has begun. */
  revenueForeseen(date: LocalDate, onDate: LocalDate): number {
    const known = this.#scenarios.factor(this.#dayOf(onDate), 'demand');
    const then = this.#scenarios.factor(this.#dayOf(date), 'demand');
    return this.usualRevenueOn(date) * (known === 1 ? 1 : then);
  }

  /** Without any scenario. */
  usualRevenueOn(date: LocalDate): number {
    const { avgDailyRevenue, monthFactors } = this.#profile;
    return avgDailyRevenue * (monthFactors[Number(date.slice(5, 7)) - 1] ?? 1) * this.#weekdayFactor(date);
  }

  /** Of an average day in the month of that date. */
  usualRevenueInMonth(date: LocalDate): number {
    const { avgDailyRevenue, monthFactors, weekdayFactors } = this.#profile;
    const ofWeek = weekdayFactors.reduce((sum, one) => sum + one, 0) / weekdayFactors.length;
    return avgDailyRevenue * (monthFactors[Number(date.slice(5, 7)) - 1] ?? 1) * ofWeek;
  }

  /** The hours in which it sells, each with its share of the day. */
  sellingHours(): readonly Readonly<{ hour: number; share: number }>[] {
    return this.#profile.hourFactors.map((factor, index) => ({
      hour: this.#profile.openingHour + index,
      share: factor / this.#hourSum,
    }));
  }

  /** Minutes since midnight. */
  get closingMinute(): number {
    return (this.#profile.openingHour + this.#profile.hourFactors.length) * MINUTES_AN_HOUR;
  }

  #dayOf(date: LocalDate): number {
    return daysBetween(this.#firstDate, date);
  }

  #weekdayFactor(date: LocalDate): number {
    return this.#profile.weekdayFactors[weekdayOf(date) - 1] ?? 1;
  }
}
