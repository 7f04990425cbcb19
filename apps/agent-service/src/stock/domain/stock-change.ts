import type { Money } from '#libs/kernel';
import type { ParsedBusinessEvent } from '#libs/contracts';

/** What one event does to the stock of one item, in the item's unit. */
export type StockChange = Readonly<{
  sku: string;
  unit?: string;
  onHand: number;
  onOrder: number;
  /** What was used up: sold, taken out, wasted; returned goods count against it. */
  consumed: number;
  masterData?: MasterData;
}>;

export type MasterData = Readonly<{
  name: string;
  category: string;
  unit: string;
  unitCost: Money;
  reorderPoint: number;
  reorderQuantity: number;
  supplierId: string | null;
}>;

/** The changes of stock that a business event means; none for events that are not about goods. */
export function stockChangesOf({ type, data }: ParsedBusinessEvent): readonly StockChange[] {
  switch (type) {
    case 'steward.inventory.item-registered.v1':
      return [{ sku: data.sku, onHand: 0, onOrder: 0, consumed: 0, masterData: masterDataOf(data) }];
    case 'steward.inventory.stock-moved.v1':
      return [movementOf(data)];
    case 'steward.inventory.purchase-order-placed.v1':
      return data.lines.map(({ sku, quantity }) => change(sku, quantity, { onOrder: quantity.value }));
    case 'steward.inventory.purchase-order-received.v1':
      return data.lines.map(({ sku, quantity }) =>
        change(sku, quantity, { onHand: quantity.value, onOrder: -quantity.value }),
      );
    case 'steward.sales.order-completed.v1': {
      const sign = data.kind === 'sale' ? 1 : -1;
      return data.lines.map(({ sku, quantity }) =>
        change(sku, quantity, { onHand: -sign * quantity.value, consumed: sign * quantity.value }),
      );
    }
    default:
      return [];
  }
}

type Quantified = Readonly<{ value: number; unit: string }>;

function change(sku: string, { unit }: Quantified, effect: Partial<StockChange>): StockChange {
  return { onHand: 0, onOrder: 0, consumed: 0, ...effect, sku, unit };
}

type Movement = Readonly<{ sku: string; movement: 'in' | 'out' | 'adjustment' | 'waste'; quantity: Quantified }>;

function movementOf({ sku, movement, quantity }: Movement): StockChange {
  switch (movement) {
    case 'in':
    case 'adjustment':
      return change(sku, quantity, { onHand: quantity.value });
    case 'out':
    case 'waste':
      return change(sku, quantity, { onHand: -quantity.value, consumed: quantity.value });
  }
}

type Registration = Omit<MasterData, 'supplierId'> & Readonly<{ supplierId?: string | undefined }>;

function masterDataOf(data: Registration): MasterData {
  const { name, category, unit, unitCost, reorderPoint, reorderQuantity, supplierId = null } = data;
  return { name, category, unit, unitCost, reorderPoint, reorderQuantity, supplierId };
}

/** Sums of decimal quantities (0.1 kg) drift in binary; six decimals are finer than any scale. */
export function plus(left: number, right: number): number {
  return Math.round((left + right) * 1e6) / 1e6;
}
