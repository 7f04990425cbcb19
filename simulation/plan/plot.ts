import { fnv1a } from '#libs/kernel';
import type { LabelKind } from '../label.ts';

/** Agents need so many days to learn what is usual; before that nothing is planted. */
export const QUIET_DAYS = 21;
/** Nothing is planted so many days before and after the first day of real time, which has enough of its own. */
const ROOM_AROUND_LIVE = 4;

type Rhythm = Readonly<{ everyDays: number; isOnFirstLiveDay: boolean }>;

/** How often each kind is planted by the calendar. What is not here comes by chance, as a share of what is recorded. */
const RHYTHMS: Readonly<Partial<Record<LabelKind, Rhythm>>> = {
  'unusual-amount': { everyDays: Infinity, isOnFirstLiveDay: true },
  'unusual-clock-record': { everyDays: 13, isOnFirstLiveDay: false },
  'consumption-spike': { everyDays: 14, isOnFirstLiveDay: false },
  'low-cash': { everyDays: 60, isOnFirstLiveDay: true },
  'stock-out': { everyDays: 25, isOnFirstLiveDay: false },
  'low-stock': { everyDays: 31, isOnFirstLiveDay: true },
  'stock-shrinkage': { everyDays: 33, isOnFirstLiveDay: false },
  'expiring-lot': { everyDays: 27, isOnFirstLiveDay: true },
  'unreliable-supplier': { everyDays: 110, isOnFirstLiveDay: false },
  'overdue-invoice': { everyDays: 26, isOnFirstLiveDay: true },
  'overdue-bill': { everyDays: 29, isOnFirstLiveDay: true },
  overtime: { everyDays: 17, isOnFirstLiveDay: true },
  'weekly-overtime': { everyDays: 35, isOnFirstLiveDay: false },
  'understaffed-shift': { everyDays: 19, isOnFirstLiveDay: true },
  'leave-conflict': { everyDays: 30, isOnFirstLiveDay: true },
};

/** On which days what is planted: a pure function of the seed, so that whoever must prepare can look ahead. */
export class Plot {
  readonly #seed: number;
  readonly #historyDays: number;
  readonly #isOpen: (day: number) => boolean;

  constructor(seed: number, historyDays: number, isOpen: (day: number) => boolean) {
    this.#seed = seed;
    this.#historyDays = historyDays;
    this.#isOpen = isOpen;
  }

  /** Days of history; the next one is the first of real time. */
  get historyDays(): number {
    return this.#historyDays;
  }

  /** Whether that is planted on that day. On days on which the business is closed nothing is: it moves to the next. */
  has(kind: LabelKind, day: number): boolean {
    if (day < 0 || !this.#isOpen(day)) return false;
    for (let meant = day; meant >= 0 && (meant === day || !this.#isOpen(meant)); meant -= 1) {
      if (this.#isMeantFor(kind, meant)) return true;
    }
    return false;
  }

  #isMeantFor(kind: LabelKind, day: number): boolean {
    const rhythm = RHYTHMS[kind];
    if (rhythm === undefined) return false;
    if (day === this.#historyDays) return rhythm.isOnFirstLiveDay;
    if (day < QUIET_DAYS || rhythm.everyDays === Infinity) return false;
    if (Math.abs(day - this.#historyDays) <= ROOM_AROUND_LIVE) return false;
    const phase = fnv1a(`${this.#seed}/${kind}`) % Math.min(rhythm.everyDays, 20);
    return (day - QUIET_DAYS - phase) % rhythm.everyDays === 0;
  }
}
