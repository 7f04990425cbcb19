import { describe, expect, it } from '@jest/globals';
import { parseBusinessEvent } from '#libs/contracts';
import { plus, stockChangesOf } from './stock-change.ts';

const event = (type: string, data: object) =>
  parseBusinessEvent({ specversion: '1.0', id: '1', source: '/spec', type: `steward.${type}.v1`, data });
const price = { amount: 100, currency: 'GBP' };
const each = (value: number) => ({ value, unit: 'each' });
const none = { unit: 'each', onHand: 0, onOrder: 0, consumed: 0, wasted: 0 };

describe('what an event does to stock', () => {
  it('takes what was sold, line by line', () => {
    const sale = event('sales.order-completed', {
      orderId: '1',
      kind: 'sale',
      lines: [
        { sku: 'A', description: 'Apple', quantity: each(2), unitPrice: price },
        { sku: 'B', quantity: each(1), unitPrice: price },
      ],
      total: { amount: 300, currency: 'GBP' },
    });

    expect(stockChangesOf(sale)).toEqual([
      { ...none, cause: 'sale', sku: 'A', onHand: -2, consumed: 2, description: 'Apple' },
      { ...none, cause: 'sale', sku: 'B', onHand: -1, consumed: 1 },
    ]);
  });

  it('puts back what was returned', () => {
    const refund = event('sales.order-completed', {
      orderId: 'C1',
      kind: 'return',
      lines: [{ sku: 'A', quantity: each(2), unitPrice: price }],
      total: { amount: -200, currency: 'GBP' },
    });

    expect(stockChangesOf(refund)).toEqual([{ ...none, cause: 'return', sku: 'A', onHand: 2, consumed: -2 }]);
  });

  it('moves what was ordered to the shelf when it arrives, with its lot', () => {
    const lot = { lotId: 'A-1', expiresOn: '2026-03-09' };
    const order = { purchaseOrderId: 'po-1', supplierId: 's' };
    const placed = event('inventory.purchase-order-placed', {
      ...order,
      lines: [{ sku: 'A', quantity: each(40), unitCost: price }],
    });
    const received = event('inventory.purchase-order-received', {
      ...order,
      lines: [{ sku: 'A', quantity: each(40), lot }],
    });

    expect(stockChangesOf(placed)).toEqual([{ ...none, cause: 'ordered', sku: 'A', onOrder: 40, unitCost: price }]);
    expect(stockChangesOf(received)).toEqual([{ ...none, cause: 'received', sku: 'A', onHand: 40, onOrder: -40, lot }]);
  });

  it.each([
    ['in', 5, { onHand: 5 }],
    ['out', 5, { onHand: -5, consumed: 5 }],
    ['waste', 5, { onHand: -5, wasted: 5 }],
    ['adjustment', -3, { onHand: -3 }],
  ])('reads a movement %s of %d: waste is no demand', (movement, value, effect) => {
    const moved = event('inventory.stock-moved', { sku: 'A', movement, quantity: each(value) });

    expect(stockChangesOf(moved)).toEqual([{ ...none, cause: movement, sku: 'A', ...effect }]);
  });

  it('changes nothing when only master data come, and what they leave out is null', () => {
    const registered = event('inventory.item-registered', {
      ...{ sku: 'A', name: 'Apple', category: 'fruit', unit: 'kg', unitCost: price },
      ...{ reorderPoint: 1, reorderQuantity: 5, shelfLifeDays: 9 },
    });

    expect(stockChangesOf(registered)).toMatchObject([
      { onHand: 0, onOrder: 0, consumed: 0, masterData: { shelfLifeDays: 9, maximumStock: null, supplierId: null } },
    ]);
  });

  it('adds decimals without drift', () => {
    expect(plus(0.1, 0.2)).toBe(0.3);
  });
});
