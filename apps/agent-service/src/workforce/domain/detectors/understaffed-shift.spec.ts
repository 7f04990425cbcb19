import { describe, expect, it } from '@jest/globals';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '#libs/kernel';
import type { Happening } from '#libs/testing';
import {
  asksForLeave,
  clocked,
  decisionsOf,
  inOrder,
  minuteByMinute,
  planned,
  playHr,
  registered,
  settingsOf,
  wall,
  worked,
} from '../../hr-events.contract.ts';

const OPENS = wall('2026-03-03 09:00');
/** The day before, everybody came as planned. */
const before: Happening[] = ['e1', 'e2', 'e3'].flatMap((id) => [registered(id), ...worked(id, OPENS - DAY_MS, 6)]);
const shift = (hours = 8): Happening => planned('s1', 'e1', OPENS, { hours });
const others = (count: number): Happening[] =>
  ['e2', 'e3'].slice(0, count).map((id) => clocked(id, 'in', OPENS - 10 * MINUTE_MS));
const played = (happenings: readonly Happening[], untilMs: number, hr: object = {}) => {
  const player = playHr(settingsOf(hr));
  player.tell(...inOrder([...before, ...happenings, ...minuteByMinute(OPENS, untilMs)]));
  return player;
};
const told = (...given: Parameters<typeof played>) =>
  decisionsOf(played(...given), 'understaffed_shift').map(({ subject, state, at }) => [
    subject,
    state,
    at.slice(11, 16),
  ]);

describe('a shift for which somebody does not come', () => {
  it.each([
    [15, 0],
    [19, 0],
    [20, 1],
  ])('is told after %d minutes %d times while too few are at work', (minutes, times) => {
    expect(told([shift(), ...others(1)], OPENS + minutes * MINUTE_MS)).toHaveLength(times);
  });

  it('is told when enough are at work only when nobody comes at all', () => {
    expect(told([shift(), ...others(2)], OPENS + 59 * MINUTE_MS)).toEqual([]);
    expect(told([shift(), ...others(2)], OPENS + 3 * HOUR_MS)).toEqual([['shift:s1', 'nobody came', '10:00']]);
  });

  it('is told as it becomes graver, and no more', () => {
    expect(told([shift(), ...others(1)], OPENS + 6 * HOUR_MS)).toEqual([
      ['shift:s1', 'late and too few', '09:20'],
      ['shift:s1', 'nobody came', '10:00'],
    ]);
  });

  it('is over as soon as they come, or somebody else takes it', () => {
    const comes = clocked('e1', 'in', OPENS + 30 * MINUTE_MS);
    expect(played([shift(), ...others(1), comes], OPENS + 30 * MINUTE_MS).cleared).toEqual([
      'understaffed-shift:shift:s1',
    ]);
    const replaced = planned('s1', 'e2', OPENS, { toldMs: OPENS + 30 * MINUTE_MS });
    expect(played([shift(), ...others(1), replaced], OPENS + 30 * MINUTE_MS).cleared).toEqual([
      'understaffed-shift:shift:s1',
    ]);
  });

  it('is over when it has ended', () => {
    const player = played([shift(2), ...others(1)], OPENS + 3 * HOUR_MS);
    expect(player.cleared).toEqual(['understaffed-shift:shift:s1']);
  });

  it('is not told of who came early, or is there since an earlier shift', () => {
    const early = clocked('e1', 'in', OPENS - 90 * MINUTE_MS);
    expect(told([shift(), early], OPENS + 2 * HOUR_MS)).toEqual([]);
  });

  it('is told of who forgot to clock out on the evening before, and not of who works two shifts in a row', () => {
    const evening = planned('s0', 'e1', OPENS - 12 * HOUR_MS, { hours: 6 });
    const night = planned('s0', 'e1', OPENS - 12 * HOUR_MS, { hours: 12 });
    const open = clocked('e1', 'in', OPENS - 12 * HOUR_MS);
    expect(told([evening, open, shift(), ...others(1)], OPENS + 30 * MINUTE_MS)).toHaveLength(1);
    expect(told([night, open, shift(), ...others(1)], OPENS + 30 * MINUTE_MS)).toHaveLength(0);
  });

  it('is not told of a business, or of a person, without a time clock', () => {
    const player = playHr();
    player.tell(registered('e1'), shift(), ...minuteByMinute(OPENS, OPENS + 3 * HOUR_MS));
    expect(player.decisions).toEqual([]);
    const manager = [planned('m0', 'boss', OPENS - DAY_MS), planned('m1', 'boss', OPENS)];
    // The first shift of all could be that of somebody new.
    const subjects = told([...manager, ...others(2)], OPENS + 3 * HOUR_MS).map(([subject]) => subject);
    expect(subjects).toEqual(['shift:m0']);
  });

  it('is found in a night that belongs to the day before', () => {
    const night = wall('2026-03-03 23:50');
    const late = planned('n1', 'e1', night, { hours: 6 });
    expect(told([late], night + 30 * MINUTE_MS)).toEqual([['shift:n1', 'late and too few', '00:10']]);
  });

  it('has the staff level and the times of the settings', () => {
    expect(told([shift(), ...others(1)], OPENS + 50 * MINUTE_MS, { minStaffLevel: 1 })).toEqual([]);
    expect(told([shift(), ...others(1)], OPENS + 14 * MINUTE_MS, { lateAfterMinutes: 10 })).toHaveLength(1);
    expect(told([shift(), ...others(2)], OPENS + 44 * MINUTE_MS, { noShowAfterMinutes: 30 })).toHaveLength(1);
  });

  it('says who is missing, for which hours, and whether leave was asked for', () => {
    const sick = asksForLeave(
      'l1',
      'e1',
      { kind: 'sick', startsOn: '2026-03-03', endsOn: '2026-03-03' },
      '2026-03-03T07:00:00Z',
    );
    const [decision] = decisionsOf(played([shift(), sick, ...others(1)], OPENS + 20 * MINUTE_MS), 'understaffed_shift');
    expect(decision?.action).toEqual({
      ...{ kind: 'fill-shift', shiftId: 's1', day: '2026-03-03', missingPeople: 1 },
      ...{ from: '2026-03-03T09:20:00.000Z', to: '2026-03-03T17:00:00.000Z' },
    });
    expect(decision?.reasoning).toBe(
      'e1 was planned from 09:00 to 17:00 on 2026-03-03 and has not clocked in 20 minutes after that; 1 person is at work, where 2 are the least. They had asked for leave on that day. Find somebody for the rest of the shift.',
    );
  });
});
