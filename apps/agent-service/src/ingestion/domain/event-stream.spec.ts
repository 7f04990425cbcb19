import { describe, expect, it } from '@jest/globals';
import { BUSINESS_CONTRACTS, parseBusinessEvent } from '#libs/contracts';
import { streamOf } from './event-stream.ts';

const STREAMS: Readonly<Record<string, string>> = {
  'steward.sales.order-completed.v1': 'order-order-10421',
  'steward.inventory.item-registered.v1': 'item-VEG001',
  'steward.inventory.stock-moved.v1': 'item-VEG001',
  'steward.inventory.supplier-registered.v1': 'supplier-fresh-foods',
  'steward.inventory.purchase-order-placed.v1': 'purchase_order-po-311',
  'steward.inventory.purchase-order-received.v1': 'purchase_order-po-311',
};
const ID_OF_AREA: Readonly<Record<string, readonly [category: string, field: string]>> = {
  'account-opened': ['account', 'accountId'],
  'transaction-recorded': ['transaction', 'transactionId'],
  'invoice-issued': ['invoice', 'invoiceId'],
  'invoice-paid': ['invoice', 'invoiceId'],
  'bill-received': ['bill', 'billId'],
  'bill-paid': ['bill', 'billId'],
  'employee-registered': ['employee', 'employeeId'],
  'clock-recorded': ['employee', 'employeeId'],
  'shift-scheduled': ['employee', 'employeeId'],
  'leave-requested': ['employee', 'employeeId'],
};

describe('the stream of a business event is that of the thing it is about', () => {
  it.each(BUSINESS_CONTRACTS.map((contract) => ({ type: contract.type, contract })))('$type', ({ type, contract }) => {
    const parsed = parseBusinessEvent({ specversion: '1.0', id: '1', source: '/spec', type, data: contract.sample });
    const [category = '', field = ''] = ID_OF_AREA[contract.event] ?? [];
    const id: unknown = Object.entries(contract.sample).find(([name]) => name === field)?.[1];

    expect(streamOf(parsed)).toBe(STREAMS[type] ?? `${category}-${String(id)}`);
  });
});
