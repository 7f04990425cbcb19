import { describe, expect, it } from '@jest/globals';
import { at, spreadOf } from './statistics.ts';

describe('statistics of a run', () => {
  it('give the middle of the rounds and what it lies between', () => {
    expect(spreadOf([30, 10, 20])).toEqual({ median: 20, min: 10, max: 30 });
  });

  it.each([
    { share: 0.5, value: 50 },
    { share: 0.99, value: 99 },
    { share: 1, value: 100 },
    { share: 0, value: 1 },
  ])('find at $share of 1 to 100 the value $value', ({ share, value }) => {
    expect(
      at(
        Float64Array.from({ length: 100 }, (_, index) => index + 1),
        share,
      ),
    ).toBe(value);
  });

  it('refuse to judge nothing', () => {
    expect(() => spreadOf([])).toThrow(RangeError);
  });
});
