import type { CloudEvent } from '#libs/contracts';

type Published = CloudEvent<object>;
type Overrides<Data> = Readonly<{ id?: string; source?: string; time?: string }> & Readonly<{ data?: Partial<Data> }>;

const SOURCE = '/spec/till-7';

/** One event as a business system publishes it; valid unless the overrides say otherwise. */
export function aBusinessEvent<Data extends object>(
  name: string,
  id: string,
  data: Data,
  { data: changes, ...attributes }: Overrides<Data> = {},
): Published {
  return {
    specversion: '1.0',
    id,
    source: SOURCE,
    type: `steward.${name}.v1`,
    ...attributes,
    data: { ...data, ...changes },
  };
}

/** An item that is reordered at 10, by 40. */
export function anItemRegistered(sku: string, overrides: Overrides<Record<string, unknown>> = {}): Published {
  const data = {
    sku,
    name: `Item ${sku}`,
    category: 'vegetables',
    unit: 'each',
    unitCost: { amount: 250, currency: 'USD' },
    reorderPoint: 10,
    reorderQuantity: 40,
  };
  return aBusinessEvent('inventory.item-registered', `registered-${sku}`, data, overrides);
}

export type StockMovement = Readonly<{
  id: string;
  sku: string;
  movement: 'in' | 'out' | 'waste' | 'adjustment';
  quantity: number;
}>;

/** Stock that came, went, was wasted or was counted anew. */
export function aStockMovement({ id, sku, movement, quantity }: StockMovement): Published {
  return aBusinessEvent('inventory.stock-moved', id, { sku, movement, quantity: { value: quantity, unit: 'each' } });
}
