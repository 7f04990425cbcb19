import { DAY_MS, plusDays, type LocalDate } from '#libs/kernel';
import { withPosition, type BusinessFact, type FactType } from '#libs/agent-kit';
import type { PurchaseOrderPlaced, PurchaseOrderReceived } from '#libs/contracts';
import { plus, stockChangesOf, type MasterData, type StockChange } from './stock-change.ts';
import { COMPLETE_SHARE } from './purchasing-book.ts';
import { put, take, type StockBatch } from './stock-batch.ts';

/** What one purchase order means for one item, in the item's unit. */
export type OrderLine = {
  purchaseOrderId: string;
  supplierId: string;
  placedOn: LocalDate;
  /** `null` when the order does not say it. */
  expectedOn: LocalDate | null;
  /** 0 while only goods have come and the order was not told of. */
  ordered: number;
  received: number;
};

/** The largest single movement out of stock on one day. */
type DayLargest = { day: number; quantity: number };

/** What is known of one item. Quantities in its unit. */
export type StockItem = {
  sku: string;
  /** Its SKU until somebody says more. */
  name: string;
  unit: string;
  /** `null` until it is registered. */
  master: MasterData | null;
  /** Below zero when more was sold than was ever said to have come. */
  onHand: number;
  /**
   * Log position of the first fact that said what is there: something came, or was counted. Before it the stock is not known
   * and nobody judges it; an item is often registered before its opening stock is.
   */
  knownSince: number | null;
  /** Goods on the shelf, what must be used first in front; together they are `onHand`, or nothing when it is below zero. */
  batches: StockBatch[];
  orders: OrderLine[];
  /** Of the last {@link KEPT_DAYS} days, ascending. */
  largestOut: DayLargest[];
  /** Log position of the latest change of what is there or on its way. */
  changedAt: number;
  /** Of the latest facts about it, oldest first. */
  positions: number[];
};

/** What is in stock and on its way, item by item. */
export type StockBook = { items: Map<string, StockItem> };

export const KEPT_DAYS = 60;
/** So long after it was placed, or expected, an order says nothing about today's stock. */
const FORGOTTEN_AFTER_DAYS = 120;
const MOST_ORDERS_OF_ITEM = 50;

/** The facts that change stock. */
export const STOCK_FACTS = [
  'steward.inventory.item-registered.v1',
  'steward.inventory.stock-moved.v1',
  'steward.inventory.purchase-order-placed.v1',
  'steward.inventory.purchase-order-received.v1',
  'steward.sales.order-completed.v1',
] as const satisfies readonly FactType[];

export function openStockBook(): StockBook {
  return { items: new Map() };
}

export function enterStock(book: StockBook, fact: BusinessFact): void {
  for (const change of stockChangesOf(fact)) {
    const item = itemOf(book, change);
    applyMasterData(item, change);
    applyShelf(item, change, fact);
    item.positions = withPosition(item.positions, fact.position);
  }
  if (fact.type === 'steward.inventory.purchase-order-placed.v1') placeOrder(book, fact.data, fact.local.date);
  if (fact.type === 'steward.inventory.purchase-order-received.v1') receiveOrder(book, fact.data, fact.local.date);
}

/** The items that a fact is about, each once. */
export function skusOf(fact: BusinessFact): readonly string[] {
  switch (fact.type) {
    case 'steward.inventory.item-registered.v1':
    case 'steward.inventory.stock-moved.v1':
      return [fact.data.sku];
    case 'steward.inventory.purchase-order-placed.v1':
    case 'steward.inventory.purchase-order-received.v1':
    case 'steward.sales.order-completed.v1':
      return [...new Set(fact.data.lines.map(({ sku }) => sku))];
    default:
      return [];
  }
}

/** Days since 1970, as the day series of the books count them. */
export const dayNumber = (date: LocalDate): number => Math.round(Date.parse(`${date}T00:00:00Z`) / DAY_MS);

function itemOf(book: StockBook, { sku, unit }: StockChange): StockItem {
  const known = book.items.get(sku);
  if (known) return known;
  const item: StockItem = {
    ...{ sku, name: sku, unit, master: null, onHand: 0, knownSince: null, changedAt: 0 },
    ...{ batches: [], orders: [], largestOut: [], positions: [] },
  };
  book.items.set(sku, item);
  return item;
}

function applyMasterData(item: StockItem, { masterData, description }: StockChange): void {
  if (masterData) {
    item.master = masterData;
    item.name = masterData.name;
    item.unit = masterData.unit;
  } else if (description !== undefined && item.master === null) {
    item.name = description.slice(0, 200);
  }
}

