import { describe, expect, it } from '@jest/globals';
import { correlation, significantAmong } from './correlation.ts';
import { SeededNoise, synthetic, WEEK } from './synthetic-series.contract.ts';

const days = (count: number, seed: number, next: (noise: SeededNoise, day: number) => number) => {
  const noise = new SeededNoise(seed);
  return Array.from({ length: count }, (_, day) => next(noise, day));
};

describe('correlation', () => {
  it('shows what goes together and what replaces each other', () => {
    const buns = days(90, 1, (noise) => noise.poisson(10));
    const noise = new SeededNoise(2);
    const burgers = buns.map((value) => value + noise.poisson(2));
    const bread = buns.map((value) => 30 - value + noise.poisson(2));
    expect(correlation(buns, burgers)?.coefficient).toBeGreaterThan(0.8);
    expect(correlation(buns, bread)?.coefficient).toBeLessThan(-0.8);
    expect(correlation(buns, burgers)?.pValue).toBeLessThan(1e-6);
    expect(correlation(buns, burgers)?.samples).toBe(90);
  });

  it('does not take weekdays or a common trend for a relation', () => {
    const strong = Array.from({ length: 60 }, (_, seed) => {
      const [left, right] = [synthetic('rising', 90, 2 * seed + 1), synthetic('rising', 90, 2 * seed + 2)];
      return correlation(left, right)?.pValue ?? 1;
    }).filter((pValue) => pValue < 0.01);
    expect(strong.length).toBeLessThanOrEqual(4);
  });

  it('does not take busy days for a relation when they are given', () => {
    const busy = days(120, 5, (noise, day) => (WEEK[day % 7] ?? 1) * (20 + 5 * noise.normal()));
    const item = (seed: number) => {
      const noise = new SeededNoise(seed);
      return busy.map((value) => value + noise.normal());
    };
    const [left, right] = [item(6), item(7)];
    expect(correlation(left, right)?.coefficient).toBeGreaterThan(0.8);
    expect(Math.abs(correlation(left, right, { given: busy })?.coefficient ?? 1)).toBeLessThan(0.3);
  });

  it('says nothing with fewer than 28 days, or of a series that does not move', () => {
    const series = days(28, 1, (noise) => noise.poisson(5));
    expect(correlation(series.slice(1), series.slice(1))).toBeUndefined();
    expect(correlation(series, series)).toBeDefined();
    expect(correlation(series, new Array<number>(28).fill(3))).toBeUndefined();
  });
});

describe('of many tests', () => {
  it('only those hold that their number allows', () => {
    expect(significantAmong([0.04, 0.6, 0.7, 0.8, 0.9])).toEqual([false, false, false, false, false]);
    expect(significantAmong([0.009, 0.6, 0.019, 0.8, 0.9])).toEqual([true, false, true, false, false]);
    expect(significantAmong([])).toEqual([]);
  });
});
