import { z } from 'zod';
import { idSchema, instantSchema, logPositionSchema, moneySchema, nameSchema, skuSchema } from '../values.ts';
import { pageOf } from './page.ts';

/** What is in stock of one item. Numbers are in `unit`; master data are `null` until the item is registered. */
export const stockLevelSchema = z.object({
  sku: skuSchema,
  name: nameSchema.nullable(),
  category: nameSchema.nullable(),
  unit: z.string(),
  onHand: z.number().describe('Negative when more was sold than was known to be there'),
  onOrder: z.number(),
  reorderPoint: z.number().nullable(),
  reorderQuantity: z.number().nullable(),
  supplierId: idSchema.nullable(),
  unitCost: moneySchema.nullable(),
  consumption: z.object({ windowDays: z.number().nonnegative(), perDay: z.number() }),
  daysOfCover: z.number().nullable().describe('null when nothing is used'),
  updatedAt: instantSchema,
  position: logPositionSchema.describe('Of the last event that changed it'),
});
/** What is in stock of one item. */
export type StockLevel = Readonly<z.output<typeof stockLevelSchema>>;

/** One page of stock levels, by SKU. */
export const stockPageSchema = pageOf(stockLevelSchema);
