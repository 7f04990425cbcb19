import { describe, expect, it } from '@jest/globals';
import { withoutGaps } from './without-gaps.ts';

const weeks = (count: number) => Array.from({ length: 7 * count }, (_, day) => 10 + (day % 7));

describe('days on which there was nothing to use', () => {
  it('count as their weekday does otherwise', () => {
    const values = weeks(6).map((value, day) => (day === 15 || day === 16 ? 0 : value));
    expect(withoutGaps(values)).toEqual(weeks(6));
  });

  it('stay when nothing was used since, or before', () => {
    const ended = weeks(6).map((value, day) => (day > 38 ? 0 : value));
    expect(withoutGaps(ended)).toEqual(ended);
    const begun = weeks(6).map((value, day) => (day < 2 ? 0 : value));
    expect(withoutGaps(begun)).toEqual(begun);
  });

  it('stay when the shop is closed on that weekday, or it took longer than a week', () => {
    const closed = weeks(6).map((value, day) => (day % 7 === 6 ? 0 : value));
    expect(withoutGaps(closed)).toEqual(closed);
    const long = weeks(12).map((value, day) => (day > 20 && day < 29 ? 0 : value));
    expect(withoutGaps(long)).toEqual(long);
  });
});
