import { DAY_MS, HOUR_MS } from '#libs/kernel';

/** Lunch begins; whatever the hour of the real day, something is sold within the first minute. */
const START_HOUR = 11;

/** The latest 11:00 UTC that has passed: the first events lie in the past, never in the future. */
export function defaultStart(nowMs: number): Date {
  return new Date(Math.floor((nowMs - START_HOUR * HOUR_MS) / DAY_MS) * DAY_MS + START_HOUR * HOUR_MS);
}

/** Simulated time as a function of real time. It goes on while the API is away, as a business does. */
export class Pace {
  readonly #startMs: number;
  readonly #startedAtMs: number;
  readonly #speed: number;
  readonly #endMs: number;

  /** @param elapsedMs real time, of any origin but steady */
  constructor(startMs: number, elapsedMs: number, speed: number, endMs: number) {
    this.#startMs = startMs;
    this.#startedAtMs = elapsedMs;
    this.#speed = speed;
    this.#endMs = endMs;
  }

  simulatedMs(elapsedMs: number): number {
    const simulatedMs = this.#startMs + (elapsedMs - this.#startedAtMs) * this.#speed;
    return Math.min(Math.floor(simulatedMs), this.#endMs);
  }
}
