import { describe, expect, it } from '@jest/globals';
import { DEFAULT_BUSINESS_SETTINGS } from '#libs/business-settings';
import { loggedFact } from '../in-memory.ts';
import { truthOf } from './truth.ts';

type Happened = Readonly<{ at: string; type: string; data: object }>;

const usd = (amount: number) => ({ amount, currency: 'USD' });
const each = (value: number) => ({ value, unit: 'each' });

/** Whether a decision of that type about that subject at that time says the truth about what happened. */
function told(...happened: readonly Happened[]) {
  const facts = happened
    .toSorted((left, right) => left.at.localeCompare(right.at))
    .map(({ at, type, data }, index) =>
      loggedFact({ specversion: '1.0', id: `${index}`, source: '/spec', type, time: at, data }, index + 1),
    );
  const isTrue = truthOf(facts, DEFAULT_BUSINESS_SETTINGS);
  return (decisionType: string, subjectRef: string, at: string): boolean =>
    isTrue({
      agentId: 'any',
      decisionType,
      subjectRef,
      atMs: Date.parse(at),
      finding: { key: 'any', kind: 'situation', state: 'any', change: 'opened' },
      reasoning: '',
    });
}

describe('Stock', () => {
  const item = {
    at: '2026-03-01T08:00:00Z',
    type: 'steward.inventory.item-registered.v1',
    data: {
      sku: 'VEG001',
      name: 'Lettuce',
      category: 'vegetables',
      unit: 'each',
      unitCost: usd(250),
      reorderPoint: 10,
      reorderQuantity: 40,
      minimumStock: 5,
      maximumStock: 100,
      supplierId: 'fresh',
    },
  };
  const supplier = {
    at: '2026-03-01T08:00:00Z',
    type: 'steward.inventory.supplier-registered.v1',
    data: { supplierId: 'fresh', name: 'Fresh Foods', leadTimeDays: 2 },
  };
  const moved = (at: string, movement: string, quantity: number, lot?: object): Happened => ({
    at,
    type: 'steward.inventory.stock-moved.v1',
    data: { sku: 'VEG001', movement, quantity: each(quantity), ...(lot ? { lot } : {}) },
  });
  const uses = (perDay: number): readonly Happened[] =>
    Array.from({ length: 20 }, (_, index) =>
      moved(`2026-03-${String(index + 2).padStart(2, '0')}T12:00:00Z`, 'out', perDay),
    );
  const opening = moved('2026-03-01T09:00:00Z', 'in', 60);

  it('calls for a reorder at the owner’s reorder point, and not far above it', () => {
    const isTrue = told(item, supplier, opening, moved('2026-03-02T12:00:00Z', 'out', 50));
    expect(isTrue('reorder', 'item:VEG001', '2026-03-01T12:00:00Z')).toBe(false);
    expect(isTrue('reorder', 'item:VEG001', '2026-03-02T13:00:00Z')).toBe(true);
  });

  it('calls for a reorder when what follows uses it up before a delivery', () => {
    const isTrue = told(item, supplier, opening, ...uses(3));
    expect(isTrue('reorder', 'item:VEG001', '2026-03-03T13:00:00Z')).toBe(false);
    expect(isTrue('reorder', 'item:VEG001', '2026-03-16T13:00:00Z')).toBe(true);
  });

  it('calls for none when enough is on order', () => {
    const ordered = {
      at: '2026-03-15T13:00:00Z',
      type: 'steward.inventory.purchase-order-placed.v1',
      data: {
        purchaseOrderId: 'po-1',
        supplierId: 'fresh',
        lines: [{ sku: 'VEG001', quantity: each(40), unitCost: usd(250) }],
      },
    };
    const isTrue = told(item, supplier, opening, ...uses(3), ordered);
    expect(isTrue('reorder', 'item:VEG001', '2026-03-16T13:00:00Z')).toBe(false);
    expect(isTrue('reorder', 'item:VEG001', ordered.at)).toBe(true);
  });

  it('is low, overstocked or adjusted when it is', () => {
    const isTrue = told(item, supplier, opening, ...uses(1), moved('2026-03-10T12:00:00Z', 'adjustment', -20));
    expect(isTrue('low_stock_alert', 'item:VEG001', '2026-03-05T13:00:00Z')).toBe(false);
    const ran = told(item, supplier, opening, ...uses(3));
    expect(ran('low_stock_alert', 'item:VEG001', '2026-03-05T13:00:00Z')).toBe(false);
    expect(ran('low_stock_alert', 'item:VEG001', '2026-03-17T13:00:00Z')).toBe(true);
    const delivered = told(item, supplier, opening, ...uses(3), moved('2026-03-17T20:00:00Z', 'in', 40));
    expect(delivered('low_stock_alert', 'item:VEG001', '2026-03-17T13:00:00Z')).toBe(false);
    expect(isTrue('inventory_adjustment_alert', 'item:VEG001', '2026-03-10T13:00:00Z')).toBe(true);
    expect(isTrue('inventory_adjustment_alert', 'item:VEG001', '2026-03-13T13:00:00Z')).toBe(false);
    expect(isTrue('overstock_alert', 'item:VEG001', '2026-03-05T13:00:00Z')).toBe(false);
    const more = told(item, opening, moved('2026-03-01T10:00:00Z', 'in', 41));
    expect(more('overstock_alert', 'item:VEG001', '2026-03-01T11:00:00Z')).toBe(true);
  });

  it('has a lot at risk that is later thrown away, and none that is used up', () => {
    const lot = (lotId: string, expiresOn: string) => ({ lotId, expiresOn });
    const isTrue = told(
      item,
      moved('2026-03-01T09:00:00Z', 'in', 20, lot('a', '2026-03-06')),
      moved('2026-03-01T09:00:00Z', 'in', 20, lot('b', '2026-03-30')),
      moved('2026-03-03T09:00:00Z', 'out', 15),
      moved('2026-03-07T09:00:00Z', 'waste', 5, lot('a', '2026-03-06')),
      moved('2026-03-08T09:00:00Z', 'out', 20),
      ...uses(0.1),
    );
    expect(isTrue('expiry_alert', 'lot:VEG001/a', '2026-03-04T09:00:00Z')).toBe(true);
    expect(isTrue('expiry_alert', 'lot:VEG001/a', '2026-03-08T09:00:00Z')).toBe(false);
    expect(isTrue('expiry_alert', 'lot:VEG001/b', '2026-03-09T09:00:00Z')).toBe(false);
    expect(isTrue('waste_analysis', 'item:VEG001', '2026-03-07T10:00:00Z')).toBe(true);
    expect(isTrue('waste_analysis', 'item:VEG001', '2026-03-06T10:00:00Z')).toBe(false);
  });

  it('comes late from a supplier that gives cause', () => {
    const placed = (id: string, day: string, expectedOn: string): Happened => ({
      at: `2026-03-${day}T09:00:00Z`,
      type: 'steward.inventory.purchase-order-placed.v1',
      data: {
        purchaseOrderId: id,
        supplierId: 'fresh',
        lines: [{ sku: 'VEG001', quantity: each(1), unitCost: usd(250) }],
        expectedOn,
      },
    });
    const received = (id: string, day: string): Happened => ({
      at: `2026-03-${day}T09:00:00Z`,
      type: 'steward.inventory.purchase-order-received.v1',
      data: { purchaseOrderId: id, supplierId: 'fresh', lines: [{ sku: 'VEG001', quantity: each(1) }] },
    });
    const isTrue = told(
      placed('a', '01', '2026-03-03'),
      received('a', '03'),
      placed('b', '04', '2026-03-06'),
      received('b', '08'),
      placed('c', '09', '2026-03-11'),
    );
    expect(isTrue('supplier_performance', 'supplier:fresh', '2026-03-09T12:00:00Z')).toBe(false);
    expect(isTrue('supplier_performance', 'supplier:fresh', '2026-03-12T12:00:00Z')).toBe(true);
  });
});

