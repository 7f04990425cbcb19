import { describe, expect, it } from '@jest/globals';
import { decideReorderByRules, detectReorder, type StockFacts } from './reorder.ts';

const lettuce: StockFacts = {
  sku: 'VEG001',
  name: 'Fresh lettuce',
  unit: 'each',
  onHand: 50,
  onOrder: 0,
  reorderPoint: 10,
  reorderQuantity: 40,
  unitCost: { amount: 250, currency: 'USD' },
  supplierId: 'fresh-foods',
  leadTimeDays: 2,
  consumptionPerDay: 5,
  observedDays: 10,
};
const decided = (facts: Partial<StockFacts>) => {
  const finding = detectReorder({ ...lettuce, ...facts });
  return finding && decideReorderByRules(finding);
};

describe('a reorder is called for', () => {
  it.each([
    { name: 'not while there is enough', facts: { onHand: 50 }, found: false },
    { name: 'at the reorder point', facts: { onHand: 10, consumptionPerDay: 0 }, found: true },
    { name: 'not just above it', facts: { onHand: 10.1, consumptionPerDay: 0 }, found: false },
    { name: 'not when enough is on its way', facts: { onHand: 5, onOrder: 40 }, found: false },
    { name: 'when the stock ends within 1.3 lead times', facts: { onHand: 26, consumptionPerDay: 10 }, found: true },
    { name: 'not when it lasts longer', facts: { onHand: 26.1, consumptionPerDay: 10 }, found: false },
    {
      name: 'not by two days of history alone',
      facts: { onHand: 26, consumptionPerDay: 10, observedDays: 2 },
      found: false,
    },
    { name: 'when more was sold than was known', facts: { onHand: -4 }, found: true },
  ])('$name', ({ facts, found }) => {
    expect(detectReorder({ ...lettuce, ...facts }) !== undefined).toBe(found);
  });
});

describe('the rules decide', () => {
  it('the usual quantity when it is enough', () => {
    expect(decided({ onHand: 10 })?.action).toEqual({
      kind: 'reorder',
      sku: 'VEG001',
      quantity: { value: 40, unit: 'each' },
      supplierId: 'fresh-foods',
      estimatedCost: { amount: 10_000, currency: 'USD' },
      urgency: 'medium',
    });
  });

  it('what is used until the delivery and seven days after it, when that is more', () => {
    expect(decided({ onHand: 10, consumptionPerDay: 8 })?.action.quantity.value).toBe(62);
  });

  it('enough to be above the reorder point again', () => {
    expect(decided({ onHand: -60, consumptionPerDay: 0 })?.action.quantity.value).toBe(70);
  });

  it.each([
    [0, 5, 'critical'],
    [5, 5, 'critical'],
    [8, 5, 'high'],
    [9, 5, 'medium'],
    [5, 0, 'high'],
    [6, 0, 'medium'],
  ])('with %d in stock and %d used a day it is %s', (onHand, consumptionPerDay, urgency) => {
    expect(decided({ onHand, consumptionPerDay })?.action.urgency).toBe(urgency);
  });

  it('and say why in plain words with the figures', () => {
    expect(decided({ onHand: 8 })?.reasoning).toBe(
      'Fresh lettuce: 8 each in stock and 0 on order, the reorder point is 10; about 5 each are used a day (seen over 10 days), ' +
        'and a delivery takes 2 days. Ordering 40 each covers the days until the delivery and 7 days after it, and is at least the usual order.',
    );
  });
});
