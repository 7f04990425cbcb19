import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { demandOver } from './demand-over.ts';
import { forecastSeries, LEAST_POINTS } from './forecast-series.ts';
import type { SeriesForecast } from './series-forecast.ts';
import { SERIES, synthetic, WEEK } from './synthetic-series.contract.ts';

const forecastOf = (series: readonly number[], horizon = 30): SeriesForecast => {
  const forecast = forecastSeries(series, { horizon, nonNegative: true });
  if (!forecast) throw new Error(`no forecast of ${series.length} days`);
  return forecast;
};
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
const seeds = Array.from({ length: 10 }, (_, seed) => seed + 1);

describe('a forecast', () => {
  it('is not made of fewer than 14 days', () => {
    expect(LEAST_POINTS).toBe(14);
    expect(forecastSeries(new Array<number>(13).fill(5), { horizon: 7 })).toBeUndefined();
    expect(forecastSeries(new Array<number>(14).fill(5), { horizon: 7 })).toBeDefined();
  });

  it('fault 9: is per day, and not divided by the horizon again', () => {
    const { values } = forecastOf(new Array<number>(60).fill(3.2), 30);
    expect(values).toHaveLength(30);
    for (const value of values) expect(value).toBeCloseTo(3.2, 6);
    expect(demandOver(forecastOf(new Array<number>(60).fill(3.2), 30), 30).mean).toBeCloseTo(96, 6);
  });

  it('fault 10: of an additive season is additive throughout, and accurate', () => {
    const series = Array.from({ length: 84 }, (_, day) => 20 * (WEEK[day % 7] ?? 1));
    const forecast = forecastOf(series, 14);
    for (const [day, value] of forecast.values.entries()) expect(value).toBeCloseTo(20 * (WEEK[day % 7] ?? 1), 1);
    expect(forecast.accuracy).toBeGreaterThan(0.99);
    const { wape } = forecast.backTest.errors['holt-winters'] ?? { wape: 1 };
    expect(wape).toBeLessThan(0.01);
    for (const seed of seeds) expect(forecastOf(synthetic('seasonal', 90, seed)).accuracy).toBeGreaterThan(0.85);
  });

  it('follows a trend, with weekdays', () => {
    const forecast = forecastOf(synthetic('rising', 180, 4));
    expect(forecast.method).toBe('holt-winters');
    const weekly = sum(forecast.values.slice(0, 7)) / 7;
    expect(weekly).toBeGreaterThan(26.5);
    expect(weekly).toBeLessThan(31);
  });

  it('of demand that does not come every day is its mean, and is chosen by the root of squares', () => {
    for (const seed of seeds) {
      const forecast = forecastOf(synthetic('intermittent', 365, seed));
      expect(forecast.backTest.measure).toBe('rmse');
      expect(sum(forecast.values) / 30).toBeGreaterThan(0.25);
      expect(sum(forecast.values) / 30).toBeLessThan(1.2);
    }
  });

  it('of nothing is nothing', () => {
    const forecast = forecastOf(new Array<number>(60).fill(0));
    expect(sum(forecast.values)).toBe(0);
    expect(forecast.accuracy).toBe(1);
  });

  it('is not led astray by single feasts', () => {
    const forecast = forecastOf(synthetic('feasts', 120, 3));
    expect(sum(forecast.values) / 30).toBeGreaterThan(19);
    expect(sum(forecast.values) / 30).toBeLessThan(27);
  });

  it.each(Object.keys(SERIES))(
    'of a series "%s" was off no more in its back-test than repeating the last week',
    (kind) => {
      for (const days of [28, 60, 90, 365]) {
        for (const seed of seeds) {
          const { backTest, method } = forecastOf(synthetic(kind, days, seed));
          const chosen = backTest.errors[method]?.[backTest.measure] ?? Infinity;
          const naive = backTest.errors['seasonal-naive']?.[backTest.measure] ?? 0;
          expect(chosen).toBeLessThanOrEqual(naive);
          expect(backTest.chosen).toBe(method);
        }
      }
    },
  );

  it.each(Object.keys(SERIES))('of a series "%s" beats repeating the last week on days nobody has seen', (kind) => {
    const squares = { chosen: 0, naive: 0 };
    const inside = { days: 0, of: 0 };
    for (const seed of Array.from({ length: 20 }, (_, index) => 100 + index)) {
      const all = synthetic(kind, 150, seed);
      const past = all.slice(0, 120);
      const { values, lower, upper } = forecastOf(past);
      for (const [day, actual] of all.slice(120).entries()) {
        squares.chosen += ((values[day] ?? 0) - actual) ** 2;
        squares.naive += ((past[113 + (day % 7)] ?? 0) - actual) ** 2;
        inside.days += actual >= (lower[day] ?? 0) - 1e-9 && actual <= (upper[day] ?? 0) + 1e-9 ? 1 : 0;
        inside.of += 1;
      }
    }
    expect(squares.chosen).toBeLessThanOrEqual(squares.naive);
    expect(inside.days / inside.of).toBeGreaterThan(0.88);
  });

  it('lies within its interval, is finite, not below zero, and the same each time', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 14, maxLength: 200 }),
        fc.integer({ min: 1, max: 60 }),
        (series, horizon) => {
          const forecast = forecastOf(series, horizon);
          expect(forecast).toEqual(forecastOf(series, horizon));
          for (const [day, value] of forecast.values.entries()) {
            expect(Number.isFinite(value)).toBe(true);
            expect(value).toBeGreaterThanOrEqual(0);
            expect(forecast.lower[day]).toBeLessThanOrEqual(value);
            expect(forecast.upper[day]).toBeGreaterThanOrEqual(value);
          }
          expect(forecast.accuracy).toBeGreaterThanOrEqual(0);
          expect(forecast.accuracy).toBeLessThanOrEqual(1);
        },
      ),
      { seed: 5, numRuns: 150 },
    );
  });

  it('grows with the unit that is counted in', () => {
    const series = synthetic('rising', 120, 8);
    const small = forecastOf(series).values;
    const large = forecastOf(series.map((value) => value * 1_000)).values;
    for (const [day, value] of small.entries()) expect((large[day] ?? 0) / 1_000).toBeCloseTo(value, 4);
  });
});

describe('demand over some days', () => {
  const forecast = forecastOf(synthetic('seasonal', 120, 2), 14);

  it('is the sum of the days, the last in part, and repeats the last week beyond the horizon', () => {
    expect(demandOver(forecast, 2.5).mean).toBeCloseTo(
      sum(forecast.values.slice(0, 2)) + (forecast.values[2] ?? 0) / 2,
      9,
    );
    expect(demandOver(forecast, 21).mean).toBeCloseTo(sum(forecast.values) + sum(forecast.values.slice(7)), 9);
    expect(demandOver(forecast, 0)).toEqual({ mean: 0, deviation: 0 });
  });

  it('is the less certain the longer it is', () => {
    const deviations = [1, 2, 7, 14, 30].map((days) => demandOver(forecast, days).deviation);
    expect(deviations).toEqual(deviations.toSorted((left, right) => left - right));
    expect(deviations[0]).toBeCloseTo(forecast.residualDeviation, 9);
  });
});