function applyShelf(item: StockItem, change: StockChange, { local, position }: BusinessFact): void {
  if (change.onHand === 0) return;
  item.changedAt = position;
  if (TELLS_STOCK.has(change.cause)) item.knownSince ??= position;
  if (change.onHand > 0) {
    putOnShelf(item, change, local.date);
  } else {
    takeFromShelf(item, change);
    if (change.consumed > 0) noteLargest(item, dayNumber(local.date), change.consumed);
  }
}

const TELLS_STOCK: ReadonlySet<StockChange['cause']> = new Set(['in', 'adjustment', 'received']);

/** What was already sold before it was said to have come is gone: only the rest lies on the shelf. */
function putOnShelf(item: StockItem, { onHand, lot }: StockChange, today: LocalDate): void {
  const before = item.onHand;
  item.onHand = plus(before, onHand);
  const expiresOn = lot?.expiresOn ?? null;
  const shelfLife = item.master?.shelfLifeDays ?? null;
  put(item.batches, {
    ...{ lotId: lot?.lotId ?? null, expiresOn, receivedOn: today },
    useBy: expiresOn ?? (shelfLife === null ? null : plusDays(today, shelfLife)),
    quantity: before < 0 ? Math.max(0, item.onHand) : onHand,
  });
}

function takeFromShelf(item: StockItem, { onHand, lot }: StockChange): void {
  item.onHand = plus(item.onHand, onHand);
  take(item.batches, -onHand, lot?.lotId);
}

function noteLargest(item: StockItem, day: number, quantity: number): void {
  const last = item.largestOut.at(-1);
  if (last && last.day >= day) {
    const same = last.day === day ? last : item.largestOut.find((one) => one.day === day);
    if (same) same.quantity = Math.max(same.quantity, quantity);
    return;
  }
  item.largestOut.push({ day, quantity });
  while ((item.largestOut[0]?.day ?? day) < day - KEPT_DAYS) item.largestOut.shift();
}

/** What has not come yet. A rest too small to wait for counts as come. */
export function remainingOf({ ordered, received }: OrderLine): number {
  return received >= COMPLETE_SHARE * ordered ? 0 : plus(ordered, -received);
}

/** An order that is sent anew replaces what it said before; what has come of it stays come. */
function placeOrder(book: StockBook, order: PurchaseOrderPlaced, today: LocalDate): void {
  const { purchaseOrderId, supplierId, expectedOn = null } = order;
  const bySku = Map.groupBy(order.lines, ({ sku }) => sku);
  withdrawOthers(book, purchaseOrderId, bySku);
  for (const [sku, lines] of bySku) {
    const item = book.items.get(sku);
    if (!item) continue;
    const ordered = lines.reduce((sum, { quantity }) => plus(sum, quantity.value), 0);
    const known = item.orders.find((line) => line.purchaseOrderId === purchaseOrderId);
    if (known) Object.assign(known, { supplierId, expectedOn, ordered });
    else keepLine(item, { purchaseOrderId, supplierId, placedOn: today, expectedOn, ordered, received: 0 }, today);
  }
}

/** Items that an order no longer names are no longer ordered by it. */
function withdrawOthers(book: StockBook, purchaseOrderId: string, named: ReadonlyMap<string, unknown>): void {
  const isKnown = [...named.keys()].some((sku) =>
    book.items.get(sku)?.orders.some((line) => line.purchaseOrderId === purchaseOrderId),
  );
  if (!isKnown) return;
  for (const item of book.items.values()) {
    if (named.has(item.sku)) continue;
    item.orders = item.orders.filter((line) => line.purchaseOrderId !== purchaseOrderId);
  }
}

function keepLine(item: StockItem, line: OrderLine, today: LocalDate): void {
  const oldest = plusDays(today, -FORGOTTEN_AFTER_DAYS);
  const kept = item.orders.filter(({ expectedOn, placedOn }) => (expectedOn ?? placedOn) >= oldest);
  item.orders = [...kept, line].slice(-MOST_ORDERS_OF_ITEM);
}

/** Goods may come before their order is told of; then the order is not waited for when it is. */
function receiveOrder(book: StockBook, receipt: PurchaseOrderReceived, today: LocalDate): void {
  const { purchaseOrderId, supplierId } = receipt;
  for (const { sku, quantity } of receipt.lines) {
    const item = book.items.get(sku);
    if (!item) continue;
    const line = item.orders.find((one) => one.purchaseOrderId === purchaseOrderId);
    if (line) line.received = plus(line.received, quantity.value);
    else {
      const received = quantity.value;
      keepLine(item, { purchaseOrderId, supplierId, placedOn: today, expectedOn: null, ordered: 0, received }, today);
    }
  }
}
