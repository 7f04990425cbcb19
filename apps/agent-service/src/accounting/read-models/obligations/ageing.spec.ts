import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { daysBetween, plusDays } from '#libs/kernel';
import { BUCKETS, bucketOf, firstDueDay, lastDueDay } from './ageing.ts';

const TODAY = '2026-03-02';

describe('the age of what is owed', () => {
  it.each([
    [-1, 'current'],
    [0, 'current'],
    [1, '1-30'],
    [30, '1-30'],
    [31, '31-60'],
    [60, '31-60'],
    [61, '61-90'],
    [90, '61-90'],
    [91, 'over-90'],
  ])('%d days after its due day is %s', (days, bucket) => {
    expect(bucketOf(days)).toBe(bucket);
  });

  it('names the due days of a bucket: each day is of one bucket', () => {
    fc.assert(
      fc.property(fc.integer({ min: -400, max: 400 }), (days) => {
        const dueOn = plusDays(TODAY, -days);
        const buckets = BUCKETS.filter((bucket) => {
          const [first, last] = [firstDueDay(bucket, TODAY), lastDueDay(bucket, TODAY)];
          return (first === null || dueOn >= first) && (last === null || dueOn <= last);
        });
        expect(buckets).toEqual([bucketOf(daysBetween(dueOn, TODAY))]);
      }),
      { seed: 20_261_123 },
    );
  });
});
