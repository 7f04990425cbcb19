import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { plusDays } from '#libs/kernel';
import type { Happening } from '#libs/testing';
import {
  clocked,
  decisionsOf,
  planned,
  playHr,
  registered,
  settingsOf,
  wall,
  worked,
} from '../../hr-events.contract.ts';

const ZONE = 'America/New_York';
/** So many days on which two people come in the morning. */
const mornings = (days: number, at = '09:00'): Happening[] =>
  Array.from({ length: days }, (_, day) => plusDays('2026-03-02', day)).flatMap((date) => [
    ...worked('e1', wall(`${date} ${at}`, ZONE), 6),
    ...worked('e2', wall(`${date} ${at}`, ZONE), 6),
  ]);
const unusual = (...happenings: readonly Happening[]) => {
  const player = playHr(settingsOf({}, ZONE));
  player.tell(registered('e1'), registered('e2'), ...happenings);
  return decisionsOf(player, 'unusual_time_record').map(({ subject, at, state }) => [subject, state, at]);
};
const night = wall('2026-04-10 02:30', ZONE);

describe('clocking in at an unusual time', () => {
  it('is told when nobody ever does, by the clock of the place', () => {
    expect(unusual(...mornings(20), clocked('e1', 'in', night))).toEqual([
      ['employee:e1', 'at-night', '2026-04-10T06:30:00.000Z'],
    ]);
    const evening = wall('2026-04-10 23:30', ZONE);
    expect(unusual(...mornings(20), clocked('e1', 'in', evening))).toEqual([
      ['employee:e1', 'unusual-hour', '2026-04-11T03:30:00.000Z'],
    ]);
  });

  it.each([
    ['04:59', 1],
    ['05:00', 0],
  ])('at %s without any history is told %d times', (at, times) => {
    expect(unusual(clocked('e1', 'in', wall(`2026-04-10 ${at}`, ZONE)))).toHaveLength(times);
  });

  it.each([
    [2, 0],
    [2.1, 1],
  ])('%d hours before the planned shift is told %d times', (hours, times) => {
    const shift = planned('s1', 'e1', night + hours * 3_600_000);
    expect(unusual(...mornings(20), shift, clocked('e1', 'in', night))).toHaveLength(times);
  });

  it('is not told of a planned overnight shift, of somebody who is used to the night, nor of the hour after midnight', () => {
    expect(unusual(...mornings(20), planned('s1', 'e1', night), clocked('e1', 'in', night))).toEqual([]);
    expect(unusual(...mornings(20, '02:00')).slice(6)).toEqual([]);
    const overnight = planned('s1', 'e1', wall('2026-04-09 22:00', ZONE), { hours: 8 });
    expect(unusual(...mornings(20), overnight, clocked('e1', 'in', wall('2026-04-10 00:30', ZONE)))).toEqual([]);
  });

  it('is told each time, although it happened before', () => {
    const nights = [10, 13, 16].flatMap((day) => worked('e1', wall(`2026-04-${day} 02:30`, ZONE), 1));
    expect(unusual(...mornings(30), ...nights)).toHaveLength(3);
  });

  it('is no habit of somebody who is planned, however often it happens', () => {
    const odd = [3, 5, 7, 9, 11].flatMap((day) => worked('e1', wall(`2026-03-${day + 10} 02:30`, ZONE), 1));
    const plans = Array.from({ length: 14 }, (_, day) =>
      planned(`p${day}`, 'e1', wall(`${plusDays('2026-03-10', day)} 12:00`, ZONE)),
    );
    expect(unusual(...plans, ...odd)).toHaveLength(5);
    // Whom nobody plans makes habits by coming.
    expect(unusual(...odd)).toHaveLength(3);
  });

  it('is told once when the record comes twice, and not of a second record of somebody who is at work', () => {
    const record = clocked('e1', 'in', night);
    expect(unusual(...mornings(20), record, record)).toHaveLength(1);
    const evening = [clocked('e1', 'in', wall('2026-04-09 21:00', ZONE)), record];
    expect(unusual(...mornings(20), ...evening).filter(([, state]) => state === 'at-night')).toEqual([]);
  });

  it('says who and when, and no name', () => {
    const player = playHr(settingsOf({}, ZONE));
    player.tell(registered('e1'), ...mornings(20), clocked('e1', 'in', night));
    const [decision] = decisionsOf(player, 'unusual_time_record');
    expect(decision).toMatchObject({
      action: { kind: 'review-clock-record', employeeId: 'e1', concern: 'unusual-hour' },
      positions: [82],
    });
    expect(decision?.reasoning).toContain('e1 clocked in at 02:30 on 2026-04-10');
    expect(JSON.stringify(decision)).not.toContain('Name of');
  });

  it('whatever the hour, a planned shift is never told', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1_439 }), fc.integer({ min: -110, max: 110 }), (minute, early) => {
        const startMs = wall('2026-04-10 00:00', ZONE) + minute * 60_000;
        const shift = planned('s1', 'e1', startMs);
        expect(unusual(...mornings(10), shift, clocked('e1', 'in', startMs - early * 60_000))).toEqual([]);
      }),
      { seed: 9, numRuns: 60 },
    );
  });
});
