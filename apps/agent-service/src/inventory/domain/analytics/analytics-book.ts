import { fnv1a, money, type Money } from '#libs/kernel';
import type { Detection, Finding, WindowLook } from '#libs/agent-kit';
import type { DemandBook } from '../demand-book.ts';
import type { PurchasingBook } from '../purchasing-book.ts';
import type { StockItem } from '../stock-book.ts';

/** What the analyses need to know of an item. Quantities in its unit. */
export type AnalysedItem = Readonly<Pick<StockItem, 'sku' | 'name' | 'unit' | 'master'>>;

/** An item whose limits were told. */
export type RegisteredItem = AnalysedItem & Readonly<{ master: NonNullable<StockItem['master']> }>;

/** What the analyses look at; a part of the inventory agent's book. */
export type AnalyticsBook = {
  demand: DemandBook;
  purchasing: PurchasingBook;
  stock: Readonly<{ items: ReadonlyMap<string, AnalysedItem> }>;
};

const WEEK_DAYS = 7;

/**
 * The items whose turn it is on a weekday: each has one of the week, by its name, so that a week's work is spread and no look
 * takes long.
 */
export function itemsOfTurn({ stock }: Readonly<AnalyticsBook>, weekday: number): readonly RegisteredItem[] {
  return [...stock.items.values()].filter(
    (item): item is RegisteredItem => item.master !== null && fnv1a(item.sku) % WEEK_DAYS === weekday - 1,
  );
}

/** Analyses the items whose turn it is; what is no longer found of them is over. */
export function lookAtItemsOfTurn(
  look: WindowLook<AnalyticsBook>,
  find: (item: RegisteredItem, look: WindowLook<AnalyticsBook>) => Finding | undefined,
): Detection {
  const items = itemsOfTurn(look.book, look.local.weekday);
  return {
    looked: items.map(({ sku }) => itemSubject(sku)),
    findings: items.flatMap((item) => find(item, look) ?? []),
  };
}

export const itemSubject = (sku: string): string => `item:${sku}`;
export const supplierSubject = (supplierId: string): string => `supplier:${supplierId}`;

/** Of the latest facts about the item's demand. */
export function demandPositions({ demand }: Readonly<AnalyticsBook>, sku: string): readonly number[] {
  return demand.items.get(sku)?.positions.slice() ?? [];
}

/** A calculated amount as money: whole minor units. */
export const roundedMoney = (amount: number, { currency }: Pick<Money, 'currency'>): Money =>
  money(Math.round(amount), currency);

/** A quantity that can be ordered: whole pieces, tenths of what is weighed or measured. */
export function orderable(quantity: number, unit: string): number {
  return unit === 'each' ? Math.max(1, Math.round(quantity)) : Math.max(0.1, Math.round(quantity * 10) / 10);
}
