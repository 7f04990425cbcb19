import { describe, expect, it } from '@jest/globals';
import { seasonality } from './seasonality.ts';
import { SeededNoise, synthetic, WEEK } from './synthetic-series.contract.ts';

const MONDAY = '2026-01-05';

describe('seasonality', () => {
  it('fault 15: shows weekdays in ninety days', () => {
    const found = seasonality(synthetic('seasonal', 90, 1), MONDAY)?.weekday;
    expect(found?.pValue).toBeLessThan(1e-6);
    expect(found?.strength).toBeGreaterThan(0.7);
    expect(found?.cycles).toBe(12);
    const mean = WEEK.reduce((total, one) => total + one, 0) / 7;
    for (const [day, index] of (found?.indices ?? []).entries()) expect(index).toBeCloseTo((WEEK[day] ?? 1) / mean, 1);
  });

  it('fault 16: knows on which weekday the series begins', () => {
    const series = synthetic('seasonal', 95, 1);
    const fromThursday = seasonality(series.slice(3), '2026-01-08')?.weekday.indices ?? [];
    const fromMonday = seasonality(series, MONDAY)?.weekday.indices ?? [];
    for (const [day, index] of fromThursday.entries()) expect(index).toBeCloseTo(fromMonday[day] ?? 0, 1);
    expect(fromThursday.indexOf(Math.max(...fromThursday))).toBe(5);
  });

  it('finds no weekdays where there are none', () => {
    const significant = Array.from({ length: 100 }, (_, seed) => synthetic('flat', 90, seed + 1)).filter(
      (series) => (seasonality(series, MONDAY)?.weekday.pValue ?? 1) < 0.01,
    );
    expect(significant.length).toBeLessThanOrEqual(4);
  });

  it('takes growth for no pattern', () => {
    const growing = Array.from({ length: 90 }, (_, day) => 10 + day);
    expect(seasonality(growing, MONDAY)?.weekday.pValue).toBeGreaterThan(0.5);
  });

  it('claims nothing of a cycle that was not seen often enough', () => {
    expect(seasonality(synthetic('seasonal', 27, 1), MONDAY)).toBeUndefined();
    expect(seasonality(synthetic('seasonal', 28, 1), MONDAY)).toBeDefined();
    expect(seasonality(synthetic('seasonal', 729, 1), MONDAY)?.month).toBeUndefined();
    expect(seasonality(new Array<number>(90).fill(0), MONDAY)).toBeUndefined();
  });

  it('shows months in two years', () => {
    const noise = new SeededNoise(3);
    const series = Array.from({ length: 730 }, (_, day) => {
      const month = new Date(Date.UTC(2026, 0, 5 + day)).getUTCMonth();
      return (month === 11 ? 30 : 20) + noise.normal();
    });
    const found = seasonality(series, MONDAY)?.month;
    expect(found?.cycles).toBe(2);
    expect(found?.pValue).toBeLessThan(1e-6);
    expect(found?.indices.indexOf(Math.max(...found.indices))).toBe(11);
  });
});
