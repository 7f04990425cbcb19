import { z } from 'zod';
import {
  idSchema,
  localDateSchema,
  moneySchema,
  positiveQuantitySchema,
  quantitySchema,
  skuSchema,
} from '../values.ts';

/** Buy more of an item. */
export const reorderActionSchema = z.object({
  kind: z.literal('reorder'),
  sku: skuSchema,
  quantity: positiveQuantitySchema,
  supplierId: idSchema.optional(),
  estimatedCost: moneySchema,
  urgency: z.enum(['critical', 'high', 'medium']),
});

/** Ask a supplier to deliver sooner what is on order. */
export const expediteOrderActionSchema = z.object({
  kind: z.literal('expedite-order'),
  sku: skuSchema,
  purchaseOrderIds: z.array(idSchema).max(100),
  neededOn: localDateSchema,
});

/** Find out why, and who did it. */
export const investigateStockActionSchema = z.object({
  kind: z.literal('investigate-stock'),
  sku: skuSchema,
  question: z.enum(['consumption', 'adjustment', 'waste']),
  difference: quantitySchema,
});

/** Order less, or sell off what is too much. */
export const reduceStockActionSchema = z.object({
  kind: z.literal('reduce-stock'),
  sku: skuSchema,
  excess: positiveQuantitySchema,
  tiedUp: moneySchema,
});

/** Use a lot before it expires. */
export const sellLotActionSchema = z.object({
  kind: z.literal('sell-lot'),
  sku: skuSchema,
  lotId: idSchema,
  atRisk: quantitySchema.describe('What will not be used before it expires at the usual pace'),
  atRiskValue: moneySchema,
  expiresOn: localDateSchema,
  measures: z
    .array(z.enum(['use-first', 'discount', 'bundle', 'donate', 'dispose', 'order-less']))
    .min(1)
    .max(6),
  discountPercent: z.int().min(0).max(100).optional(),
});

/** Change reorder point and quantity of an item. */
export const changeReorderPolicyActionSchema = z.object({
  kind: z.literal('change-reorder-policy'),
  sku: skuSchema,
  reorderPoint: z.number().nonnegative(),
  reorderQuantity: z.number().positive(),
  unit: z.string(),
  yearlySaving: moneySchema.optional(),
});

/** Buy more at once for a better price. */
export const buyInBulkActionSchema = z.object({
  kind: z.literal('buy-in-bulk'),
  sku: skuSchema,
  quantity: positiveQuantitySchema,
  supplierId: idSchema.optional(),
  cost: moneySchema,
  yearlySaving: moneySchema,
});

/** Expect another demand than now, and prepare for it. */
export const planForDemandActionSchema = z.object({
  kind: z.literal('plan-for-demand'),
  sku: skuSchema.optional().describe('Absent: of all items'),
  expectedPerDay: quantitySchema,
  from: localDateSchema,
  to: localDateSchema,
});

/** Talk to a supplier, or look for another one. */
export const reviewSupplierActionSchema = z.object({
  kind: z.literal('review-supplier'),
  supplierId: idSchema,
  measures: z
    .array(z.enum(['prefer', 'discuss-performance', 'improvement-plan', 'find-alternative', 'spread-orders']))
    .min(1)
    .max(5),
  targetShare: z.number().min(0).max(1).optional().describe('Of what is bought, at most from this supplier'),
});

/** Offer together what is bought together, or do not run out of both at once. */
export const linkItemsActionSchema = z.object({
  kind: z.literal('link-items'),
  skus: z.array(skuSchema).min(2).max(20),
  relation: z.enum(['complements', 'substitutes']),
});

/** Look at the whole stock. */
export const reviewInventoryActionSchema = z.object({
  kind: z.literal('review-inventory'),
  measures: z
    .array(z.enum(['reorder', 'clearance', 'turnover', 'waste']))
    .min(1)
    .max(4),
});
