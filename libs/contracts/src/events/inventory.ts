import { z } from 'zod';
import { defineEvent } from '../event-contract.ts';
import type { EventData } from '../event-contract.ts';
import {
  idSchema,
  localDateSchema,
  lotSchema,
  moneySchema,
  nameSchema,
  positiveQuantitySchema,
  quantitySchema,
  skuSchema,
  textSchema,
} from '../values.ts';

/** An item is kept in stock from now on, or its master data were sent anew. */
export const ItemRegisteredV1 = defineEvent({
  area: 'inventory',
  event: 'item-registered',
  version: 1,
  summary: 'An item is kept in stock from now on, or its master data were sent anew.',
  data: z.strictObject({
    sku: skuSchema,
    name: nameSchema,
    category: nameSchema,
    unit: quantitySchema.shape.unit,
    unitCost: moneySchema,
    sellingPrice: moneySchema.optional(),
    reorderPoint: z.number().nonnegative().describe('In the unit of the item'),
    reorderQuantity: z.number().positive().describe('In the unit of the item'),
    minimumStock: z.number().nonnegative().optional(),
    maximumStock: z.number().nonnegative().optional(),
    supplierId: idSchema.optional(),
    shelfLifeDays: z.int().positive().optional(),
  }),
  sample: {
    sku: 'VEG001',
    name: 'Fresh lettuce',
    category: 'vegetables',
    unit: 'each',
    unitCost: { amount: 250, currency: 'USD' },
    reorderPoint: 10,
    reorderQuantity: 40,
    minimumStock: 5,
    maximumStock: 100,
    supplierId: 'fresh-foods',
    shelfLifeDays: 5,
  },
});

/** The business may buy from this supplier, or its terms were sent anew. */
export const SupplierRegisteredV1 = defineEvent({
  area: 'inventory',
  event: 'supplier-registered',
  version: 1,
  summary: 'The business may buy from this supplier, or its terms were sent anew.',
  data: z.strictObject({
    supplierId: idSchema,
    name: nameSchema,
    leadTimeDays: z.int().nonnegative(),
    reliability: z.number().min(0).max(1).optional().describe('Share of deliveries that came as promised'),
    minimumOrder: moneySchema.optional(),
    paymentTermsDays: z.int().nonnegative().optional(),
  }),
  sample: { supplierId: 'fresh-foods', name: 'Fresh Foods', leadTimeDays: 2, reliability: 0.9, paymentTermsDays: 30 },
});

const stockMovementSchema = z
  .strictObject({
    sku: skuSchema,
    movement: z.enum(['in', 'out', 'adjustment', 'waste']),
    quantity: quantitySchema.describe('Signed and not zero for an adjustment; above zero for every other movement'),
    lot: lotSchema.optional(),
    unitCost: moneySchema.optional(),
    reason: textSchema(500).optional(),
    reference: idSchema.optional(),
  })
  .superRefine(({ movement, quantity }, context) => {
    const path = ['quantity', 'value'];
    if (movement === 'adjustment' && quantity.value === 0) {
      context.addIssue({ code: 'custom', path, message: 'must not be zero for an adjustment' });
    }
    if (movement !== 'adjustment' && quantity.value <= 0) {
      context.addIssue({ code: 'custom', path, message: `must be more than zero for the movement "${movement}"` });
    }
  });

/** Stock came, went, was wasted, or was counted anew. Sales and receipts of purchase orders are not sent again here. */
export const StockMovedV1 = defineEvent({
  area: 'inventory',
  event: 'stock-moved',
  version: 1,
  summary: 'Stock came, went, was wasted, or was counted anew.',
  data: stockMovementSchema,
  sample: {
    sku: 'VEG001',
    movement: 'waste',
    quantity: { value: 3, unit: 'each' },
    lot: { lotId: 'VEG001-20261117', expiresOn: '2026-11-22' },
    reason: 'expired',
  },
});

/** The business ordered from a supplier. */
export const PurchaseOrderPlacedV1 = defineEvent({
  area: 'inventory',
  event: 'purchase-order-placed',
  version: 1,
  summary: 'The business ordered from a supplier.',
  data: z.strictObject({
    purchaseOrderId: idSchema,
    supplierId: idSchema,
    lines: z
      .array(z.strictObject({ sku: skuSchema, quantity: positiveQuantitySchema, unitCost: moneySchema }))
      .min(1)
      .max(10_000),
    expectedOn: localDateSchema.optional(),
  }),
  sample: {
    purchaseOrderId: 'po-311',
    supplierId: 'fresh-foods',
    lines: [{ sku: 'VEG001', quantity: { value: 40, unit: 'each' }, unitCost: { amount: 250, currency: 'USD' } }],
    expectedOn: '2026-11-24',
  },
});

/** Ordered goods arrived, wholly or in part. This raises the stock; no `stock-moved` is sent for it. */
export const PurchaseOrderReceivedV1 = defineEvent({
  area: 'inventory',
  event: 'purchase-order-received',
  version: 1,
  summary: 'Ordered goods arrived, wholly or in part; the stock rises by them.',
  data: z.strictObject({
    purchaseOrderId: idSchema,
    supplierId: idSchema,
    lines: z
      .array(z.strictObject({ sku: skuSchema, quantity: positiveQuantitySchema, lot: lotSchema.optional() }))
      .min(1)
      .max(10_000),
  }),
  sample: {
    purchaseOrderId: 'po-311',
    supplierId: 'fresh-foods',
    lines: [
      {
        sku: 'VEG001',
        quantity: { value: 40, unit: 'each' },
        lot: { lotId: 'VEG001-20261124', expiresOn: '2026-11-29' },
      },
    ],
  },
});

/** Data of `steward.inventory.item-registered.v1`. */
export type ItemRegistered = EventData<typeof ItemRegisteredV1>;
/** Data of `steward.inventory.supplier-registered.v1`. */
export type SupplierRegistered = EventData<typeof SupplierRegisteredV1>;
/** Data of `steward.inventory.stock-moved.v1`. */
export type StockMoved = EventData<typeof StockMovedV1>;
/** Data of `steward.inventory.purchase-order-placed.v1`. */
export type PurchaseOrderPlaced = EventData<typeof PurchaseOrderPlacedV1>;
/** Data of `steward.inventory.purchase-order-received.v1`. */
export type PurchaseOrderReceived = EventData<typeof PurchaseOrderReceivedV1>;
