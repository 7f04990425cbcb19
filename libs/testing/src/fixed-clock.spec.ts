import { describe, expect, it } from '@jest/globals';
import { HOUR_MS } from '#libs/kernel';
import { fixedClock } from './fixed-clock.ts';

describe('A fixed clock', () => {
  it('stands still until it is moved', () => {
    const clock = fixedClock('2026-01-01T00:00:00Z');

    expect(clock.now()).toEqual(clock.now());
    clock.advance(HOUR_MS);
    expect(clock.now()).toEqual(new Date('2026-01-01T01:00:00Z'));
    clock.set('2027-01-01T00:00:00Z');
    expect(clock.now()).toEqual(new Date('2027-01-01T00:00:00Z'));
  });

  it('is not moved by who changes the date that it gave', () => {
    const clock = fixedClock();

    clock.now().setFullYear(1999);

    expect(clock.now().getUTCFullYear()).toBe(2026);
  });

  it('refuses what is no time', () => {
    expect(() => fixedClock('tomorrow')).toThrow(RangeError);
  });
});