describe('Money', () => {
  const account = {
    at: '2026-03-01T08:00:00Z',
    type: 'steward.accounting.account-opened.v1',
    data: { accountId: 'checking', name: 'Main', kind: 'checking', currency: 'USD', openingBalance: usd(200_000) },
  };
  const spent = {
    at: '2026-03-02T08:00:00Z',
    type: 'steward.accounting.transaction-recorded.v1',
    data: {
      transactionId: 'tx-1',
      kind: 'expense',
      accountId: 'checking',
      amount: usd(150_000),
      description: 'Repair',
      bookedOn: '2026-03-02',
    },
  };
  const invoice = {
    at: '2026-03-01T08:00:00Z',
    type: 'steward.accounting.invoice-issued.v1',
    data: {
      invoiceId: 'i-1',
      number: '1',
      customerName: 'Harbour Events',
      amount: usd(5_000),
      issuedOn: '2026-03-01',
      dueOn: '2026-03-10',
    },
  };
  const paid = {
    at: '2026-04-20T08:00:00Z',
    type: 'steward.accounting.invoice-paid.v1',
    data: { invoiceId: 'i-1', paymentId: 'p-1', amount: usd(5_000), paidOn: '2026-04-20' },
  };

  it('is low below what the settings say', () => {
    const isTrue = told(account, spent);
    expect(isTrue('low_cash_alert', 'cash', '2026-03-01T12:00:00Z')).toBe(false);
    expect(isTrue('low_cash_alert', 'cash', '2026-03-02T12:00:00Z')).toBe(true);
  });

  it('is overdue from the day on that the settings say, until it is paid', () => {
    const isTrue = told(invoice, paid);
    expect(isTrue('aging_analysis', 'invoice:i-1', '2026-04-08T12:00:00Z')).toBe(false);
    expect(isTrue('aging_analysis', 'invoice:i-1', '2026-04-09T12:00:00Z')).toBe(true);
    expect(isTrue('aging_analysis', 'invoice:i-1', '2026-04-20T12:00:00Z')).toBe(false);
  });
});

