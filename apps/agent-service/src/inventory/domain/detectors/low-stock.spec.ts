import { describe, expect, it } from '@jest/globals';
import {
  dayOf,
  lastOf,
  moved,
  ordered,
  playInventory,
  received,
  registered,
  told,
  usedDaily,
} from '../../inventory-life.contract.ts';

/** Ten a day for three weeks, then a count leaves so much, and an order comes in so many days. */
function awaiting(left: number, expectedIn: number, data: Parameters<typeof registered>[1] = {}) {
  const life = playInventory({ reorderLeadTime: 2 });
  life.tell(registered('A', { reorderPoint: 5, ...data }), moved('A', 'in', 1_000, { time: '06:00' }));
  life.tell(...usedDaily('A', 10, { days: 21 }), ordered('A', 200, { day: 21, expectedIn, time: '06:00' }));
  life.tell(moved('A', 'adjustment', left - 790, { day: 21, time: '07:00' }));
  return life;
}

describe('a delivery that comes too late', () => {
  it.each([
    { name: 'is none when the stock lasts until it', left: 30, expectedIn: 3, found: [] },
    { name: 'is none within what can be foreseen', left: 25, expectedIn: 3, found: [] },
    { name: 'is told when the stock ends before it', left: 24, expectedIn: 3, found: ['low_stock_alert item:A short'] },
    { name: 'is told as out when nothing is left', left: 0, expectedIn: 3, found: ['low_stock_alert item:A out'] },
  ])('$name', ({ left, expectedIn, found }) => {
    expect(told(awaiting(left, expectedIn), 'low_stock_alert', 'reorder')).toEqual(found);
  });

  it('is told at the minimum stock, and not above it', () => {
    expect(told(awaiting(16, 1, { minimumStock: 15 }), 'low_stock_alert')).toEqual([]);
    expect(told(awaiting(15, 1, { minimumStock: 15 }), 'low_stock_alert')).toEqual(['low_stock_alert item:A short']);
  });

  it('asks to hurry the orders by the day on which the stock ends', () => {
    expect(lastOf(awaiting(24, 4), 'low_stock_alert')).toMatchObject({
      action: { kind: 'expedite-order', sku: 'A', purchaseOrderIds: ['po-1'], neededOn: dayOf(23) },
      reasoning:
        'Item A: 24 can still be used. At 10 a day that lasts about 2.4 days. 200 are on order; order po-1 of fresh-foods is ' +
        `expected on ${dayOf(25)}. Ask the supplier to deliver by ${dayOf(23)}, or get what is missing elsewhere.`,
    });
  });

  it('that does not come on its day is told by the passing of time, and is over when it comes', () => {
    const life = awaiting(40, 1);
    life.tell(...usedDaily('A', 10, { from: 21, days: 3 }));
    expect(told(life, 'low_stock_alert')).toEqual([]);
    life.tell(moved('B', 'in', 1, { day: 24, time: '09:00' }));
    expect(told(life, 'low_stock_alert')).toEqual([]);
    life.tell(moved('A', 'out', 6, { day: 24, time: '10:00' }));
    expect(told(life, 'low_stock_alert')).toEqual(['low_stock_alert item:A short']);
    expect(lastOf(life, 'low_stock_alert')?.reasoning).toContain('was expected on 2026-01-27 and has not come');
    life.tell(received('A', 200, { day: 24, time: '11:00' }));
    expect(life.cleared).toContain('low-stock:item:A');
  });
});
