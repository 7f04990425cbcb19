import { describe, expect, it } from '@jest/globals';
import { addMoney, CurrencyMismatch, money, NotMinorUnits, timesMoney } from './money.ts';

describe('money', () => {
  it('adds amounts of one currency', () => {
    expect(addMoney(money(255, 'GBP'), money(45, 'GBP'))).toEqual({ amount: 300, currency: 'GBP' });
  });

  it('refuses to add two currencies', () => {
    expect(() => addMoney(money(1, 'GBP'), money(1, 'EUR'))).toThrow(CurrencyMismatch);
  });

  it('refuses fractions of a minor unit', () => {
    expect(() => money(2.55, 'GBP')).toThrow(NotMinorUnits);
  });

  it.each([
    [5, 0.5, 3],
    [-5, 0.5, -3],
    [255, 3, 765],
  ])('rounds %i x %d half away from zero to %i', (amount, factor, expected) => {
    expect(timesMoney(money(amount, 'GBP'), factor).amount).toBe(expected);
  });
});
