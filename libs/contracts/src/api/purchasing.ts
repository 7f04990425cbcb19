import { z } from 'zod';
import {
  countSchema,
  idSchema,
  localDateSchema,
  logPositionSchema,
  moneySchema,
  nameSchema,
  skuSchema,
} from '../values.ts';
import { listQuerySchema, pageOf } from './page.ts';
import { standsAtSchema, type StandingPage } from './stands-at.ts';

/** Who supplies, and on which terms. */
export const supplierItemSchema = z.object({
  supplierId: idSchema,
  name: nameSchema,
  leadTimeDays: countSchema.describe('As it says itself'),
  reliability: z.number().nullable(),
  paymentTermsDays: countSchema.nullable(),
  orders: z
    .object({
      received: countSchema,
      open: countSchema,
      late: countSchema.describe('Of those received, after the day that was promised'),
      meanLeadTimeDays: z.number().nullable().describe('From order to the last receipt, as it really was'),
    })
    .describe('Of all time'),
});
/** Who supplies, and on which terms. */
export type SupplierItem = Readonly<z.output<typeof supplierItemSchema>>;

/** One page of suppliers, by id. */
export const supplierPageSchema = pageOf(supplierItemSchema).extend({ standsAt: standsAtSchema });
/** One page of suppliers. */
export type SupplierPage = StandingPage<SupplierItem, z.output<typeof supplierPageSchema>>;

/** Filters of the list of purchase orders; all that are given must hold. */
export const purchaseOrderListQuerySchema = listQuerySchema.extend({
  status: z.enum(['open', 'received', 'all']).default('all'),
  supplier: idSchema.optional(),
});
/** Filters of the list of purchase orders. */
export type PurchaseOrderListQuery = Readonly<z.output<typeof purchaseOrderListQuerySchema>>;

/** What was ordered, and when it really came. */
export const purchaseOrderItemSchema = z.object({
  purchaseOrderId: idSchema,
  supplierId: idSchema,
  status: z.enum(['open', 'partly-received', 'received']),
  placedOn: localDateSchema.nullable().describe('null of an order that began before the log did'),
  expectedOn: localDateSchema.nullable(),
  receivedOn: localDateSchema.nullable().describe('When the last of it came'),
  daysLate: countSchema
    .nullable()
    .describe('After the expected day, until it came or today; null when none was promised'),
  lines: z.array(
    z.object({
      sku: skuSchema,
      unit: z.string(),
      ordered: z.number(),
      received: z.number(),
      unitCost: moneySchema.nullable(),
    }),
  ),
  receipts: z.array(
    z.object({ receivedOn: localDateSchema, lines: z.array(z.object({ sku: skuSchema, quantity: z.number() })) }),
  ),
  position: logPositionSchema,
});
/** What was ordered, and when it really came. */
export type PurchaseOrderItem = Readonly<z.output<typeof purchaseOrderItemSchema>>;

/** One page of purchase orders, the last changed first. */
export const purchaseOrderPageSchema = pageOf(purchaseOrderItemSchema).extend({
  today: localDateSchema,
  standsAt: standsAtSchema,
});
/** One page of purchase orders. */
export type PurchaseOrderPage = StandingPage<PurchaseOrderItem, z.output<typeof purchaseOrderPageSchema>>;
