import { describe, expect, it } from '@jest/globals';
import { plusDays } from '#libs/kernel';
import { cashFlowForecast, demandForecast } from './forecast-of.ts';

const TODAY = '2026-03-02';
const when = { today: TODAY, horizonDays: 7 };
const item = { sku: 'A', name: null, unit: 'each' };
const daily = (days: number, valueOf: (index: number) => number) =>
  Array.from({ length: days }, (_, index) => ({ day: plusDays(TODAY, index - days), value: valueOf(index) }));

describe('the demand for an item', () => {
  it('is forecast per day from today on, and says by which method and how far it was off', () => {
    const { days, total, meanPerDay, basis } = demandForecast(
      item,
      daily(28, () => 4),
      when,
    );

    expect(days.map(({ day }) => day)).toEqual(Array.from({ length: 7 }, (_, index) => plusDays(TODAY, index)));
    expect({ total, meanPerDay }).toEqual({ total: 28, meanPerDay: 4 });
    expect(basis).toMatchObject({ historyDays: 28, accuracy: 1, method: expect.any(String) });
  });

  it('counts days without any as zero, and those on which more came back than was sold', () => {
    const everyOther = daily(40, (index) => (index % 2 === 0 ? 6 : -2)).filter((_, index) => index % 4 !== 2);
    const { total } = demandForecast(item, everyOther, when);
    expect(total).toBeGreaterThan(0.5 * 1.5 * 7);
    expect(total).toBeLessThan(1.5 * 1.5 * 7);
  });

  it('repeats the mean so far without an interval when there are too few days', () => {
    const { days, basis } = demandForecast(
      item,
      daily(5, () => 3),
      when,
    );
    expect(basis).toBeNull();
    expect(days[0]).toEqual({ day: TODAY, expected: 3, lower: null, upper: null });
  });

  it('is none for an item that was never used', () => {
    expect(demandForecast(item, [], when)).toMatchObject({ total: 0, basis: null });
  });
});

describe('cash flow', () => {
  const cashNow = { amount: 10_000, currency: 'USD' };

  it('is added to the cash that is there, in whole minor units', () => {
    const forecast = cashFlowForecast(
      daily(28, () => -100),
      cashNow,
      when,
    );
    expect(forecast).toMatchObject({ cashNow, cashAtEnd: { amount: 9_300, currency: 'USD' } });
    expect(forecast?.days[0]).toMatchObject({ day: TODAY, flow: { amount: -100 }, cash: { amount: 9_900 } });
  });

  it('is not told from too few days', () => {
    expect(
      cashFlowForecast(
        daily(10, () => -100),
        cashNow,
        when,
      ),
    ).toBeNull();
  });
});
