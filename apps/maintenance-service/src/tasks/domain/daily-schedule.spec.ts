import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { daysBetween, duePeriod, localDay } from './daily-schedule.ts';

const due = (now: string, at: string, zone: string) => {
  const { period, dueAt } = duePeriod(new Date(now), at, zone);
  return [period, dueAt.toISOString()];
};

describe('the due period', () => {
  it('is the day whose time has come, to the millisecond', () => {
    expect(due('2026-11-22T02:29:59.999Z', '02:30', 'UTC')).toEqual(['2026-11-21', '2026-11-21T02:30:00.000Z']);
    expect(due('2026-11-22T02:30:00.000Z', '02:30', 'UTC')).toEqual(['2026-11-22', '2026-11-22T02:30:00.000Z']);
    expect(due('2026-11-22T23:59:59.999Z', '02:30', 'UTC')).toEqual(['2026-11-22', '2026-11-22T02:30:00.000Z']);
  });

  it.each([
    ['America/New_York', '2026-11-23T03:00:00Z', '21:00', ['2026-11-22', '2026-11-23T02:00:00.000Z']],
    ['Pacific/Kiritimati', '2026-11-21T13:00:00Z', '02:30', ['2026-11-22', '2026-11-21T12:30:00.000Z']],
    ['Asia/Kathmandu', '2026-11-21T20:45:00Z', '02:30', ['2026-11-22', '2026-11-21T20:45:00.000Z']],
  ])('is a day of %s', (zone, now, at, expected) => {
    expect(due(now, at, zone)).toEqual(expected);
  });

  it('comes at the jump when clocks jump over its time', () => {
    // London leaves out 01:00 to 02:00 on 2026-03-29; clocks jump at 01:00 UTC.
    expect(due('2026-03-29T00:59:59.999Z', '01:30', 'Europe/London')).toEqual([
      '2026-03-28',
      '2026-03-28T01:30:00.000Z',
    ]);
    expect(due('2026-03-29T01:00:00.000Z', '01:30', 'Europe/London')).toEqual([
      '2026-03-29',
      '2026-03-29T01:00:00.000Z',
    ]);
    expect(due('2026-03-30T00:29:59.999Z', '01:30', 'Europe/London')).toEqual([
      '2026-03-29',
      '2026-03-29T01:00:00.000Z',
    ]);
    expect(due('2026-03-30T00:30:00.000Z', '01:30', 'Europe/London')).toEqual([
      '2026-03-30',
      '2026-03-30T00:30:00.000Z',
    ]);
  });

  it('comes once, the first time, when its time exists twice', () => {
    // London has 01:00 to 02:00 twice on 2026-10-25: at 00:30 UTC and again at 01:30 UTC it is 01:30.
    expect(due('2026-10-25T00:29:59.999Z', '01:30', 'Europe/London')[0]).toBe('2026-10-24');
    for (const now of ['00:30:00.000', '01:00:00.000', '01:15:00.000', '01:30:00.000', '23:59:00.000']) {
      expect(due(`2026-10-25T${now}Z`, '01:30', 'Europe/London')).toEqual(['2026-10-25', '2026-10-25T00:30:00.000Z']);
    }
  });

  it('knows a jump of half an hour and one of a whole day', () => {
    // Lord Howe leaves out 02:00 to 02:30 on 2026-10-04; Apia left out 2011-12-30.
    expect(due('2026-10-03T15:30:00Z', '02:15', 'Australia/Lord_Howe')).toEqual([
      '2026-10-04',
      '2026-10-03T15:30:00.000Z',
    ]);
    expect(due('2011-12-30T09:59:59Z', '02:30', 'Pacific/Apia')[0]).toBe('2011-12-29');
    expect(due('2011-12-30T12:30:00Z', '02:30', 'Pacific/Apia')).toEqual(['2011-12-31', '2011-12-30T12:30:00.000Z']);
  });

  it.each(['Europe/London', 'America/St_Johns', 'Australia/Lord_Howe', 'Africa/Casablanca', 'America/Santiago'])(
    'goes forward by one day at a time around both changes of clocks in %s, whatever the time of day',
    (zone) => {
      const minutes = fc.integer({ min: 0, max: 1_439 });
      const years = fc.integer({ min: 2020, max: 2030 });
      const property = fc.property(minutes, years, (minute, year) => {
        const at = new Date(minute * 60_000).toISOString().slice(11, 16);
        let last = duePeriod(new Date(Date.UTC(year, 0, 2)), at, zone);
        for (let hour = 1; hour < 40 * 24; hour += 3) {
          // Around the changes of March and October, every three hours.
          const now = new Date(Date.UTC(year, hour < 480 ? 2 : 9, 20) + (hour % 480) * 3_600_000);
          const next = duePeriod(now, at, zone);
          expect(next.dueAt.getTime()).toBeLessThanOrEqual(now.getTime());
          if (next.period !== last.period && hour >= 3 && hour !== 481) {
            expect(daysBetween(last.period, next.period, 9)).toEqual([]);
            expect(next.dueAt.getTime()).toBeGreaterThan(last.dueAt.getTime());
          }
          last = next;
        }
      });
      fc.assert(property, { numRuns: 10, seed: 20_261_122 });
    },
  );
});

describe('days', () => {
  it('are those of the time zone', () => {
    expect(localDay(new Date('2026-11-22T23:30:00Z'), 'Europe/Berlin')).toBe('2026-11-23');
  });

  it('between two leave out both, newest first, and end at the limit', () => {
    expect(daysBetween('2024-02-27', '2024-03-02', 31)).toEqual(['2024-03-01', '2024-02-29', '2024-02-28']);
    expect(daysBetween('2024-02-27', '2024-03-02', 2)).toEqual(['2024-03-01', '2024-02-29']);
    expect(daysBetween('2024-02-27', '2024-02-28', 31)).toEqual([]);
  });
});
