import { z } from 'zod';
import {
  idSchema,
  instantSchema,
  localDateSchema,
  logPositionSchema,
  moneySchema,
  nameSchema,
  skuSchema,
} from '../values.ts';
import { pageOf } from './page.ts';
import { standsAtSchema, type StandingPage } from './stands-at.ts';

/** What is left of one delivered batch. */
export const stockLotSchema = z.object({
  lotId: idSchema.nullable().describe('null of what came without a name, a batch for each day'),
  quantity: z.number().positive(),
  receivedOn: localDateSchema,
  expiresOn: localDateSchema.nullable().describe('The last day on which it is good, when it was told'),
  useBy: localDateSchema.nullable().describe('The day told, or what the shelf life of the item lets expect'),
  daysLeft: z.int().nullable().describe('Until that day, by the calendar of the business; negative when it is over'),
});

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
  minimumStock: z.number().nullable(),
  maximumStock: z.number().nullable(),
  shelfLifeDays: z.int().nullable(),
  supplierId: idSchema.nullable(),
  unitCost: moneySchema.nullable(),
  lots: z.array(stockLotSchema).describe('The first to be used first; together what is on hand'),
  consumption: z.object({ windowDays: z.number().nonnegative(), perDay: z.number() }),
  daysOfCover: z.number().nullable().describe('null when nothing is used'),
  updatedAt: instantSchema,
  position: logPositionSchema.describe('Of the last event that changed it'),
});
/** What is in stock of one item. */
export type StockLevel = Readonly<z.output<typeof stockLevelSchema>>;

/** One page of stock levels, by SKU. */
export const stockPageSchema = pageOf(stockLevelSchema).extend({ standsAt: standsAtSchema });
/** One page of stock levels. */
export type StockPage = StandingPage<StockLevel, z.output<typeof stockPageSchema>>;
