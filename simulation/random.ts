import { fnv1a } from '#libs/kernel';

const MASK_64 = (1n << 64n) - 1n;
const TWO_TO_32 = 2 ** 32;

/**
 * xoshiro128** 1.1 by David Blackman and Sebastiano Vigna (public domain, https://prng.di.unimi.it/xoshiro128starstar.c):
 * four 32-bit words of state, period 2^128 - 1. The words come from the seed by SplitMix64 (same authors' site,
 * splitmix64.c), as they recommend, so that neighbouring seeds give unlike sequences.
 */
export class Random {
  #s0: number;
  #s1: number;
  #s2: number;
  #s3: number;

  constructor(words: readonly [number, number, number, number]) {
    [this.#s0, this.#s1, this.#s2, this.#s3] = words;
  }

  /** A sequence of its own for each purpose, so that drawing once more for one does not change the others. */
  static forPurpose(seed: number, purpose: string): Random {
    return Random.fromSeed(fnv1a(`${seed}/${purpose}`));
  }

  static fromSeed(seed: number): Random {
    let state = BigInt(seed) & MASK_64;
    const next = (): bigint => {
      state = (state + 0x9e3779b97f4a7c15n) & MASK_64;
      let mixed = state;
      mixed = ((mixed ^ (mixed >> 30n)) * 0xbf58476d1ce4e5b9n) & MASK_64;
      mixed = ((mixed ^ (mixed >> 27n)) * 0x94d049bb133111ebn) & MASK_64;
      return mixed ^ (mixed >> 31n);
    };
    const [first, second] = [next(), next()];
    const low = (word: bigint): number => Number(word & 0xffffffffn);
    const high = (word: bigint): number => Number(word >> 32n);
    return new Random([low(first), high(first), low(second), high(second)]);
  }

  /** 0 to 2^32 - 1. */
  uint32(): number {
    const result = Math.imul(rotateLeft(Math.imul(this.#s1, 5), 7), 9) >>> 0;
    const shifted = this.#s1 << 9;
    this.#s2 ^= this.#s0;
    this.#s3 ^= this.#s1;
    this.#s1 ^= this.#s2;
    this.#s0 ^= this.#s3;
    this.#s2 ^= shifted;
    this.#s3 = rotateLeft(this.#s3, 11);
    return result;
  }

  /** At least 0, less than 1. */
  unit(): number {
    return this.uint32() / TWO_TO_32;
  }

  /** A whole number from `least` to `most`, both included. */
  between(least: number, most: number): number {
    return least + Math.floor(this.unit() * (most - least + 1));
  }

  chance(probability: number): boolean {
    return this.unit() < probability;
  }

  /** Evenly distributed, at least `least`, less than `most`. */
  within(least: number, most: number): number {
    return least + this.unit() * (most - least);
  }

  /** Normally distributed (Box and Muller, 1958), cut off `cut` deviations from the mean. */
  normal(mean: number, deviation: number, cut = 2.5): number {
    for (;;) {
      const radius = Math.sqrt(-2 * Math.log(1 - this.unit()));
      const value = radius * Math.cos(2 * Math.PI * this.unit());
      if (Math.abs(value) <= cut) return mean + value * deviation;
    }
  }

  /** One of them, each as likely as the others; nothing of nothing. */
  pick<Choice>(choices: readonly Choice[]): Choice | undefined {
    return choices[this.between(0, choices.length - 1)];
  }

  /** How often something happened that happens `mean` times on average (Knuth, TAOCP 2, 3.4.1 F). For small means. */
  poisson(mean: number): number {
    const limit = Math.exp(-mean);
    let count = 0;
    for (let product = this.unit(); product > limit; product *= this.unit()) count += 1;
    return count;
  }

  /** One of the choices, each with a likelihood in proportion to its weight. */
  choose<Choice>(choices: readonly (readonly [choice: Choice, weight: number])[]): Choice {
    let point = this.unit() * choices.reduce((sum, [, weight]) => sum + weight, 0);
    const last = choices.at(-1);
    if (last === undefined) throw new Error('There is nothing to choose from.');
    for (const [choice, weight] of choices) {
      point -= weight;
      if (point < 0) return choice;
    }
    return last[0];
  }
}

function rotateLeft(word: number, by: number): number {
  return (word << by) | (word >>> (32 - by));
}