describe('Work', () => {
  const employee = {
    at: '2026-03-01T08:00:00Z',
    type: 'steward.workforce.employee-registered.v1',
    data: {
      employeeId: 'e-1',
      name: 'Robin Vale',
      position: 'cook',
      employment: 'full-time',
      hiredOn: '2025-03-01',
      hourlyRate: usd(2_000),
    },
  };
  const clocked = (kind: string, at: string): Happened => ({
    at,
    type: 'steward.workforce.clock-recorded.v1',
    data: { employeeId: 'e-1', kind, at },
  });
  const day = (date: string, from: string, to: string): readonly Happened[] => [
    clocked('in', `${date}T${from}:00Z`),
    clocked('break-start', `${date}T12:00:00Z`),
    clocked('break-end', `${date}T12:30:00Z`),
    clocked('out', `${date}T${to}:00Z`),
  ];
  const scheduled = (shiftId: string, startsAt: string, endsAt: string): Happened => ({
    at: '2026-03-01T08:00:00Z',
    type: 'steward.workforce.shift-scheduled.v1',
    data: { shiftId, employeeId: 'e-1', startsAt, endsAt },
  });

  it('was long when more was worked than the limit, breaks taken off', () => {
    const isTrue = told(employee, ...day('2026-03-02', '08:00', '16:00'), ...day('2026-03-03', '08:00', '18:00'));
    expect(isTrue('potential_overtime', 'employee:e-1', '2026-03-02T15:00:00Z')).toBe(false);
    expect(isTrue('potential_overtime', 'employee:e-1', '2026-03-03T17:00:00Z')).toBe(true);
  });

  it('was overtime when the week was too long', () => {
    const dates = ['02', '03', '04', '05', '06'].map((date) => `2026-03-${date}`);
    const usual = told(employee, ...dates.flatMap((date) => day(date, '08:00', '16:00')));
    expect(usual('overtime_analysis', 'employee:e-1', '2026-03-09T08:00:00Z')).toBe(false);
    const long = told(employee, ...dates.flatMap((date) => day(date, '08:00', '17:00')));
    expect(long('overtime_analysis', 'employee:e-1', '2026-03-09T08:00:00Z')).toBe(true);
  });

  it('cost much beside what was earned', () => {
    const sold = (amount: number): Happened => ({
      at: '2026-03-02T13:00:00Z',
      type: 'steward.sales.order-completed.v1',
      data: {
        orderId: 'o-1',
        kind: 'sale',
        lines: [{ sku: 'VEG001', quantity: each(1), unitPrice: usd(amount) }],
        total: usd(amount),
      },
    });
    const work = day('2026-03-02', '08:00', '16:30');
    expect(told(employee, ...work, sold(200_000))('high_labor_cost', 'day:2026-03-02', '2026-03-03T08:00:00Z')).toBe(
      false,
    );
    expect(told(employee, ...work, sold(40_000))('high_labor_cost', 'day:2026-03-02', '2026-03-03T08:00:00Z')).toBe(
      true,
    );
  });

  it('misses whoever has not come to a shift that has begun', () => {
    const isTrue = told(
      employee,
      scheduled('s-1', '2026-03-02T08:00:00Z', '2026-03-02T16:00:00Z'),
      scheduled('s-2', '2026-03-03T08:00:00Z', '2026-03-03T16:00:00Z'),
      ...day('2026-03-02', '08:05', '16:00'),
    );
    expect(isTrue('understaffed_shift', 'shift:s-1', '2026-03-02T08:30:00Z')).toBe(false);
    expect(isTrue('understaffed_shift', 'shift:s-2', '2026-03-03T08:00:00Z')).toBe(false);
    expect(isTrue('understaffed_shift', 'shift:s-2', '2026-03-03T08:30:00Z')).toBe(true);
  });

  it('was asked off by somebody who asked', () => {
    const leave = {
      at: '2026-03-02T08:00:00Z',
      type: 'steward.workforce.leave-requested.v1',
      data: { leaveId: 'l-1', employeeId: 'e-1', kind: 'vacation', startsOn: '2026-03-09', endsOn: '2026-03-10' },
    };
    const isTrue = told(employee, leave);
    expect(isTrue('leave_request_analysis', 'leave:l-1', '2026-03-02T09:00:00Z')).toBe(true);
    expect(isTrue('leave_request_analysis', 'leave:l-2', '2026-03-02T09:00:00Z')).toBe(false);
  });
});
