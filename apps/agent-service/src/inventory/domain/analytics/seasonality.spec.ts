import { describe, expect, it } from '@jest/globals';
import { playDetector, registered, settingsWith, usedDaily } from './played-analytics.contract.ts';
import { seasonalityAnalysis } from './seasonality.ts';

const WEEK = [14, 16, 18, 20, 26, 28, 22];
const series = (days: number, from = 0) =>
  Array.from({ length: days }, (_, day) => (WEEK[(day + from) % 7] ?? 0) + ((day * 3) % 5) - 2);
const play = (values: readonly number[], inventory = {}) => {
  const player = playDetector(seasonalityAnalysis, settingsWith(inventory));
  player.tell(registered('A'), ...usedDaily('A', values));
  return player.decisions;
};

describe('seasonality analysis', () => {
  it('fault 15: tells weekdays in ninety days, once', () => {
    const decisions = play(series(90));
    expect(decisions).toMatchObject([{ decisionType: 'seasonality_analysis', subject: 'item:A', state: 'weekly' }]);
    expect(decisions[0]?.reasoning).toContain('Friday, Saturday');
    expect(decisions[0]?.figures['SaturdayIndex']).toBeCloseTo(28 / 20.6, 1);
  });

  it('fault 16: names the weekdays rightly when the record does not begin on a Monday', () => {
    const decisions = play([0, 0, 0, ...series(90, 3)]);
    expect(decisions[0]?.reasoning).toContain('Friday, Saturday');
  });

  it('claims nothing before eight weeks, or in a shorter window', () => {
    expect(play(series(55))).toEqual([]);
    expect(play(series(64)).length).toBe(1);
    expect(play(series(90), { seasonalityWindowDays: 40 })).toEqual([]);
  });

  it('says nothing of weekdays that hardly differ', () => {
    expect(play(Array.from({ length: 90 }, (_, day) => 20 + ((day * 13) % 11)))).toEqual([]);
  });
});
