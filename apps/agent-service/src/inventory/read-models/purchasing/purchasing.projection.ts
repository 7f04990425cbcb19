import { projectRows, type RowProjection } from '#libs/event-store';
import type { PurchaseOrderPlaced, PurchaseOrderReceived } from '#libs/contracts';
import { localDayOf } from '../../../business-day.ts';
import { businessEventOf } from '../../../log-events.ts';
import { plus } from '../../domain/stock-change.ts';

type SupplierKey = Readonly<{ tenant: string; supplier_id: string }>;
type SupplierRow = SupplierKey &
  Readonly<{
    name: string;
    lead_time_days: number;
    reliability: number | null;
    payment_terms_days: number | null;
  }>;

/** Who supplies, and on which terms. */
export const supplierRows: RowProjection<SupplierKey, SupplierRow> = {
  name: 'agent.suppliers',
  version: 2,
  table: 'suppliers',
  keyColumns: ['tenant', 'supplier_id'],
  handles: new Set(['inventory.supplier-registered']),
  rowsOf: 'one-stream',
  keysOf: (event) => {
    const told = businessEventOf(event);
    if (told?.type !== 'steward.inventory.supplier-registered.v1') return [];
    return [{ tenant: event.tenant, supplier_id: told.data.supplierId }];
  },
  evolve: (_row, event, key) => {
    const told = businessEventOf(event);
    if (told?.type !== 'steward.inventory.supplier-registered.v1') return undefined;
    const { name, leadTimeDays, reliability = null, paymentTermsDays = null } = told.data;
    return { ...key, name, lead_time_days: leadTimeDays, reliability, payment_terms_days: paymentTermsDays };
  },
};

type PurchaseOrderKey = Readonly<{ tenant: string; purchase_order_id: string }>;
/** One item of an order; an item that several lines name is one. */
export type OrderedLine = Readonly<{
  sku: string;
  unit: string;
  ordered: number;
  received: number;
  /** Minor units, of one unit; `null` for what came without having been ordered. */
  unitCost: Readonly<{ amount: number; currency: string }> | null;
}>;
/** What came on one of the business's days. */
export type ReceiptRow = Readonly<{
  receivedOn: string;
  lines: readonly Readonly<{ sku: string; quantity: number }>[];
}>;
/** One row of `purchase_orders`. */
export type PurchaseOrderRow = PurchaseOrderKey &
  Readonly<{
    supplier_id: string;
    placed_on: string | null;
    expected_on: string | null;
    lines: readonly OrderedLine[];
    receipts: readonly ReceiptRow[];
    /** When the last of it had come. */
    received_on: string | null;
    position: number;
  }>;

/** What was ordered, and when it really came. */
export const purchaseOrderRows: RowProjection<PurchaseOrderKey, PurchaseOrderRow> = {
  name: 'agent.purchase-orders',
  version: 1,
  table: 'purchase_orders',
  keyColumns: ['tenant', 'purchase_order_id'],
  handles: new Set(['inventory.purchase-order-placed', 'inventory.purchase-order-received']),
  rowsOf: 'one-stream',
  keysOf: (event) => {
    const told = businessEventOf(event);
    return told && 'purchaseOrderId' in told.data && 'lines' in told.data
      ? [{ tenant: event.tenant, purchase_order_id: told.data.purchaseOrderId }]
      : [];
  },
  evolve: (row, event, key) => {
    const told = businessEventOf(event);
    const known = row ?? { ...key, ...NOTHING_KNOWN };
    const day = localDayOf(event);
    switch (told?.type) {
      case 'steward.inventory.purchase-order-placed.v1':
        return { ...completed(placed(known, told.data, day), day), position: event.position };
      case 'steward.inventory.purchase-order-received.v1':
        return { ...completed(received(known, told.data, day), day), position: event.position };
      default:
        return undefined;
    }
  },
};

const NOTHING_KNOWN = {
  supplier_id: '',
  ...{ placed_on: null, expected_on: null, received_on: null },
  ...{ lines: [], receipts: [], position: 0 },
};

function placed(row: PurchaseOrderRow, order: PurchaseOrderPlaced, day: string): PurchaseOrderRow {
  const lines = order.lines.reduce<readonly OrderedLine[]>(
    (all, { sku, quantity, unitCost }) =>
      withLine(all, sku, (line) => ({
        ...(line ?? { sku, ordered: 0, received: 0 }),
        unit: quantity.unit,
        ordered: plus(line?.ordered ?? 0, quantity.value),
        unitCost,
      })),
    // Sent anew, it is what it says now; what came of it stays.
    row.lines.map((line) => ({ ...line, ordered: 0 })),
  );
  const { supplierId, expectedOn = null } = order;
  return { ...row, supplier_id: supplierId, placed_on: row.placed_on ?? day, expected_on: expectedOn, lines };
}

function received(row: PurchaseOrderRow, receipt: PurchaseOrderReceived, day: string): PurchaseOrderRow {
  const lines = receipt.lines.reduce<readonly OrderedLine[]>(
    (all, { sku, quantity }) =>
      withLine(all, sku, (line) => ({
        ...(line ?? { sku, unit: quantity.unit, ordered: 0, unitCost: null }),
        received: plus(line?.received ?? 0, quantity.value),
      })),
    row.lines,
  );
  const came = receipt.lines.map(({ sku, quantity }) => ({ sku, quantity: quantity.value }));
  const receipts = [...row.receipts, { receivedOn: day, lines: came }];
  return { ...row, supplier_id: receipt.supplierId, lines, receipts };
}

function withLine(
  lines: readonly OrderedLine[],
  sku: string,
  change: (line: OrderedLine | undefined) => OrderedLine,
): readonly OrderedLine[] {
  const known = lines.find((line) => line.sku === sku);
  const next = change(known);
  return known ? lines.map((line) => (line === known ? next : line)) : [...lines, next];
}

/** An order that is known only by what came of it has come, as far as anybody can tell. */
function completed(row: PurchaseOrderRow, day: string): PurchaseOrderRow {
  const isComplete = row.receipts.length > 0 && row.lines.every((line) => line.received >= line.ordered);
  return { ...row, received_on: isComplete ? (row.received_on ?? row.receipts.at(-1)?.receivedOn ?? day) : null };
}

/** The read models of purchasing. */
export const purchasingProjections = [projectRows(supplierRows), projectRows(purchaseOrderRows)];
