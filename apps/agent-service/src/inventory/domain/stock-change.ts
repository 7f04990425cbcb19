import type { Money } from '#libs/kernel';
import type { BusinessFact } from '#libs/agent-kit';
import type { ItemRegistered, Lot, PurchaseOrderPlaced, StockMoved } from '#libs/contracts';

/** How an event came to touch an item. */
export type StockCause =
  'registered' | 'sale' | 'return' | 'in' | 'out' | 'adjustment' | 'waste' | 'ordered' | 'received';

/**
 * What one line of an event does to the stock of one item. Quantities count in the item's unit, whatever unit the line
 * names: tills say "each" of what the stock room calls "bottle".
 */
export type StockChange = Readonly<{
  sku: string;
  cause: StockCause;
  unit: string;
  onHand: number;
  onOrder: number;
  /** Demand that was met: sold or taken out; returned goods count against it. */
  consumed: number;
  /** Thrown away; nobody wanted it, so it is no demand. */
  wasted: number;
  /** The batch that came or went, when the event names one. */
  lot?: Lot;
  /** What one unit cost, when the event says so. */
  unitCost?: Money;
  /** Of an item that may not be registered. */
  description?: string;
  masterData?: MasterData;
}>;

/** What the business says of an item; what it does not say is `null`. Quantities in the item's unit. */
export type MasterData = Readonly<{
  name: string;
  category: string;
  unit: string;
  unitCost: Money;
  sellingPrice: Money | null;
  reorderPoint: number;
  reorderQuantity: number;
  minimumStock: number | null;
  maximumStock: number | null;
  supplierId: string | null;
  shelfLifeDays: number | null;
}>;

/** An event as its contract reads it. */
export type StockEvent = BusinessFact extends infer Fact
  ? Fact extends BusinessFact
    ? Pick<Fact, 'type' | 'data'>
    : never
  : never;

/** The changes of stock that an event means, line by line; none for events that are not about goods. */
export function stockChangesOf({ type, data }: StockEvent): readonly StockChange[] {
  switch (type) {
    case 'steward.inventory.item-registered.v1':
      return [{ ...NO_CHANGE, cause: 'registered', sku: data.sku, unit: data.unit, masterData: masterDataOf(data) }];
    case 'steward.inventory.stock-moved.v1':
      return [movementOf(data)];
    case 'steward.inventory.purchase-order-placed.v1':
      return data.lines.map((line) => orderedOf(line));
    case 'steward.inventory.purchase-order-received.v1':
      return data.lines.map(({ quantity, ...line }) => ({
        ...change('received', { ...line, quantity }),
        onHand: quantity.value,
        onOrder: -quantity.value,
      }));
    case 'steward.sales.order-completed.v1': {
      const sign = data.kind === 'sale' ? 1 : -1;
      return data.lines.map(({ sku, quantity, description }) => ({
        ...change(data.kind, { sku, quantity }),
        onHand: -sign * quantity.value,
        consumed: sign * quantity.value,
        ...(description === undefined ? {} : { description }),
      }));
    }
    default:
      return [];
  }
}

const NO_CHANGE = { onHand: 0, onOrder: 0, consumed: 0, wasted: 0 } as const;

type Line = Readonly<{ sku: string; quantity: Readonly<{ value: number; unit: string }>; lot?: Lot | undefined }>;

function change(cause: StockCause, { sku, quantity, lot }: Line): StockChange {
  return { ...NO_CHANGE, cause, sku, unit: quantity.unit, ...(lot ? { lot } : {}) };
}

function orderedOf(line: PurchaseOrderPlaced['lines'][number]): StockChange {
  return { ...change('ordered', line), onOrder: line.quantity.value, unitCost: line.unitCost };
}

function movementOf(data: StockMoved): StockChange {
  const { movement, quantity, unitCost } = data;
  const moved = { ...change(movement, data), ...(unitCost ? { unitCost } : {}) };
  switch (movement) {
    case 'in':
    case 'adjustment':
      return { ...moved, onHand: quantity.value };
    case 'out':
      return { ...moved, onHand: -quantity.value, consumed: quantity.value };
    case 'waste':
      return { ...moved, onHand: -quantity.value, wasted: quantity.value };
  }
}

function masterDataOf(data: ItemRegistered): MasterData {
  const { name, category, unit, unitCost, reorderPoint, reorderQuantity } = data;
  const { sellingPrice, minimumStock, maximumStock, supplierId, shelfLifeDays } = data;
  return {
    ...{ name, category, unit, unitCost, reorderPoint, reorderQuantity },
    sellingPrice: sellingPrice ?? null,
    minimumStock: minimumStock ?? null,
    maximumStock: maximumStock ?? null,
    supplierId: supplierId ?? null,
    shelfLifeDays: shelfLifeDays ?? null,
  };
}

/** Sums of decimal quantities (0.1 kg) drift in binary; six decimals are finer than any scale. */
export function plus(left: number, right: number): number {
  return Math.round((left + right) * 1e6) / 1e6;
}
