import { plusDays, type LocalDate } from '#libs/kernel';
import type { BusinessSettings } from '#libs/business-settings';
import { probit } from 'simple-statistics';
import { deviationOverLeadTime } from '#libs/forecasting';
import type { Look } from '#libs/agent-kit';
import { asSeen, outlookFor, type InventoryBook, type KnownItem } from './inventory-book.ts';
import { daysOfCover, expectedUse, type ItemOutlook } from './item-outlook.ts';
import { usableUntil } from './lot-pace.ts';
import { plus } from './stock-change.ts';
import { remainingOf, type OrderLine } from './stock-book.ts';

/** An order that is still waited for. */
export type AwaitedOrder = Readonly<{ line: OrderLine; remaining: number; expectedOn: LocalDate; isLate: boolean }>;

/** How an item stands on one day: what is there, what is coming, and how much there should be. In the item's unit. */
export type Supply = Readonly<{
  item: KnownItem;
  outlook: ItemOutlook;
  today: LocalDate;
  /** The day on which goods ordered today come. */
  deliveryOn: LocalDate;
  onHand: number;
  /** Of what is there, what is good until a delivery could come or used before. Below zero as `onHand` is. */
  usable: number;
  /** Sorted by the day on which they are expected. */
  orders: readonly AwaitedOrder[];
  onOrder: number;
  available: number;
  /** Buy when `available` has come down to this: the largest of the three. */
  level: number;
  /** What the owner set: reorder point, or minimum stock when that is more. */
  ownersLevel: number;
  /** What demand, lead time and service level ask for; 0 while demand is not known. */
  computedLevel: number;
  safetyStock: number;
  /** How long what is usable lasts, in days. */
  cover: number | undefined;
}>;

/** A computed level never asks for more than this share of the most that may be in stock. */
const MOST_OF_MAXIMUM = 0.7;
/** An order is believed in for so many days after it was due; then goods must come from elsewhere. */
const LEAST_PATIENCE_DAYS = 3;

/** How an item stands at a look. */
export function supplyOf(look: Look<InventoryBook>, item: KnownItem): Supply {
  const outlook = outlookFor(look, item);
  const today = look.local.date;
  const deliveryOn = plusDays(today, Math.ceil(outlook.leadTimeDays));
  const usable =
    item.onHand > 0 ? usableUntil(item.batches, outlook, { today, until: deliveryOn }) : Math.min(0, item.onHand);
  const orders = awaitedOrders(item, outlook, today);
  const onOrder = orders.reduce((sum, { remaining }) => plus(sum, remaining), 0);
  const levels = levelsOf(item, outlook, { today, settings: look.settings });
  return {
    ...{ item, outlook, today, deliveryOn, onHand: item.onHand, usable, orders, onOrder },
    available: plus(usable, onOrder),
    ...levels,
    cover: daysOfCover(outlook, today, usable),
  };
}

/** For a finding, which must not change with the facts that come after it. */
export const supplyAsSeen = (supply: Supply): Supply => ({ ...supply, item: asSeen(supply.item) });

/** Whether too little is there and on its way. */
export const mustBuy = ({ available, level }: Supply): boolean => available <= level;

function awaitedOrders(item: KnownItem, outlook: ItemOutlook, today: LocalDate): readonly AwaitedOrder[] {
  const lead = Math.ceil(outlook.leadTimeDays);
  const open = item.orders.filter((line) => remainingOf(line) > 0);
  if (open.length === 0) return [];
  const oldest = plusDays(today, -Math.max(LEAST_PATIENCE_DAYS, lead));
  return open
    .map((line) => {
      const expectedOn = line.expectedOn ?? plusDays(line.placedOn, lead);
      return { line: { ...line }, remaining: remainingOf(line), expectedOn, isLate: expectedOn < today };
    })
    .filter(({ expectedOn }) => expectedOn >= oldest)
    .sort((left, right) => (left.expectedOn < right.expectedOn ? -1 : left.expectedOn > right.expectedOn ? 1 : 0));
}

/**
 * Reorder point = demand over the lead time + z * standard deviation of that demand, z being the normal quantile of the service
 * level (Silver, Pyke and Thomas, 4th ed., 6.7); at least what is used in the lead time stretched by `lowStockMultiplier`.
 */
function levelsOf(
  { master }: KnownItem,
  outlook: ItemOutlook,
  { today, settings }: Readonly<{ today: LocalDate; settings: BusinessSettings }>,
): Pick<Supply, 'level' | 'ownersLevel' | 'computedLevel' | 'safetyStock'> {
  const ownersLevel = Math.max(master.reorderPoint, master.minimumStock ?? 0);
  const { serviceLevelTarget, lowStockMultiplier } = settings.agents.inventory;
  if (outlook.perDay <= 0) return { level: ownersLevel, ownersLevel, computedLevel: 0, safetyStock: 0 };
  const safetyStock =
    Math.max(0, probit(serviceLevelTarget)) *
    deviationOverLeadTime({
      demandPerDay: outlook.perDay,
      demandDeviation: outlook.deviation,
      leadTimeDays: outlook.leadTimeDays,
      leadTimeDeviation: outlook.leadTimeDeviation,
    });
  const wanted = Math.max(
    expectedUse(outlook, today, outlook.leadTimeDays) + safetyStock,
    expectedUse(outlook, today, outlook.leadTimeDays * lowStockMultiplier),
  );
  const most = master.maximumStock === null ? Infinity : MOST_OF_MAXIMUM * master.maximumStock;
  const computedLevel = Math.min(wanted, most);
  return { level: Math.max(ownersLevel, computedLevel), ownersLevel, computedLevel, safetyStock };
}
