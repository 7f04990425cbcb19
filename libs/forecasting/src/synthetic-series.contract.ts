/** Seeded noise and series for specs. */
export class SeededNoise {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** 0 to 1 (mulberry32). */
  uniform(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }

  normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.uniform())) * Math.cos(2 * Math.PI * this.uniform());
  }

  poisson(mean: number): number {
    const limit = Math.exp(-mean);
    let count = 0;
    for (let product = this.uniform(); product > limit; product *= this.uniform()) count += 1;
    return count;
  }
}

/** Monday to Sunday, as the restaurant's profile has them. */
export const WEEK = [0.7, 0.8, 0.9, 1, 1.3, 1.4, 1.1];
const factor = (day: number) => WEEK[day % 7] ?? 1;

/** Daily series by kind; day 0 is a Monday. */
export const SERIES: Readonly<Record<string, (day: number, noise: SeededNoise) => number>> = {
  seasonal: (day, noise) => Math.max(0, 20 * factor(day) + 2 * noise.normal()),
  rising: (day, noise) => Math.max(0, (10 + 0.1 * day) * factor(day) + 2 * noise.normal()),
  falling: (day, noise) => Math.max(0, (60 - 0.12 * day) * factor(day) + 2 * noise.normal()),
  counts: (day, noise) => noise.poisson(3.2 * factor(day)),
  intermittent: (_day, noise) => (noise.uniform() < 0.2 ? 1 + noise.poisson(2) : 0),
  flat: (_day, noise) => 10 + noise.normal(),
  feasts: (day, noise) => 20 * factor(day) + noise.normal() + (noise.uniform() < 0.03 ? 60 : 0),
};

/** A series of one kind. */
export function synthetic(kind: string, days: number, seed: number): number[] {
  const noise = new SeededNoise(seed);
  const next = SERIES[kind];
  if (!next) throw new Error(`There is no series "${kind}": take one of ${Object.keys(SERIES).join(', ')}.`);
  return Array.from({ length: days }, (_, day) => next(day, noise));
}
