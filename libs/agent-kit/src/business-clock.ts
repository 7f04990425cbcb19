import { HOUR_MS, plusDays, SECOND_MS, timeZone } from '#libs/kernel';
import type { BusinessSettings } from '#libs/business-settings';

/** What a business's clock is made of; to be saved. */
export type ClockState = Readonly<{
  /** The latest time that a fact told, milliseconds since 1970. */
  toldMs: number;
  /** The least time that lay between a fact and its recording; negative when time is simulated ahead. */
  leastLagMs: number;
}>;

/** Facts that were recorded so long after they happened are history that somebody loaded. */
const HISTORY_LAG_MS = 36 * HOUR_MS;
/** When a loaded history has ended, its last day is over, and the morning after it has come. */
const MORNING_AFTER_MINUTES = 12 * 60;
/** So long nothing comes before a history counts as loaded. */
const SETTLED_MS = 10 * SECOND_MS;

/**
 * The time of one business, as its facts tell it. While facts come, it is the time of the latest one; when none come, the
 * clock on the wall goes on from there. So live events, a simulation ahead of time and a history that is loaded are looked
 * at in their own time, and each turn of a schedule comes in the log's order. It never goes back.
 */
export class BusinessClock {
  #told: ClockState | undefined;

  constructor(saved?: ClockState) {
    this.#told = saved;
  }

  /** `undefined` before the first fact. */
  get state(): ClockState | undefined {
    return this.#told;
  }

  /** When a fact counts as having happened. */
  static timeOf(
    fact: Readonly<{ occurredAtMs: number; recordedAtMs: number }>,
    { business }: BusinessSettings,
  ): number {
    return business.clock === 'simulated' ? fact.occurredAtMs : Math.min(fact.occurredAtMs, fact.recordedAtMs);
  }

  /** Takes the time from a fact. */
  hear(atMs: number, recordedAtMs: number): void {
    const lagMs = recordedAtMs - atMs;
    this.#told = {
      toldMs: Math.max(atMs, this.#told?.toldMs ?? atMs),
      leastLagMs: Math.min(lagMs, this.#told?.leastLagMs ?? lagMs),
    };
  }

  /**
   * The time while nothing happens: of a business that lives now, the wall's; of one whose history was loaded, the
   * morning after its last day, since that day is long over; of a simulated one, what it told last.
   * @param idleMs how long nothing came
   */
  whenIdle(nowMs: number, idleMs: number, { business }: BusinessSettings): number | undefined {
    if (!this.#told) return undefined;
    const { toldMs, leastLagMs } = this.#told;
    if (leastLagMs < HISTORY_LAG_MS)
      return business.clock === 'simulated' ? toldMs : Math.max(toldMs, nowMs - leastLagMs);
    if (idleMs < SETTLED_MS) return toldMs;
    const zone = timeZone(business.timeZone);
    return zone.instantOf(plusDays(zone.at(toldMs).date, 1), MORNING_AFTER_MINUTES);
  }
}
