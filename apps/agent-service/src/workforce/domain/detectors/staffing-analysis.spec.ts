import { describe, expect, it } from '@jest/globals';
import { HOUR_MS, plusDays, weekdayOf } from '#libs/kernel';
import type { Happening } from '#libs/testing';
import {
  decisionsOf,
  inOrder,
  planned,
  playHr,
  registered,
  settingsOf,
  sold,
  timePasses,
  wall,
  worked,
} from '../../hr-events.contract.ts';

const MONDAY = '2026-03-02';
const START = wall('2026-03-30 07:30');
/** A shop that is busy on Mondays: 20 sales and 10 hours; else 10 and 6; closed on Sundays. */
const salesOn = (date: string): number => (weekdayOf(date) === 7 ? 0 : weekdayOf(date) === 1 ? 20 : 10);
const hoursOn = (date: string): number => (weekdayOf(date) === 7 ? 0 : weekdayOf(date) === 1 ? 10 : 6);

const past = (days = 28, factor: (day: number) => number = () => 1): Happening[] =>
  Array.from({ length: days }, (_, day) => {
    const date = plusDays(MONDAY, day);
    const count = Math.round(salesOn(date) * factor(day));
    const sales = Array.from({ length: count }, (__, sale) =>
      sold(`o${day}-${sale}`, wall(`${date} 10:00`) + sale * 60_000, 1_000),
    );
    const half = hoursOn(date) / 2;
    const shifts =
      half > 0 ? [...worked('e1', wall(`${date} 09:00`), half), ...worked('e2', wall(`${date} 12:00`), half)] : [];
    return [...shifts, ...sales];
  }).flat();
const plan = (date: string, hours: number): Happening =>
  planned(`s-${date}`, 'e1', wall(`${date} 09:00`), {
    hours: hours + 0.5,
    breakMinutes: 30,
    toldMs: START - 24 * HOUR_MS,
  });
/** A plan for the next week that is right, but for one day. */
const nextWeek = (odd: string, hours: number): Happening[] =>
  Array.from({ length: 6 }, (_, day) => plusDays('2026-03-31', day))
    .filter((date) => weekdayOf(date) !== 7 || date === odd)
    .map((date) => plan(date, date === odd ? hours : hoursOn(date)));
const analysed = (happenings: readonly Happening[], hr: object = {}) => {
  const player = playHr(settingsOf(hr));
  player.tell(...inOrder([registered('e1'), registered('e2'), ...happenings, timePasses(START)]));
  return decisionsOf(player, 'staffing_analysis').map(({ subject, state }) => [subject, state]);
};

describe('planned hours against what demand needs', () => {
  it.each([
    ['as needed', 6, undefined],
    ['short by the buffer', 4, undefined],
    ['short by more', 3.9, 'too few hours'],
    ['over by the buffer', 8, undefined],
    ['over by more', 8.1, 'too many hours'],
  ])('%s', (_, hours, state) => {
    expect(analysed([...past(), ...nextWeek('2026-04-02', hours)])).toEqual(
      state === undefined ? [] : [['day:2026-04-02', state]],
    );
  });

  it('learns from the business itself (fault 21: the weekdays of a restaurant were built in)', () => {
    // A restaurant needs least on Mondays; this shop needs most.
    const monday = (hours: number) => [
      ...past(35),
      planned('m', 'e1', wall('2026-04-13 09:00'), { hours, toldMs: START }),
    ];
    const at = timePasses(wall('2026-04-06 07:30'));
    expect(analysed([...monday(10), at])).toEqual([]);
    expect(analysed([...monday(6), at])).toEqual([['day:2026-04-13', 'too few hours']]);
  });

  it('has the buffer and the horizon of the settings', () => {
    const short = [...past(), ...nextWeek('2026-04-02', 3.5)];
    expect(analysed(short, { schedulingBufferHours: 3 })).toEqual([]);
    expect(analysed(short, { schedulingHorizonDays: 2 })).toEqual([]);
    expect(analysed(short, { schedulingHorizonDays: 3 })).toHaveLength(1);
  });

  it('says nothing of days that nobody has planned, nor of Sundays, nor before it knows three weeks', () => {
    expect(analysed(past())).toEqual([]);
    expect(analysed([...past(), ...nextWeek('2026-04-05', 4)])).toEqual([]);
    expect(analysed([...past(20), ...nextWeek('2026-04-02', 1)])).toEqual([]);
  });

  it('sees that far more come than usual', () => {
    const rush = past(28, (day) => (day >= 21 ? 1.6 : 1));
    const found = analysed([...rush, ...nextWeek('', 0)], { schedulingBufferHours: 1 });
    expect(found.length).toBeGreaterThan(0);
    expect(new Set(found.map(([, state]) => state))).toEqual(new Set(['too few hours']));
  });

  it('is over when the day is planned anew, and is told once until then', () => {
    const player = playHr(settingsOf());
    player.tell(
      ...inOrder([registered('e1'), registered('e2'), ...past(), ...nextWeek('2026-04-02', 2), timePasses(START)]),
    );
    player.tell(timePasses(wall('2026-03-31 07:30')));
    expect(decisionsOf(player, 'staffing_analysis')).toHaveLength(1);
    player.tell(
      planned('s-2026-04-02', 'e1', wall('2026-04-02 09:00'), { hours: 6, toldMs: wall('2026-03-31 08:00') }),
    );
    player.tell(timePasses(wall('2026-04-01 07:30')));
    expect(player.cleared).toContain('staffing-analysis:day:2026-04-02');
    const [decision] = decisionsOf(player, 'staffing_analysis');
    expect(decision?.action).toEqual({ kind: 'adjust-staffing', day: '2026-04-02', scheduledHours: 2, neededHours: 6 });
    expect(decision?.reasoning).toContain(
      '2 hours are planned for 2026-04-02, and about 6 hours are needed: 10 sales are expected',
    );
  });
});
