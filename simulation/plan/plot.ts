import { fnv1a } from '#libs/kernel';
import type { LabelKind } from '../label.ts';

/** Agents need so many days to learn what is usual; before that nothing is planted. */
export const QUIET_DAYS = 21;
/** Around the first day of real time, which has enough of its own, a third of the rhythm is left free: so many days at most. */
const MOST_ROOM_AROUND_LIVE = 20;
/** The first of each kind comes within so many days after the quiet ones. */
const LONGEST_PHASE_DAYS = 20;

type Rhythm = Readonly<{ everyDays: number; isOnFirstLiveDay: boolean }>;

/** How often each kind is planted by the calendar; what is recorded wrongly comes by chance, too. */
const RHYTHMS: Readonly<Partial<Record<LabelKind, Rhythm>>> = {
  'unusual-amount': { everyDays: 27, isOnFirstLiveDay: true },
  'unusual-time': { everyDays: 28, isOnFirstLiveDay: false },
  duplicate: { everyDays: 22, isOnFirstLiveDay: true },
  'missing-reference': { everyDays: 24, isOnFirstLiveDay: true },
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
  readonly #phases = new Map<LabelKind, number>();

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
    const room = Math.min(MOST_ROOM_AROUND_LIVE, Math.ceil(rhythm.everyDays / 3));
    if (day < QUIET_DAYS || Math.abs(day - this.#historyDays) <= room) return false;
    const phase = this.#phaseOf(kind) % Math.min(rhythm.everyDays, LONGEST_PHASE_DAYS);
    return (day - QUIET_DAYS - phase) % rhythm.everyDays === 0;
  }

  #phaseOf(kind: LabelKind): number {
    const known = this.#phases.get(kind);
    if (known !== undefined) return known;
    const phase = fnv1a(`${this.#seed}/${kind}`);
    this.#phases.set(kind, phase);
    return phase;
  }
}
