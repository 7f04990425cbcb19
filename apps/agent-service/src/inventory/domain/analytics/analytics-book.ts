import type { Money } from '#libs/kernel';
import type { DemandBook } from '../demand-book.ts';
import type { PurchasingBook } from '../purchasing-book.ts';

/** What the analyses need to know of an item; the stock book's items have it. Quantities in the item's unit. */
export type AnalysedItem = Readonly<{
  sku: string;
  name: string;
  unit: string;
  unitCost: Money;
  reorderPoint: number;
  reorderQuantity: number;
  maximumStock?: number | null | undefined;
  supplierId?: string | null | undefined;
  shelfLifeDays?: number | null | undefined;
}>;

/** What the analyses look at. The stock book is the agent's own; of it they need the registered items. */
export type AnalyticsBook = {
  demand: DemandBook;
  purchasing: PurchasingBook;
  stock: Readonly<{ items: ReadonlyMap<string, Partial<AnalysedItem>> }>;
};
