import { describe, expect, it } from '@jest/globals';
import { Random } from './random.ts';

describe('the source of chance', () => {
  it('is xoshiro128**, as its authors published it', () => {
    const random = new Random([1, 2, 3, 4]);

    // First outputs of the C reference, compiled and run, for this state.
    expect(Array.from({ length: 8 }, () => random.uint32())).toEqual([
      11_520, 0, 5_927_040, 70_819_200, 2_031_721_883, 1_637_235_492, 1_287_239_034, 3_734_860_849,
    ]);
  });

  it('gives unlike sequences for neighbouring seeds', () => {
    const first = (seed: number): number[] => {
      const random = Random.fromSeed(seed);
      return [1, 2, 3, 4].map(() => random.uint32());
    };

    expect(first(1)).toEqual(first(1));
    expect(new Set([...first(0), ...first(1), ...first(-1), ...first(2)]).size).toBe(16);
  });

  it('counts as often on average as was asked for', () => {
    const random = Random.fromSeed(7);
    let sum = 0;
    for (let index = 0; index < 20_000; index += 1) sum += random.poisson(1.5);

    expect(sum / 20_000).toBeCloseTo(1.5, 1);
  });

  it('stays within its bounds and reaches both', () => {
    const random = Random.fromSeed(3);
    const drawn = new Set(Array.from({ length: 500 }, () => random.between(2, 5)));

    expect([...drawn].sort()).toEqual([2, 3, 4, 5]);
  });

  it('chooses by weight, and never what has none', () => {
    const random = Random.fromSeed(5);
    const drawn = Array.from({ length: 4_000 }, () =>
      random.choose([
        ['often', 3],
        ['never', 0],
        ['seldom', 1],
      ]),
    );

    expect(drawn).not.toContain('never');
    expect(drawn.filter((choice) => choice === 'often').length / drawn.length).toBeCloseTo(0.75, 1);
  });
});
