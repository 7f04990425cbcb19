import { projectRows, type RecordedEvent, type RowProjection } from '#libs/event-store';
import { localDayOf } from '../../../business-day.ts';
import { businessEventOf } from '../../../log-events.ts';
import { plus, stockChangesOf, type StockChange } from '../../domain/stock-change.ts';
import type { StockBatch } from '../../domain/stock-batch.ts';
import { batchesAfter } from './lots.ts';

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
    selling_price_amount: number | null;
    selling_price_currency: string | null;
    minimum_stock: number | null;
    maximum_stock: number | null;
    shelf_life_days: number | null;
    /** What is left of each batch, the first to be used first. */
    lots: readonly Readonly<StockBatch>[];
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
  version: 2,
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
    ...{ selling_price_amount: null, selling_price_currency: null },
    ...{ minimum_stock: null, maximum_stock: null, shelf_life_days: null },
    lots: [],
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
  const master = masterDataColumns(change);
  const shelfLifeDays = master.shelf_life_days ?? row.shelf_life_days;
  return {
    ...row,
    ...master,
    unit: change.masterData?.unit ?? (row.name === null ? change.unit : row.unit),
    on_hand: plus(row.on_hand, change.onHand),
    lots: batchesAfter({ batches: row.lots, onHand: row.on_hand, shelfLifeDays }, change, localDayOf(event)),
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
    selling_price_amount: masterData.sellingPrice?.amount ?? null,
    selling_price_currency: masterData.sellingPrice?.currency ?? null,
    minimum_stock: masterData.minimumStock,
    maximum_stock: masterData.maximumStock,
    shelf_life_days: masterData.shelfLifeDays,
  };
}

type ConsumptionKey = StockKey & Readonly<{ day: string }>;
type ConsumptionRow = ConsumptionKey & Readonly<{ quantity: number; wasted: number }>;

/** What is used of each item on each of the business's days, and what is thrown away, which nobody wanted. */
export const stockConsumptionRows: RowProjection<ConsumptionKey, ConsumptionRow> = {
  name: 'agent.stock-consumption',
  version: 2,
  table: 'stock_consumption',
  keyColumns: ['tenant', 'sku', 'day'],
  handles: new Set(['inventory.stock-moved', 'sales.order-completed']),
  keysOf: (event) => {
    const used = [...changesBySku(event)].filter(([, changes]) => changes.some(isUse));
    if (used.length === 0) return [];
    const day = localDayOf(event);
    return used.map(([sku]) => ({ tenant: event.tenant, sku, day }));
  },
  evolve: (row, event, key) => {
    const changes = changesBySku(event).get(key.sku) ?? [];
    return {
      ...key,
      quantity: changes.reduce((sum, { consumed }) => plus(sum, consumed), row?.quantity ?? 0),
      wasted: changes.reduce((sum, { wasted }) => plus(sum, wasted), row?.wasted ?? 0),
    };
  },
};

const isUse = ({ consumed, wasted }: StockChange): boolean => consumed !== 0 || wasted !== 0;

/** The read models of stock. */
export const stockProjections = [projectRows(stockLevelRows), projectRows(stockConsumptionRows)];
