import { describe, expect, it } from '@jest/globals';
import { MemoryTable, recorded, type Place } from '../../../recorded-event.contract.ts';
import { accountRows, ledgerEntryRows, salesDayRows } from './ledger-entry.projection.ts';

const usd = (amount: number) => ({ amount, currency: 'USD' });
const NEW_YORK = 'America/New_York';

const transaction = (transactionId: string, data: object, place: Place = {}) =>
  recorded(
    'accounting.transaction-recorded',
    { transactionId, accountId: 'checking', description: 'told', bookedOn: '2026-03-01', ...data },
    place,
  );
const order = (kind: 'sale' | 'return', total: object, place: Place = {}) =>
  recorded(
    'sales.order-completed',
    { orderId: 'o', kind, lines: [{ sku: 'A', quantity: { value: 1, unit: 'each' }, unitPrice: total }], total },
    place,
  );

describe('entries of the ledger', () => {
  it('are the money on the account and what it was spent on, by the day it was booked', async () => {
    const table = await new MemoryTable(ledgerEntryRows).apply(
      transaction('t', { kind: 'expense', amount: usd(500), category: 'food', counterparty: 'Fresh Foods' }),
    );

    expect(
      table.all().map(({ source_ref, leg, kind, item, amount, day }) => [source_ref, leg, kind, item, amount, day]),
    ).toEqual([
      ['transaction:t', 0, 'movement', 'checking', -500, '2026-03-01'],
      ['transaction:t', 1, 'expense', 'food', 500, '2026-03-01'],
    ]);
    expect(table.all()).toMatchObject([{ counterparty: 'Fresh Foods' }, { description: 'told' }]);
  });

  it('come once from what is told twice', async () => {
    const table = await new MemoryTable(ledgerEntryRows).apply(
      transaction('t', { kind: 'income', amount: usd(500) }, { at: 1 }),
      transaction('t', { kind: 'income', amount: usd(900) }, { at: 2 }),
    );
    expect(table.all().map(({ amount, position }) => [amount, position])).toEqual([
      [500, 1],
      [500, 1],
    ]);
  });

  it('of a payment are money only where the account is named', async () => {
    const payment = { billId: 'b', paymentId: 'p', amount: usd(70), paidOn: '2026-03-05' };
    const named = recorded('accounting.bill-paid', { ...payment, accountId: 'checking' });

    expect((await new MemoryTable(ledgerEntryRows).apply(named)).all()).toMatchObject([
      { source_ref: 'bill-payment:b/p', kind: 'movement', item: 'checking', amount: -70 },
    ]);
    expect((await new MemoryTable(ledgerEntryRows).apply(recorded('accounting.bill-paid', payment))).all()).toEqual([]);
  });
});

describe('sales by day', () => {
  it('are of the day that the clock of the business shows, less what came back, each currency by itself', async () => {
    const at = (occurredAt: string, timeZone?: string): Place => ({ occurredAt, ...(timeZone ? { timeZone } : {}) });
    const table = await new MemoryTable(salesDayRows).apply(
      order('sale', usd(1_000), at('2026-03-02T04:30:00Z', NEW_YORK)), // 23:30 on the first
      order('sale', usd(500), at('2026-03-02T17:00:00Z', NEW_YORK)),
      order('return', usd(200), at('2026-03-02T18:00:00Z', NEW_YORK)),
      order('sale', { amount: 9, currency: 'EUR' }, at('2026-03-02T18:00:00Z', NEW_YORK)),
      order('sale', usd(7), at('2026-03-02T04:30:00Z')), // no zone was told: UTC
    );

    expect(
      table.all().map(({ day, currency, revenue, sales, returns }) => [day, currency, revenue, sales, returns]),
    ).toEqual([
      ['2026-03-01', 'USD', 1_000, 1, 0],
      ['2026-03-02', 'EUR', 9, 1, 0],
      ['2026-03-02', 'USD', 307, 2, 1],
    ]);
  });
});

describe('an account', () => {
  it('keeps its first opening balance, and the name it was given last', async () => {
    const opened = (name: string, amount: number) =>
      recorded('accounting.account-opened', {
        ...{ accountId: 'checking', name, kind: 'checking', currency: 'USD' },
        openingBalance: usd(amount),
      });
    const table = await new MemoryTable(accountRows).apply(opened('Main', 100), opened('Everyday', 900));

    expect(table.all()).toMatchObject([{ name: 'Everyday', opening_amount: 100 }]);
  });
});
