import type { BusinessSettings } from '#libs/business-settings';
import { moneyOfSetting } from '#libs/business-settings';
import { reorderPolicy } from '#libs/forecasting';
import { expectedUse } from './item-outlook.ts';
import type { Supply } from './supply.ts';

/** What decided how much is ordered. */
export type QuantityReason = 'usual' | 'economic' | 'need' | 'shelf-life' | 'maximum-stock';

/** How much to order, and the least that prevents a stock-out until the order after it could come. In the item's unit. */
export type OrderQuantity = Readonly<{ quantity: number; least: number; reason: QuantityReason }>;

/** Stock that an order is to leave when the delivery has come: a week's use, less for what keeps shorter. */
const DAYS_AFTER_DELIVERY = 7;

/**
 * Of usual order, economic quantity and need the largest; but no more than is used while it is good, and than there is room for.
 * The economic quantity counts for as far as demand is forecast (`forecastHorizonDays`).
 */
export function orderQuantity(supply: Supply, settings: BusinessSettings): OrderQuantity {
  const { item, outlook, deliveryOn, available, level, ownersLevel } = supply;
  const { reorderQuantity, shelfLifeDays } = item.master;
  const daysAfter = Math.min(DAYS_AFTER_DELIVERY, shelfLifeDays ?? DAYS_AFTER_DELIVERY);
  const need = level + expectedUse(outlook, deliveryOn, daysAfter) - available;
  const step = Number.isInteger(reorderQuantity) ? 1 : 0.1;
  const wished = largest([
    { quantity: reorderQuantity, reason: 'usual' },
    { quantity: economicQuantity(supply, settings), reason: 'economic' },
    { quantity: need, reason: 'need' },
  ]);
  const limits: Wish[] = [
    { quantity: mostUsedWhileGood(supply), reason: 'shelf-life' },
    { quantity: roomFor(supply), reason: 'maximum-stock' },
  ];
  const smallest = limits.reduce((small, limit) => (limit.quantity < small.quantity ? limit : small), wished);
  const quantity = upTo(Math.max(smallest.quantity, step), step);
  // To be out of the danger: above the owner's own limit, and through the lead time of the next order.
  const danger = Math.max(ownersLevel, supply.computedLevel) + step - available;
  return {
    quantity,
    least: Math.min(quantity, upTo(Math.max(danger, step), step)),
    reason: smallest.reason,
  };
}

type Wish = Readonly<{ quantity: number; reason: QuantityReason }>;

const largest = (wishes: readonly [Wish, ...Wish[]]): Wish =>
  wishes.reduce((most, wish) => (wish.quantity > most.quantity ? wish : most));

/** Rounded up to what can be bought; a binary remainder is no reason for one more. */
function upTo(quantity: number, step: number): number {
  const steps = Math.ceil(quantity / step - 1e-9);
  return step === 1 ? steps : Math.round(steps * step * 10) / 10;
}

function economicQuantity({ item, outlook, deliveryOn }: Supply, settings: BusinessSettings): number {
  const { orderCost, holdingCostRate, serviceLevelTarget, forecastHorizonDays } = settings.agents.inventory;
  const { unitCost } = item.master;
  const costOfOrder = moneyOfSetting(settings, orderCost);
  if (unitCost.currency !== costOfOrder.currency || unitCost.amount <= 0) return 0;
  const { economicQuantity: quantity } = reorderPolicy({
    demandPerDay: outlook.perDay,
    demandDeviation: outlook.deviation,
    leadTimeDays: outlook.leadTimeDays,
    leadTimeDeviation: outlook.leadTimeDeviation,
    serviceLevel: serviceLevelTarget,
    unitCost: unitCost.amount,
    orderCost: costOfOrder.amount,
    holdingRate: holdingCostRate,
  });
  return Math.min(quantity, expectedUse(outlook, deliveryOn, forecastHorizonDays));
}

/** Of what is used within the shelf life on average; the rest is for weaker days. As in the reference system. */
const SHARE_OF_SHELF_LIFE = 0.8;

/** What is surely used of a delivery before it expires: what still lies there when it comes is used first. */
function mostUsedWhileGood(supply: Supply): number {
  const { item, outlook, deliveryOn } = supply;
  const { shelfLifeDays } = item.master;
  if (shelfLifeDays === null || outlook.perDay <= 0) return Infinity;
  return SHARE_OF_SHELF_LIFE * expectedUse(outlook, deliveryOn, shelfLifeDays) - leftAtDelivery(supply);
}

function roomFor(supply: Supply): number {
  const { maximumStock } = supply.item.master;
  return maximumStock === null ? Infinity : maximumStock - leftAtDelivery(supply);
}

function leftAtDelivery({ outlook, today, available }: Supply): number {
  return Math.max(0, available - expectedUse(outlook, today, outlook.leadTimeDays));
}
