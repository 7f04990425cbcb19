import { describe, expect, it } from '@jest/globals';
import { SupplierRegisteredV1 } from '#libs/contracts';
import type { RecordedEvent } from '#libs/event-store';
import { MemoryTable, recorded } from '../../../recorded-event.contract.ts';
import { purchaseOrderRows, supplierRows } from './purchasing.projection.ts';

type Line = readonly [sku: string, quantity: number];
const placed = (day: string, ...lines: readonly Line[]) =>
  recorded(
    'inventory.purchase-order-placed',
    {
      ...{ purchaseOrderId: 'po', supplierId: 'dairy', expectedOn: '2026-03-05' },
      lines: lines.map(([sku, value]) => ({
        ...{ sku, quantity: { value, unit: 'each' }, unitCost: { amount: 100, currency: 'USD' } },
      })),
    },
    { occurredAt: `${day}T12:00:00Z` },
  );
const received = (day: string, ...lines: readonly Line[]) =>
  recorded(
    'inventory.purchase-order-received',
    {
      ...{ purchaseOrderId: 'po', supplierId: 'dairy' },
      lines: lines.map(([sku, value]) => ({ sku, quantity: { value, unit: 'each' } })),
    },
    { occurredAt: `${day}T12:00:00Z` },
  );

const row = async (...events: readonly RecordedEvent[]) =>
  (await new MemoryTable(purchaseOrderRows).apply(...events)).all()[0];

describe('a purchase order', () => {
  it('has come on the day on which the last of it came', async () => {
    const parts = [placed('2026-03-01', ['A', 5], ['B', 5]), received('2026-03-04', ['A', 5], ['B', 2])] as const;
    expect(await row(...parts)).toMatchObject({ placed_on: '2026-03-01', received_on: null });
    expect(await row(...parts, received('2026-03-08', ['B', 3]))).toMatchObject({
      received_on: '2026-03-08',
      receipts: [{ receivedOn: '2026-03-04' }, { receivedOn: '2026-03-08' }],
      lines: [
        { sku: 'A', ordered: 5, received: 5 },
        { sku: 'B', ordered: 5, received: 5 },
      ],
    });
  });

  it('that names an item in several lines counts them together', async () => {
    expect(await row(placed('2026-03-01', ['A', 5], ['A', 2]))).toMatchObject({ lines: [{ sku: 'A', ordered: 7 }] });
  });

  it('that began before the log did is known by what came', async () => {
    expect(await row(received('2026-03-04', ['A', 5]))).toMatchObject({
      ...{ placed_on: null, expected_on: null, received_on: '2026-03-04' },
      lines: [{ sku: 'A', ordered: 0, received: 5, unitCost: null }],
    });
  });
});

describe('a supplier', () => {
  it('is known as it was registered last', async () => {
    const sample = SupplierRegisteredV1.sample;
    const table = await new MemoryTable(supplierRows).apply(
      recorded('inventory.supplier-registered', sample),
      recorded('inventory.supplier-registered', { ...sample, leadTimeDays: 9 }, { at: 2 }),
    );

    expect(table.all()).toEqual([
      {
        ...{ tenant: 'demo', supplier_id: 'fresh-foods', name: 'Fresh Foods', lead_time_days: 9 },
        ...{ reliability: 0.9, payment_terms_days: 30 },
      },
    ]);
  });
});
