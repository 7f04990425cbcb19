import { moneyOfSetting, type BusinessSettings } from '#libs/business-settings';
import type { EventContract } from '#libs/contracts';
import { DAY_MS, MINUTE_MS, daysBetween, plusDays, timeZone, weekdayOf } from '#libs/kernel';
import type { LocalDate, Money, TimeZone } from '#libs/kernel';
import { Agenda } from './agenda.ts';
import type { Label } from './label.ts';
import { Demand } from './plan/demand.ts';
import { Plot } from './plan/plot.ts';
import { Scenarios } from './plan/scenarios.ts';
import type { BusinessProfile } from './profile.ts';
import { Publication } from './publication.ts';
import type { SimulatedEvent } from './publication.ts';
import { Random } from './random.ts';
import type { Story } from './story.ts';
import { tradeOf } from './trades/trades.ts';
import type { Trade } from './trades/trade.ts';

/** One day of the business, by its own calendar. */
export type Day = Readonly<{
  date: LocalDate;
  /** 0 for the first. */
  index: number;
  /** ISO 8601: Monday is 1, Sunday 7. */
  weekday: number;
  isOpen: boolean;
}>;

export type Planted = Readonly<{
  class: Label['class'];
  kind: Label['kind'];
  subjectRef: string;
  decisionTypes: readonly string[];
  atMs: number;
  untilMs: number;
  isRequired?: boolean;
}>;

/** What the departments of a simulated business share: its time, its agenda, its chance, and what it says to the world. */
export class World {
  readonly settings: BusinessSettings;
  readonly profile: BusinessProfile;
  readonly trade: Trade;
  readonly zone: TimeZone;
  readonly firstDate: LocalDate;
  readonly scenarios: Scenarios;
  readonly demand: Demand;
  readonly plot: Plot;
  readonly labels: Label[] = [];
  readonly #seed: number;
  readonly #agenda = new Agenda();
  readonly #publication: Publication;
  #nowMs: number;
  #published: SimulatedEvent[] = [];
  #toldLabels = 0;

  constructor({ settings, profile, seed, from, tenant, historyDays, scenarios = [] }: Story) {
    this.settings = settings;
    this.profile = profile.businessProfile;
    this.trade = tradeOf(settings.business.type);
    this.zone = timeZone(settings.business.timeZone);
    this.#nowMs = from.getTime();
    this.firstDate = this.zone.at(this.#nowMs).date;
    this.scenarios = new Scenarios(scenarios);
    this.demand = new Demand(this.profile, this.scenarios, this.firstDate);
    this.#seed = seed;
    this.#publication = new Publication({ business: settings.business.type, seed, fromMs: this.#nowMs, tenant });
    const isOpen = (index: number): boolean => this.demand.isOpen(plusDays(this.firstDate, index));
    this.plot = new Plot(seed, historyDays ?? profile.historicalDays, isOpen);
  }

  get nowMs(): number {
    return this.#nowMs;
  }

  get today(): LocalDate {
    return this.zone.at(this.#nowMs).date;
  }

  dayOf(date: LocalDate): Day {
    return {
      date,
      index: daysBetween(this.firstDate, date),
      weekday: weekdayOf(date),
      isOpen: this.demand.isOpen(date),
    };
  }

  /** A sequence of chance of its own. */
  random(purpose: string): Random {
    return Random.forPurpose(this.#seed, purpose);
  }

  money(minor: number): Money {
    return { amount: Math.round(minor), currency: this.settings.business.currency };
  }

  /** Minor units of an amount in whole ones. */
  minor(whole: number): number {
    return moneyOfSetting(this.settings, whole).amount;
  }

  /** Enters something at a minute of a day; what would lie in the past happens now. */
  at(date: LocalDate, minuteOfDay: number, happen: () => void): void {
    const dayMs = minuteOfDay >= 0 && minuteOfDay < DAY_MS / MINUTE_MS;
    const whole = Math.floor(minuteOfDay);
    const restMs = Math.round((minuteOfDay - whole) * 60) * 1_000;
    const atMs = dayMs
      ? this.zone.instantOf(date, whole) + restMs
      : this.zone.instantOf(date) + whole * MINUTE_MS + restMs;
    this.atMs(atMs, happen);
  }

  atMs(atMs: number, happen: () => void): void {
    this.#agenda.add({ atMs: Math.max(atMs, this.#nowMs), happen });
  }

  publish<Data>(contract: EventContract<Data>, subject: string, data: Data): void {
    const labels = this.labels.slice(this.#toldLabels);
    this.#toldLabels = this.labels.length;
    this.#published.push(this.#publication.event(this.#nowMs, contract, subject, { data, labels }));
  }

  label({ atMs, untilMs, isRequired = true, ...planted }: Planted): void {
    this.labels.push({
      labelId: `label-${this.labels.length + 1}`,
      ...planted,
      at: new Date(atMs).toISOString(),
      until: new Date(untilMs).toISOString(),
      isRequired,
    });
  }

  /** Gives what was published since it was asked last. */
  drain(): readonly SimulatedEvent[] {
    const published = this.#published;
    this.#published = [];
    return published;
  }

  /** Lets the next thing happen that is due before that time, if there is one. */
  step(endMs: number): boolean {
    const next = this.#agenda.takeBefore(endMs);
    if (next === undefined) return false;
    this.#nowMs = next.atMs;
    next.happen();
    return true;
  }
}
