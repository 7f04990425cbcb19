import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { reorderPolicy, yearlyCostOf, type PolicyInput } from './reorder-policy.ts';

const lettuce: PolicyInput = {
  demandPerDay: 3.2,
  demandDeviation: 1.8,
  leadTimeDays: 4,
  leadTimeDeviation: 0,
  serviceLevel: 0.95,
  unitCost: 250,
  orderCost: 5_000,
  holdingRate: 0.25,
};

describe('a reorder policy', () => {
  it('is the textbook’s: 1.645 deviations of the lead time’s demand for 95 %', () => {
    const { reorderPoint, safetyStock, economicQuantity } = reorderPolicy(lettuce);
    expect(safetyStock).toBeCloseTo(1.645 * Math.sqrt(4) * 1.8, 1);
    expect(reorderPoint).toBeCloseTo(4 * 3.2 + safetyStock, 9);
    expect(economicQuantity).toBeCloseTo(Math.sqrt((2 * 3.2 * 365 * 5_000) / 62.5), 6);
  });

  it('fault 9: reckons with the demand of a day, so the point covers the lead time', () => {
    expect(reorderPolicy({ ...lettuce, demandDeviation: 0 }).reorderPoint).toBeCloseTo(12.8, 9);
  });

  it('counts a lead time that varies', () => {
    const { safetyStock } = reorderPolicy({ ...lettuce, leadTimeDeviation: 1 });
    expect(safetyStock).toBeCloseTo(1.645 * Math.hypot(2 * 1.8, 3.2), 1);
  });

  it('of an item that nobody uses orders nothing', () => {
    expect(reorderPolicy({ ...lettuce, demandPerDay: 0, demandDeviation: 0 })).toMatchObject({
      ...{ reorderPoint: 0, safetyStock: 0, economicQuantity: 0 },
      yearlyCost: { ordering: 0, holding: 0, shortage: 0, total: 0 },
    });
  });

  it('costs as much for ordering as for holding at the economic quantity', () => {
    const { economicQuantity, safetyStock, yearlyCost } = reorderPolicy(lettuce);
    expect(yearlyCost.ordering).toBeCloseTo((economicQuantity / 2) * 62.5, 6);
    expect(yearlyCost.holding).toBeCloseTo(yearlyCost.ordering + safetyStock * 62.5, 6);
  });

  it('counts what is short: all that is missing when nothing varies', () => {
    const steady = { ...lettuce, demandDeviation: 0, shortageMultiplier: 3 };
    const { shortage } = yearlyCostOf({ reorderPoint: 10.8, quantity: 40 }, steady);
    expect(shortage).toBeCloseTo(((3.2 * 365) / 40) * 2 * 250 * 3, 6);
    expect(yearlyCostOf({ reorderPoint: 12.8, quantity: 40 }, steady).shortage).toBe(0);
  });

  const inputs = fc.record({
    demandPerDay: fc.double({ min: 0, max: 1_000, noNaN: true }),
    demandDeviation: fc.double({ min: 0, max: 500, noNaN: true }),
    leadTimeDays: fc.double({ min: 0, max: 60, noNaN: true }),
    leadTimeDeviation: fc.double({ min: 0, max: 10, noNaN: true }),
    serviceLevel: fc.double({ min: 0.5, max: 0.98, noNaN: true }),
    unitCost: fc.integer({ min: 1, max: 1_000_000 }),
    orderCost: fc.integer({ min: 1, max: 1_000_000 }),
    holdingRate: fc.double({ min: 0.01, max: 2, noNaN: true }),
    shortageMultiplier: fc.double({ min: 0, max: 10, noNaN: true }),
  });
  const more: readonly [string, (input: PolicyInput) => PolicyInput][] = [
    ['service', (input) => ({ ...input, serviceLevel: input.serviceLevel + 0.01 })],
    ['lead time', (input) => ({ ...input, leadTimeDays: input.leadTimeDays + 1 })],
    ['demand', (input) => ({ ...input, demandPerDay: input.demandPerDay + 1 })],
    ['variation', (input) => ({ ...input, demandDeviation: input.demandDeviation + 1 })],
    ['variation of the lead time', (input) => ({ ...input, leadTimeDeviation: input.leadTimeDeviation + 1 })],
  ];

  it.each(more)('never has a lower point with more %s', (_what, raised) => {
    fc.assert(
      fc.property(inputs, (input) => {
        expect(reorderPolicy(raised(input)).reorderPoint).toBeGreaterThanOrEqual(
          reorderPolicy(input).reorderPoint - 1e-9,
        );
      }),
      { seed: 1 },
    );
  });

  it('orders and holds for least at the economic quantity', () => {
    fc.assert(
      fc.property(inputs, fc.double({ min: 0.1, max: 10, noNaN: true }), (input, factor) => {
        const { economicQuantity, reorderPoint } = reorderPolicy(input);
        const plain = { ...input, shortageMultiplier: 0 };
        const other = yearlyCostOf({ reorderPoint, quantity: economicQuantity * factor }, plain).total;
        expect(other).toBeGreaterThanOrEqual(
          yearlyCostOf({ reorderPoint, quantity: economicQuantity }, plain).total * (1 - 1e-9),
        );
      }),
      { seed: 2 },
    );
  });

  it('is never short of more with a higher point', () => {
    fc.assert(
      fc.property(inputs, fc.double({ min: 0, max: 5_000, noNaN: true }), (input, point) => {
        const at = (reorderPoint: number) => yearlyCostOf({ reorderPoint, quantity: 1e6 }, input).shortage;
        expect(at(point + 5)).toBeLessThanOrEqual(at(point) * (1 + 1e-6) + 1e-6);
      }),
      { seed: 3 },
    );
  });
});
