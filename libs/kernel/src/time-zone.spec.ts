import { describe, expect, it } from '@jest/globals';
import { daysBetween, plusDays, timeZone, UnknownTimeZone, weekdayOf } from './time-zone.ts';

const at = (zone: string, instant: string) => timeZone(zone).at(Date.parse(instant));

describe('a time zone', () => {
  it('shows day, minute and weekday of the place', () => {
    expect(at('Europe/Berlin', '2026-03-01T23:30:00Z')).toEqual({
      date: '2026-03-02',
      hour: 0,
      minuteOfDay: 30,
      weekday: 1,
    });
    expect(at('Asia/Kolkata', '2026-03-01T18:30:00Z')).toEqual({
      date: '2026-03-02',
      hour: 0,
      minuteOfDay: 0,
      weekday: 1,
    });
    expect(at('America/New_York', '2026-03-02T04:59:59Z')).toMatchObject({ date: '2026-03-01', hour: 23, weekday: 7 });
  });

  it('shows times before 1970', () => {
    expect(at('UTC', '1969-12-31T23:59:00Z')).toEqual({ date: '1969-12-31', hour: 23, minuteOfDay: 1439, weekday: 3 });
  });

  it('gives the instant of a local minute, on both sides of a change of clocks', () => {
    const berlin = timeZone('Europe/Berlin');
    expect(new Date(berlin.instantOf('2026-03-28', 360)).toISOString()).toBe('2026-03-28T05:00:00.000Z');
    expect(new Date(berlin.instantOf('2026-03-29', 360)).toISOString()).toBe('2026-03-29T04:00:00.000Z');
    expect(new Date(berlin.instantOf('2026-10-25', 150)).toISOString()).toBe('2026-10-25T00:30:00.000Z');
  });

  it('refuses a name that no zone has', () => {
    expect(() => timeZone('Mars/Olympus')).toThrow(UnknownTimeZone);
  });
});

describe('days of the calendar', () => {
  it('are counted over months, years and leap days', () => {
    expect(plusDays('2024-02-28', 1)).toBe('2024-02-29');
    expect(plusDays('2026-01-01', -1)).toBe('2025-12-31');
    expect(daysBetween('2026-02-27', '2026-03-02')).toBe(3);
    expect(daysBetween('2026-03-02', '2026-02-27')).toBe(-3);
  });

  it('have the weekdays of ISO 8601', () => {
    expect(['2026-11-23', '2026-11-29', '1970-01-01', '1969-12-31'].map(weekdayOf)).toEqual([1, 7, 4, 3]);
  });
});
