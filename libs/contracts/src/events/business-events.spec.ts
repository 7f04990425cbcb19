import { describe, expect, it } from '@jest/globals';
import { EventDataInvalid } from '../event-contract.errors.ts';
import type { EventContract } from '../event-contract.ts';
import { sampleEventOf } from '../sample-event.ts';
import {
  AccountOpenedV1,
  BillReceivedV1,
  InvoiceIssuedV1,
  InvoicePaidV1,
  TransactionRecordedV1,
} from './accounting.ts';
import { ItemRegisteredV1, PurchaseOrderPlacedV1, StockMovedV1, SupplierRegisteredV1 } from './inventory.ts';
import { OrderCompletedV1 } from './sales.ts';
import { LeaveRequestedV1, ShiftScheduledV1 } from './workforce.ts';

const usd = (amount: number) => ({ amount, currency: 'USD' });
const euros = (amount: number) => ({ amount, currency: 'EUR' });
const each = (value: number) => ({ value, unit: 'each' });
const line = { sku: 'A', quantity: each(1), unitPrice: usd(100) };
const discount = { code: 'happy-hour', kind: 'discount', amount: usd(-50) };
const transfer = {
  transactionId: 't',
  kind: 'transfer',
  fromAccountId: 'checking',
  toAccountId: 'savings',
  amount: usd(1),
  description: 'x',
  bookedOn: '2026-11-22',
};

describe('the rules of business events', () => {
  it.each<[string, EventContract, object]>([
    ['a return', OrderCompletedV1, { kind: 'return' }],
    ['an order of adjustments only', OrderCompletedV1, { lines: [], adjustments: [discount] }],
    ['a negative adjustment', StockMovedV1, { movement: 'adjustment', quantity: each(-3) }],
    ['a fraction of a unit', StockMovedV1, { movement: 'in', quantity: { value: 0.25, unit: 'kg' } }],
    ['an income that is taken back', TransactionRecordedV1, { kind: 'income', amount: usd(-100) }],
    ['an invoice due on its day', InvoiceIssuedV1, { issuedOn: '2026-11-02', dueOn: '2026-11-02' }],
    ['one day of leave', LeaveRequestedV1, { startsOn: '2026-12-21', endsOn: '2026-12-21' }],
  ])('allow %s', (_, contract, change) => {
    expect(pointersOf(contract, change)).toEqual([]);
  });

  it('allow a transfer between two accounts', () => {
    expect(pointersOf(TransactionRecordedV1, transfer, {})).toEqual([]);
  });

  it.each<[string, EventContract, object, string]>([
    ['an order of nothing', OrderCompletedV1, { lines: [], adjustments: [] }, '/lines'],
    ['a line of none', OrderCompletedV1, { lines: [{ ...line, quantity: each(0) }] }, '/lines/0/quantity/value'],
    [
      'a return with less than none',
      OrderCompletedV1,
      { kind: 'return', lines: [{ ...line, quantity: each(-1) }] },
      '/lines/0/quantity/value',
    ],
    [
      'a line in another currency',
      OrderCompletedV1,
      { lines: [line, { ...line, unitPrice: euros(1) }] },
      '/lines/1/unitPrice/currency',
    ],
    [
      'an adjustment in another currency',
      OrderCompletedV1,
      { adjustments: [{ ...discount, amount: euros(1) }] },
      '/adjustments/0/amount/currency',
    ],
    ['a fraction of a cent', OrderCompletedV1, { total: usd(1.5) }, '/total/amount'],
    ['a currency in small letters', InvoiceIssuedV1, { amount: { amount: 1, currency: 'usd' } }, '/amount/currency'],
    ['an adjustment of none', StockMovedV1, { movement: 'adjustment', quantity: each(0) }, '/quantity/value'],
    ['a movement of none', StockMovedV1, { movement: 'out', quantity: each(0) }, '/quantity/value'],
    ['a movement of less than none', StockMovedV1, { movement: 'in', quantity: each(-1) }, '/quantity/value'],
    ['a lot that expires on no day', StockMovedV1, { lot: { lotId: 'l', expiresOn: '2026-02-30' } }, '/lot/expiresOn'],
    ['a SKU of 65 characters', StockMovedV1, { sku: 'x'.repeat(65) }, '/sku'],
    ['a SKU with a space at its end', StockMovedV1, { sku: 'VEG001 ' }, '/sku'],
    ['a reorder of none', ItemRegisteredV1, { reorderQuantity: 0 }, '/reorderQuantity'],
    ['a negative reorder point', ItemRegisteredV1, { reorderPoint: -1 }, '/reorderPoint'],
    ['reliability over 1', SupplierRegisteredV1, { reliability: 1.1 }, '/reliability'],
    ['a purchase of nothing', PurchaseOrderPlacedV1, { lines: [] }, '/lines'],
    ['a balance in another currency', AccountOpenedV1, { openingBalance: euros(1) }, '/openingBalance/currency'],
    ['a transaction of nothing', TransactionRecordedV1, { amount: usd(0) }, '/amount/amount'],
    ['an expense without account', TransactionRecordedV1, { accountId: undefined }, '/accountId'],
    ['a transfer to nowhere', TransactionRecordedV1, { ...transfer, toAccountId: undefined }, '/toAccountId'],
    ['a transfer from nowhere', TransactionRecordedV1, { ...transfer, fromAccountId: undefined }, '/fromAccountId'],
    ['a transfer to itself', TransactionRecordedV1, { ...transfer, toAccountId: 'checking' }, '/toAccountId'],
    ['a negative transfer', TransactionRecordedV1, { ...transfer, amount: usd(-1) }, '/amount/amount'],
    ['an invoice over nothing', InvoiceIssuedV1, { amount: usd(0) }, '/amount/amount'],
    ['an invoice due before its day', InvoiceIssuedV1, { dueOn: '2026-11-01' }, '/dueOn'],
    ['a bill due before its day', BillReceivedV1, { dueOn: '2026-11-01' }, '/dueOn'],
    ['a payment of nothing', InvoicePaidV1, { amount: usd(0) }, '/amount/amount'],
    ['a shift that ends as it begins', ShiftScheduledV1, { endsAt: '2026-11-22T15:00:00Z' }, '/endsAt'],
    ['a shift in local time', ShiftScheduledV1, { startsAt: '2026-11-22T15:00:00+01:00' }, '/startsAt'],
    ['a leave that ends before it begins', LeaveRequestedV1, { endsOn: '2026-12-20' }, '/endsOn'],
  ])('refuse %s', (_, contract, change, pointer) => {
    expect(pointersOf(contract, change)).toEqual([`#/data${pointer}`]);
  });
});

function pointersOf(contract: EventContract, change: object, base: unknown = contract.sample): string[] {
  try {
    contract.read({ ...sampleEventOf(contract), data: { ...(base as object), ...change } });
  } catch (error) {
    if (error instanceof EventDataInvalid) return error.violations.map(({ pointer }) => pointer);
    throw error;
  }
  return [];
}
