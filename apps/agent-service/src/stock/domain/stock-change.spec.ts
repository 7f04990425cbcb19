import { describe, expect, it } from '@jest/globals';
import { parseBusinessEvent } from '#libs/contracts';
import { plus, stockChangesOf } from './stock-change.ts';

const event = (type: string, data: object) =>
  parseBusinessEvent({ specversion: '1.0', id: '1', source: '/spec', type: `steward.${type}.v1`, data });
const price = { amount: 100, currency: 'GBP' };
const each = (value: number) => ({ value, unit: 'each' });

describe('what an event does to stock', () => {
  it('takes what was sold, line by line', () => {
    const sale = event('sales.order-completed', {
      orderId: '1',
      kind: 'sale',
      lines: [
        { sku: 'A', quantity: each(2), unitPrice: price },
        { sku: 'B', quantity: each(1), unitPrice: price },
      ],
      total: { amount: 300, currency: 'GBP' },
    });

    expect(stockChangesOf(sale)).toEqual([
      { sku: 'A', unit: 'each', onHand: -2, onOrder: 0, consumed: 2 },
      { sku: 'B', unit: 'each', onHand: -1, onOrder: 0, consumed: 1 },
    ]);
  });

  it('puts back what was returned', () => {
    const refund = event('sales.order-completed', {
      orderId: 'C1',
      kind: 'return',
      lines: [{ sku: 'A', quantity: each(2), unitPrice: price }],
      total: { amount: -200, currency: 'GBP' },
    });

    expect(stockChangesOf(refund)).toEqual([{ sku: 'A', unit: 'each', onHand: 2, onOrder: 0, consumed: -2 }]);
  });

  it('moves what was ordered to the shelf when it arrives', () => {
    const lines = [{ sku: 'A', quantity: each(40) }];
    const placed = event('inventory.purchase-order-placed', {
      purchaseOrderId: 'po-1',
      supplierId: 's',
      lines: lines.map((line) => ({ ...line, unitCost: price })),
    });
    const received = event('inventory.purchase-order-received', { purchaseOrderId: 'po-1', supplierId: 's', lines });

    expect(stockChangesOf(placed)).toMatchObject([{ onHand: 0, onOrder: 40 }]);
    expect(stockChangesOf(received)).toMatchObject([{ onHand: 40, onOrder: -40 }]);
  });

  it.each([
    ['in', 5, 5, 0],
    ['out', 5, -5, 5],
    ['waste', 5, -5, 5],
    ['adjustment', -3, -3, 0],
  ])('reads a movement %s of %d', (movement, value, onHand, consumed) => {
    const moved = event('inventory.stock-moved', { sku: 'A', movement, quantity: each(value) });

    expect(stockChangesOf(moved)).toMatchObject([{ onHand, consumed }]);
  });

  it('adds decimals without drift', () => {
    expect(plus(0.1, 0.2)).toBe(0.3);
  });
});
