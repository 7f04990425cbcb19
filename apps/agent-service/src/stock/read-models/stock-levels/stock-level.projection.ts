import { projectRows, type RecordedEvent, type RowProjection } from '#libs/event-store';
import { businessEventOf } from '../../../log-events.ts';
import { plus, stockChangesOf, type StockChange } from '../../domain/stock-change.ts';

type StockKey = Readonly<{ tenant: string; sku: string }>;
/** One row of `stock_levels`. */
export type StockRow = StockKey &
  Readonly<{
    name: string | null;
    category: string | null;
    unit: string;
    on_hand: number;
    on_order: number;
    reorder_point: number | null;
    reorder_quantity: number | null;
    supplier_id: string | null;
    unit_cost_amount: number | null;
    unit_cost_currency: string | null;
    consumed_since: string | null;
    updated_at: string;
    position: number;
    last_event: Readonly<{ id: string; correlationId: string; traceparent: string | null }>;
    recent_positions: readonly number[];
  }>;

/** Enough to show what led to a decision, without growing. */
const RECENT_POSITIONS = 20;

const HANDLES: ReadonlySet<string> = new Set([
  'inventory.item-registered',
  'inventory.stock-moved',
  'inventory.purchase-order-placed',
  'inventory.purchase-order-received',
  'sales.order-completed',
]);

type ChangesBySku = ReadonlyMap<string, readonly StockChange[]>;

/** An event is asked for its keys and again for each of its rows; reading it is most of the work of a fold. */
const read = new WeakMap<RecordedEvent, ChangesBySku>();

/** All changes of one item in an event; an order may name it in several lines. */
function changesBySku(event: RecordedEvent): ChangesBySku {
  const known = read.get(event);
  if (known) return known;
  const parsed = businessEventOf(event);
  const changes = Map.groupBy(parsed ? stockChangesOf(parsed) : [], ({ sku }) => sku);
  read.set(event, changes);
  return changes;
}

/** What is in stock of each item. */
export const stockLevelRows: RowProjection<StockKey, StockRow> = {
  name: 'agent.stock-levels',
  version: 1,
  table: 'stock_levels',
  keyColumns: ['tenant', 'sku'],
  handles: HANDLES,
  keysOf: (event) => [...changesBySku(event).keys()].map((sku) => ({ tenant: event.tenant, sku })),
  evolve: (row, event, key) => {
    const changes = changesBySku(event).get(key.sku) ?? [];
    return changes.reduce((level, change) => applied(level, change, event), row ?? emptyRow(key, event));
  },
};

function emptyRow(key: StockKey, event: RecordedEvent): StockRow {
  return {
    ...key,
    name: null,
    category: null,
    unit: 'each',
    on_hand: 0,
    on_order: 0,
    reorder_point: null,
    reorder_quantity: null,
    supplier_id: null,
    unit_cost_amount: null,
    unit_cost_currency: null,
    consumed_since: null,
    updated_at: event.metadata.occurredAt,
    position: 0,
    last_event: { id: event.id, correlationId: event.metadata.correlationId, traceparent: null },
    recent_positions: [],
  };
}

function applied(row: StockRow, change: StockChange, event: RecordedEvent): StockRow {
  const { occurredAt, correlationId, traceparent = null } = event.metadata;
  const positions = row.recent_positions.filter((one) => one !== event.position);
  return {
    ...row,
    ...masterDataColumns(change),
    unit: change.masterData?.unit ?? (row.name === null ? (change.unit ?? row.unit) : row.unit),
    on_hand: plus(row.on_hand, change.onHand),
    // More may arrive than was ordered here: an order that began before the log did.
    on_order: Math.max(0, plus(row.on_order, change.onOrder)),
    consumed_since: row.consumed_since ?? (change.consumed > 0 ? occurredAt : null),
    updated_at: occurredAt,
    position: event.position,
    last_event: { id: event.id, correlationId, traceparent },
    recent_positions: [...positions, event.position].slice(-RECENT_POSITIONS),
  };
}

function masterDataColumns({ masterData }: StockChange): Partial<StockRow> {
  if (!masterData) return {};
  return {
    name: masterData.name,
    category: masterData.category,
    reorder_point: masterData.reorderPoint,
    reorder_quantity: masterData.reorderQuantity,
    supplier_id: masterData.supplierId,
    unit_cost_amount: masterData.unitCost.amount,
    unit_cost_currency: masterData.unitCost.currency,
  };
}

type ConsumptionKey = StockKey & Readonly<{ day: string }>;
type ConsumptionRow = ConsumptionKey & Readonly<{ quantity: number }>;

/** What is used of each item on each day (UTC). */
export const stockConsumptionRows: RowProjection<ConsumptionKey, ConsumptionRow> = {
  name: 'agent.stock-consumption',
  version: 1,
  table: 'stock_consumption',
  keyColumns: ['tenant', 'sku', 'day'],
  handles: new Set(['inventory.stock-moved', 'sales.order-completed']),
  keysOf: (event) => {
    const day = event.metadata.occurredAt.slice(0, 10);
    return [...changesBySku(event)].flatMap(([sku, changes]) =>
      changes.some(({ consumed }) => consumed !== 0) ? [{ tenant: event.tenant, sku, day }] : [],
    );
  },
  evolve: (row, event, key) => {
    const consumed = (changesBySku(event).get(key.sku) ?? []).reduce((sum, change) => plus(sum, change.consumed), 0);
    return { ...key, quantity: plus(row?.quantity ?? 0, consumed) };
  },
};

type SupplierRow = Readonly<{ tenant: string; supplier_id: string; name: string; lead_time_days: number }>;

/** Who supplies, and how long it takes. */
export const supplierRows: RowProjection<Pick<SupplierRow, 'tenant' | 'supplier_id'>, SupplierRow> = {
  name: 'agent.suppliers',
  version: 1,
  table: 'suppliers',
  keyColumns: ['tenant', 'supplier_id'],
  handles: new Set(['inventory.supplier-registered']),
  keysOf: (event) => {
    const parsed = businessEventOf(event);
    if (parsed?.type !== 'steward.inventory.supplier-registered.v1') return [];
    return [{ tenant: event.tenant, supplier_id: parsed.data.supplierId }];
  },
  evolve: (row, event, key) => {
    const parsed = businessEventOf(event);
    if (parsed?.type !== 'steward.inventory.supplier-registered.v1') return row;
    return { ...key, name: parsed.data.name, lead_time_days: parsed.data.leadTimeDays };
  },
};

/** The read models of stock. */
export const stockProjections = [
  projectRows(stockLevelRows),
  projectRows(stockConsumptionRows),
  projectRows(supplierRows),
];
