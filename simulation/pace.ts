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
