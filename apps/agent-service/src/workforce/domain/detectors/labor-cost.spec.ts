import { describe, expect, it } from '@jest/globals';
import { plusDays } from '#libs/kernel';
import type { Happening } from '#libs/testing';
import {
  clocked,
  decisionsOf,
  playHr,
  registered,
  settingsOf,
  sold,
  timePasses,
  wall,
  worked,
} from '../../hr-events.contract.ts';

type DayOf = Readonly<{ hours?: number; revenue?: number; currency?: string }>;
const MONDAY = '2026-03-02';
/** Days of work from the Monday on; 5 hours cost 100.00, and 500.00 is earned. */
const days = (count: number, of: (day: number) => DayOf = () => ({})): Happening[] =>
  Array.from({ length: count }, (_, day) => {
    const date = plusDays(MONDAY, day);
    const { hours = 5, revenue = 50_000, currency = 'USD' } = of(day);
    return [
      ...(hours > 0 ? worked('e1', wall(`${date} 09:00`), hours) : []),
      ...(revenue > 0 ? [sold(`o${day}`, wall(`${date} 20:00`), revenue, { currency })] : []),
    ];
  }).flat();
const after = (count: number): Happening => timePasses(wall(`${plusDays(MONDAY, count)} 12:00`));
const played = (happenings: readonly Happening[], hr: object = {}, zone?: string) => {
  const player = playHr(settingsOf({ maxLaborCostPercentage: 0.25, ...hr }, zone));
  player.tell(registered('e1'), ...happenings);
  return player;
};
const high = (...given: Parameters<typeof played>) => decisionsOf(played(...given), 'high_labor_cost');

describe('labour cost against revenue', () => {
  it.each([
    ['below its share', 50_000, 0],
    ['at its share', 40_000, 0],
    ['above its share', 39_000, 1],
  ])('%s over a week', (_, revenue, times) => {
    expect(high([...days(7, () => ({ revenue })), after(7)])).toHaveLength(times);
  });

  it('is measured by what was really earned (fault 19: revenue was fixed at 2500)', () => {
    // 100.00 a day is 4% of 2500.00, and 36% of what was earned; 160.00 is 6%, and 4% of what was earned.
    const [decision] = high([...days(7, () => ({ revenue: 28_000 })), after(7)]);
    expect(decision?.figures).toMatchObject({
      'labour cost': { amount: 50_000, currency: 'USD' },
      revenue: { amount: 140_000, currency: 'USD' },
      share: 50 / 140,
    });
    expect(decision?.action).toMatchObject({
      excess: { amount: 15_000, currency: 'USD' },
      from: '2026-03-02',
      day: '2026-03-06',
    });
    expect(decision?.reasoning).toContain(
      'Labour cost 500.00 USD against 1400.00 USD earned from 2026-03-02 to 2026-03-06: 36%',
    );
    expect(high([...days(7, () => ({ hours: 8, revenue: 400_000 })), after(7)])).toEqual([]);
  });

  it('says nothing without revenue, or with revenue in other currencies alone', () => {
    expect(high([...days(7, () => ({ revenue: 0 })), after(7)])).toEqual([]);
    expect(high([...days(7, () => ({ revenue: 100, currency: 'EUR' })), after(7)])).toEqual([]);
  });

  it('is told once while it lasts, and is over when it is', () => {
    const bad = (day: number): DayOf => ({ revenue: day < 10 ? 35_000 : 80_000 });
    const player = played([...days(24, bad), after(24)]);
    expect(decisionsOf(player, 'high_labor_cost')).toHaveLength(1);
    expect(player.cleared).toEqual(['high-labor-cost:labor-cost']);
  });

  it('of one day counts by far only, since a day swings with its weekday', () => {
    const oneDay = (revenue: number) => [
      ...days(9, (day) => (day === 8 ? { revenue } : { revenue: 80_000 })),
      after(9),
    ];
    expect(high(oneDay(30_000))).toEqual([]);
    const [decision] = high(oneDay(26_000));
    expect(decision).toMatchObject({ state: 'far over its share', action: { day: '2026-03-10' } });
  });

  it('holds salaries, a 365th on each day', () => {
    const salaried = registered('boss', { annualSalary: { amount: 3_650_000, currency: 'USD' } });
    const [decision] = high([salaried, ...days(7, () => ({ revenue: 60_000 })), after(7)]);
    expect(decision?.figures).toMatchObject({
      'labour cost': { amount: 100_000 },
      'salaries in it': { amount: 50_000 },
    });
    expect(
      high([registered('boss', { annualSalary: { amount: 3_650_000, currency: 'EUR' } }), ...days(7), after(7)]),
    ).toEqual([]);
  });

  it('names nobody and no single pay', () => {
    const [decision] = high([...days(7, () => ({ revenue: 25_000 })), after(7)]);
    expect(JSON.stringify(decision)).not.toMatch(/e1|Name of|hourly/);
  });
});

describe('the daily report', () => {
  const reports = (...given: Parameters<typeof played>) => decisionsOf(played(...given), 'daily_labor_analysis');

  it('comes each morning after a day of work, and only then', () => {
    const made = reports([...days(3, (day) => ({ hours: day === 1 ? 0 : 5 })), after(3)]);
    expect(made.map(({ subject, at }) => [subject, at])).toEqual([
      ['day:2026-03-02', '2026-03-03T06:30:00.000Z'],
      ['day:2026-03-04', '2026-03-05T06:30:00.000Z'],
    ]);
    expect(made[0]?.reasoning).toBe(
      '1 person worked 5 hours on 2026-03-02, 0 hours of it overtime. Labour cost 100.00 USD, 20% of the 500.00 USD earned.',
    );
  });

  it('puts a night shift, and who is still at work, on the day on which it began, in the zone of the place', () => {
    const zone = 'America/New_York';
    const night = [
      clocked('e1', 'in', wall('2026-03-07 22:00', zone)),
      timePasses(wall('2026-03-08 07:00', zone)),
      clocked('e1', 'out', wall('2026-03-08 07:30', zone)),
      timePasses(wall('2026-03-09 07:00', zone)),
    ];
    const made = reports(night, {}, zone);
    // Clocks go forward in that night: from 22:00 to 06:30 are 7.5 hours.
    expect(made.map(({ subject, figures }) => [subject, figures['worked']])).toEqual([['day:2026-03-07', 7.5]]);
  });

  it('says whose clock-out is missing, since pay depends on it', () => {
    const made = reports([clocked('e1', 'in', wall('2026-03-02 09:00')), timePasses(wall('2026-03-03 12:00'))]);
    expect(made[0]?.reasoning).toContain('No clock-out is on record for e1');
    expect(made[0]?.figures['worked']).toBe(8);
  });
});
