import type { LocalDate } from '#libs/kernel';
import type { BusinessFact, FactType, Look } from '#libs/agent-kit';
import type { BusinessSettings } from '#libs/business-settings';
import { DEMAND_FACTS, enterDemand, openDemandBook, type DemandBook } from './demand-book.ts';
import { enterPurchasing, openPurchasingBook, PURCHASING_FACTS, type PurchasingBook } from './purchasing-book.ts';
import { outlookOf, type ItemOutlook } from './item-outlook.ts';
import { enterStock, openStockBook, skusOf, STOCK_FACTS, type StockBook, type StockItem } from './stock-book.ts';

/** All that the inventory agent knows of its own. */
export type InventoryBook = {
  stock: StockBook;
  demand: DemandBook;
  purchasing: PurchasingBook;
  /** Of each item that was looked at, for `outlookDay` or an earlier day. */
  outlooks: Map<string, ItemOutlook>;
  /** The latest day that a fact told. */
  outlookDay: LocalDate;
};

/** The facts that an inventory book takes. */
export const INVENTORY_FACTS: readonly FactType[] = [
  ...new Set<FactType>([...STOCK_FACTS, ...DEMAND_FACTS, ...PURCHASING_FACTS]),
];

export function openInventoryBook(): InventoryBook {
  return {
    stock: openStockBook(),
    demand: openDemandBook(),
    purchasing: openPurchasingBook(),
    outlooks: new Map(),
    outlookDay: '',
  };
}

export function enterInventory(book: InventoryBook, fact: BusinessFact, settings: BusinessSettings): void {
  enterStock(book.stock, fact);
  enterDemand(book.demand, fact);
  enterPurchasing(book.purchasing, fact, settings);
  refreshOutlooks(book, fact, settings);
}

/** An item that can be judged: its limits are told, and what is there is known. */
export type KnownItem = StockItem & { master: NonNullable<StockItem['master']> };

/** An item whose limits and stock are known; an item before its opening stock is none. */
export function isJudged(item: StockItem | undefined): item is KnownItem {
  return typeof item?.knownSince === 'number' && item.master !== null;
}

/** Those of the business that can be judged, as they change with the book. */
export function judgedItems({ stock }: Readonly<InventoryBook>): readonly KnownItem[] {
  return [...stock.items.values()].filter(isJudged);
}

/** An item as it stands now: what a finding says must not change with the facts that come after it. */
export function asSeen(item: KnownItem): KnownItem {
  return {
    ...item,
    batches: item.batches.map((batch) => ({ ...batch })),
    orders: item.orders.map((line) => ({ ...line })),
    positions: [...item.positions],
  };
}

/** Those that a fact is about and that can be judged. */
export function judgedItemsOf({ stock }: Readonly<InventoryBook>, fact: BusinessFact): readonly KnownItem[] {
  return skusOf(fact)
    .map((sku) => stock.items.get(sku))
    .filter(isJudged);
}

/** The outlook for the day of a look; made anew when a day has begun on which nothing was heard yet. */
export function outlookFor({ book, local, settings }: Look<InventoryBook>, item: StockItem): ItemOutlook {
  const kept = book.outlooks.get(item.sku);
  return kept?.day === local.date ? kept : outlookOf(book, item, local.date, settings);
}

/** With the first fact of a day for all that are judged; with each fact for its own items, once a day or when terms change. */
function refreshOutlooks(book: InventoryBook, fact: BusinessFact, settings: BusinessSettings): void {
  const refresh = (item: StockItem | undefined): void => {
    if (item) book.outlooks.set(item.sku, outlookOf(book, item, book.outlookDay, settings));
  };
  if (fact.local.date > book.outlookDay) {
    book.outlookDay = fact.local.date;
    for (const item of judgedItems(book)) refresh(item);
  }
  const isNew = fact.type === 'steward.inventory.item-registered.v1';
  for (const sku of skusOf(fact)) {
    if (isNew || book.outlooks.get(sku)?.day !== book.outlookDay) refresh(book.stock.items.get(sku));
  }
  if (fact.type !== 'steward.inventory.supplier-registered.v1') return;
  for (const item of judgedItems(book)) if (item.master.supplierId === fact.data.supplierId) refresh(item);
}
