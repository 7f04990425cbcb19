import { describe, expect, it } from '@jest/globals';
import { bulkPurchaseOptimization } from './bulk-purchase.ts';
import { playDetector, registered, settingsWith, usedDaily } from './played-analytics.contract.ts';

const TIERS = [
  { quantity: 100, discount: 0.02 },
  { quantity: 500, discount: 0.08 },
];
const play = (perDay: number, master: Record<string, unknown> = {}, days = 60) => {
  const player = playDetector(bulkPurchaseOptimization, settingsWith({ bulkDiscountTiers: TIERS }));
  player.tell(registered('A', master), ...usedDaily('A', new Array<number>(days).fill(perDay)));
  return player.decisions;
};

describe('bulk purchase optimization', () => {
  it('fault 16: reckons with what is really used', () => {
    const [decision] = play(10);
    expect(decision).toMatchObject({
      decisionType: 'bulk_purchase_optimization',
      state: 'tier-500',
      action: { kind: 'buy-in-bulk', sku: 'A', supplierId: 'main' },
    });
    expect(decision?.figures).toMatchObject({
      usedPerDay: 10,
      lowerPriceAYear: { amount: 10 * 365 * 250 * 0.08, currency: 'USD' },
    });
    expect(play(0.5)).toEqual([]);
  });

  it('does not credit the discount with what fewer orders would save anyway', () => {
    const [decision] = play(10);
    const saving = decision?.figures['yearlySaving'];
    expect(saving).toMatchObject({ currency: 'USD' });
    const { amount } = (saving ?? { amount: 0 }) as { amount: number };
    expect(amount).toBeGreaterThan(73_000);
    expect(amount).toBeLessThan(1.1 * 73_000);
  });

  it('buys no more than is used in 90 days, keeps, or has room', () => {
    expect(play(500 / 90 - 0.1)).toEqual([]);
    expect(play(500 / 90 + 0.1)).toHaveLength(1);
    expect(play(10, { shelfLifeDays: 60 })).toEqual([]);
    expect(play(10, { shelfLifeDays: 63 })).toHaveLength(1);
    expect(play(10, { maximumStock: 499 })).toEqual([]);
    expect(play(10, { maximumStock: 500 })).toHaveLength(1);
  });

  it('says nothing of small savings, short records, or an order that is larger already', () => {
    expect(play(10, { unitCost: { amount: 30, currency: 'USD' } })).toEqual([]);
    expect(play(10, {}, 27)).toEqual([]);
    expect(play(10, { reorderQuantity: 500 })).toEqual([]);
  });

  it('is told once', () => {
    expect(play(10, {}, 120)).toHaveLength(1);
  });
});
