import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { HOUR_MS, MINUTE_MS, plusDays } from '#libs/kernel';
import type { Happening } from '#libs/testing';
import {
  clocked,
  decisionsOf,
  inOrder,
  minuteByMinute,
  planned,
  playHr,
  registered,
  settingsOf,
  timePasses,
  wall,
  worked,
} from '../../hr-events.contract.ts';

const played = (happenings: readonly Happening[], hr: object = {}, zone?: string) => {
  const player = playHr(settingsOf(hr, zone));
  player.tell(registered('e1'), ...happenings);
  return player;
};
const MORNING = wall('2026-03-02 08:00');
const overtimeOf = (...given: Parameters<typeof played>) =>
  decisionsOf(played(...given), 'potential_overtime').map(({ subject, at }) => [subject, at]);

describe('a day that becomes too long', () => {
  it.each([
    ['below the limit', 7.9, 0],
    ['at the limit', 8, 0],
    ['at the limit and its tolerance', 8.25, 0],
    ['above', 8.3, 1],
  ])('%s: %d hours', (_, hours, times) => {
    expect(overtimeOf(worked('e1', MORNING, hours))).toHaveLength(times);
  });

  it('has the limit of the settings, in hours of a day (fault 20: it had no effect)', () => {
    const tenHours = worked('e1', MORNING, 9);
    expect(overtimeOf(tenHours, { overtimeThreshold: 10 })).toEqual([]);
    expect(overtimeOf(tenHours, { overtimeThreshold: 8.5, overtimeToleranceHours: 0 })).toHaveLength(1);
  });

  it('is told while the person is still at work, once, and not again when they clock out', () => {
    const day = [
      clocked('e1', 'in', MORNING),
      ...minuteByMinute(MORNING, MORNING + 10 * HOUR_MS),
      clocked('e1', 'out', MORNING + 10 * HOUR_MS),
      ...minuteByMinute(MORNING + 10 * HOUR_MS, MORNING + 14 * HOUR_MS),
      clocked('e1', 'out', MORNING + 10 * HOUR_MS + MINUTE_MS, MORNING + 14 * HOUR_MS),
    ];
    const player = played(day);
    const decisions = decisionsOf(player, 'potential_overtime');
    expect(decisions.map(({ at }) => at)).toEqual(['2026-03-02T16:20:00.000Z']);
    expect(decisions[0]?.reasoning).toContain('e1 has worked 8.3 hours on 2026-03-02');
    expect(player.cleared).toEqual(['potential-overtime:employee:e1']);
  });

  it('does not count breaks, and counts both shifts of a split day', () => {
    const withBreak = [
      clocked('e1', 'in', MORNING),
      clocked('e1', 'break-start', MORNING + 4 * HOUR_MS),
      clocked('e1', 'break-end', MORNING + 5 * HOUR_MS),
      clocked('e1', 'out', MORNING + 9 * HOUR_MS),
    ];
    expect(overtimeOf(withBreak)).toEqual([]);
    expect(overtimeOf([...worked('e1', MORNING, 5), ...worked('e1', MORNING + 6 * HOUR_MS, 4)])).toHaveLength(1);
  });

  it('is told again on the next day that is too long', () => {
    const days = [0, 1].flatMap((day) => worked('e1', MORNING + day * 24 * HOUR_MS, 10));
    expect(overtimeOf(days)).toHaveLength(2);
  });

  it.each([
    ['forward', '2026-03-28 22:00', '2026-03-29 07:00', 0],
    ['back', '2026-10-24 22:00', '2026-10-25 06:00', 1],
  ])('counts the hours that really passed in the night in which clocks go %s', (_, from, to, times) => {
    // By the wall 9 hours in spring, which are 8; by the wall 8 hours in autumn, which are 9.
    const zone = 'Europe/Berlin';
    const night = [clocked('e1', 'in', wall(from, zone)), clocked('e1', 'out', wall(to, zone))];
    expect(overtimeOf(night, {}, zone)).toHaveLength(times);
  });

  it('is not told of somebody who forgot to clock out and comes again', () => {
    const forgot = [
      planned('s1', 'e1', MORNING, { hours: 6 }),
      clocked('e1', 'in', MORNING),
      ...worked('e1', MORNING + 24 * HOUR_MS, 6),
    ];
    expect(overtimeOf(inOrder(forgot))).toEqual([]);
  });

  it('is told exactly when more was worked than the limit and its tolerance', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 15 * 60 }), fc.integer({ min: 1, max: 12 }), (minutes, limit) => {
        const times = overtimeOf(worked('e1', MORNING, minutes / 60), { overtimeThreshold: limit }).length;
        expect(times).toBe(minutes > (limit + 0.25) * 60 ? 1 : 0);
      }),
      { seed: 10, numRuns: 100 },
    );
  });
});

describe('overtime of a week', () => {
  const week = (hours: number, days = 5, monday = '2026-03-02'): Happening[] =>
    Array.from({ length: days }, (_, day) => worked('e1', wall(`${plusDays(monday, day)} 09:00`), hours)).flat();
  const analysed = (...given: Parameters<typeof played>) => decisionsOf(played(...given), 'overtime_analysis');

  it.each([
    ['below the limit', 7.9, 0],
    ['at the limit', 8, 0],
    ['above it', 8.1, 1],
  ])('%s: five days of %d hours', (_, hours, times) => {
    expect(analysed(week(hours))).toHaveLength(times);
  });

  it('is told when the limit is crossed, once in the week, and again in the next', () => {
    const two = [...week(7.5, 6), ...week(7.5, 6, '2026-03-09'), timePasses(wall('2026-03-20 12:00'))];
    const decisions = analysed(two);
    expect(decisions.map(({ subject, at }) => [subject, at])).toEqual([
      ['employee:e1', '2026-03-07T16:30:00.000Z'],
      ['employee:e1', '2026-03-14T16:30:00.000Z'],
    ]);
    expect(decisions[0]?.action).toEqual({
      ...{ kind: 'limit-overtime', employeeId: 'e1', hoursWorked: 45, limitHours: 40 },
      ...{ from: '2026-03-02', to: '2026-03-08' },
    });
    expect(decisions[0]?.reasoning).toContain('45 hours on 6 days of the week from 2026-03-02');
  });

  it('has the limit of the settings, in hours of a week', () => {
    expect(analysed(week(8), { weeklyOvertimeThreshold: 38 })).toHaveLength(1);
    expect(analysed(week(9), { weeklyOvertimeThreshold: 48, overtimeThreshold: 9 })).toEqual([]);
  });

  it.each([
    ['at the largest share', 10, 0],
    ['above it', 10.1, 1],
  ])('%s of two weeks: days of %d hours', (_, hours, times) => {
    // Three days a week: no week is too long, and two hours of ten are a fifth.
    const two = [...week(hours, 3), ...week(hours, 3, '2026-03-09'), timePasses(wall('2026-03-16 12:00'))];
    const decisions = analysed(two, { maxOvertimePercentage: 0.2 });
    expect(decisions).toHaveLength(times);
    if (times > 0) expect(decisions[0]?.reasoning).toContain('21%, where 20% is the most');
  });
});
