import { describe, expect, it } from '@jest/globals';
import { demandForecastAnalysis } from './demand-forecast.ts';
import { playDetector, registered, settingsWith, usedDaily } from './played-analytics.contract.ts';

const WEEK = [14, 16, 18, 20, 26, 28, 22];
/** A trend that no week repeats, with a little unrest. */
const series = (days: number, level: (day: number) => number) =>
  Array.from({ length: days }, (_, day) =>
    Math.max(0, Math.round((WEEK[day % 7] ?? 20) * level(day) + ((day * 7919) % 5) - 2)),
  );
const play = (values: readonly number[], settings = settingsWith()) => {
  const player = playDetector(demandForecastAnalysis, settings);
  player.tell(registered('A'), ...usedDaily('A', values));
  return player;
};

describe('demand forecast analysis', () => {
  it('says that an item will be used faster, by what method, and how far that was off', () => {
    const { decisions } = play(series(120, (day) => 1 + Math.max(0, day - 60) * 0.03));
    expect(decisions.length).toBeGreaterThan(0);
    const [decision] = decisions;
    expect(decision).toMatchObject({
      decisionType: 'demand_forecast_analysis',
      subject: 'item:A',
      state: 'rising',
      action: { kind: 'plan-for-demand', sku: 'A' },
    });
    expect(decision?.figures).toMatchObject({ method: 'holt-winters', horizonDays: 30 });
    expect(decision?.figures['backTestErrorOfSums']).toBeLessThan(0.3);
    expect(decision?.reasoning).toContain('Holt-Winters');
  });

  it('fault 9: expects per day, not a thirtieth of it', () => {
    const [decision] = play(series(120, (day) => 1 + Math.max(0, day - 60) * 0.03)).decisions;
    const now = Number(decision?.figures['usedPerDayNow']);
    expect(now).toBeGreaterThan(20);
    expect(Number(decision?.figures['expectedPerDay'])).toBeGreaterThan(1.2 * now);
    expect(Number(decision?.figures['expectedPerDay'])).toBeLessThan(3 * now);
  });

  it('says nothing of an item that goes on as it did, whatever the weekdays', () => {
    expect(play(series(200, () => 1)).decisions).toEqual([]);
  });

  it.each([70, 77, 84, 91, 98])('takes a week without stock, from day %i, for no change of demand', (from) => {
    const values = series(120, () => 1).map((value, day) => (day >= from && day < from + 7 ? 0 : value));
    expect(play(values).decisions).toEqual([]);
  });

  it('says nothing when the forecast is not good enough', () => {
    const strict = settingsWith({ minForecastAccuracy: 0.999 });
    expect(
      play(
        series(120, (day) => 1 + Math.max(0, day - 60) * 0.03),
        strict,
      ).decisions,
    ).toEqual([]);
  });

  it('says nothing with less than four weeks', () => {
    expect(play(series(27, (day) => 1 + day * 0.1)).decisions).toEqual([]);
  });

  it('is told no more than once in four weeks while demand keeps rising', () => {
    const { decisions } = play(series(150, (day) => 1 + Math.max(0, day - 60) * 0.03));
    expect(decisions.every(({ state, change }) => state === 'rising' && change === 'opened')).toBe(true);
    const days = decisions.map(({ at }) => Date.parse(at) / 86_400_000);
    for (const [index, day] of days.slice(1).entries()) expect(day - (days[index] ?? day)).toBeGreaterThanOrEqual(28);
  });
});
