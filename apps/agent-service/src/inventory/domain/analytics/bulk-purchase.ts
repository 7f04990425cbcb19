import { timesMoney, type Money } from '#libs/kernel';
import { confidenceFrom, type Detector, type Finding, type WindowLook } from '#libs/agent-kit';
import { moneyOfSetting, type BusinessSettings } from '#libs/business-settings';
import { DAYS_OF_YEAR, reorderPolicy } from '#libs/forecasting';
import { demandOf, type Demand } from '../demand-book.ts';
import { daysInWords, figure, moneyInWords, quantityInWords, shareInWords } from '../in-words.ts';
import {
  demandPositions,
  lookAtItemsOfTurn,
  itemSubject,
  orderable,
  roundedMoney,
  type AnalyticsBook,
  type RegisteredItem,
} from './analytics-book.ts';

const OBSERVED_DAYS = 90;
const LEAST_DAYS = 28;
/** Nobody knows what will be used later. */
const MOST_DAYS_OF_DEMAND = 90;
const USABLE_SHELF_LIFE = 0.8;
/** In order costs a year, and of what is bought in a year; less is not worth the room and the money tied up. */
const LEAST_ORDERS_SAVED = 2;
const LEAST_SHARE_SAVED = 0.025;

/** Once a week for each item: would a larger quantity at a discount cost less in a year, what is held longer included? */
export const bulkPurchaseOptimization: Detector<AnalyticsBook> = {
  id: 'bulk-purchase',
  decisionType: 'bulk_purchase_optimization',
  kind: 'situation',
  coolDownHours: 30 * 24,
  onSchedule: {
    schedule: { every: 'day', at: '05:30' },
    look: (look) => lookAtItemsOfTurn(look, cheaperInBulk),
  },
};

type Offer = Readonly<{
  /** From where on the discount is given, and what is best ordered with it. */
  tier: number;
  quantity: number;
  discount: number;
  /** A year's, in minor units: what is paid less, and for how much longer it is held. */
  onPrice: number;
  onOrders: number;
  holding: number;
  saving: number;
}>;

type Case = Readonly<{ item: RegisteredItem; demand: Demand; settings: BusinessSettings; usual: number; most: number }>;

function cheaperInBulk(item: RegisteredItem, look: WindowLook<AnalyticsBook>): Finding | undefined {
  const { book, local, settings } = look;
  const { unitCost, reorderQuantity } = item.master;
  if (unitCost.currency !== settings.business.currency) return undefined;
  const demand = demandOf(book.demand, item.sku, { until: local.date, days: OBSERVED_DAYS });
  if (!demand || demand.days < LEAST_DAYS || demand.perDay <= 0) return undefined;
  const most = mostUseful(item, demand);
  const usual = Math.max(reorderQuantity, Math.min(economicQuantity(item, demand, settings), most));
  const offers = settings.agents.inventory.bulkDiscountTiers
    .filter(({ quantity }) => quantity > reorderQuantity && quantity <= most)
    .map((tier) => offerOf(tier, { item, demand, settings, usual, most }))
    .toSorted((left, right) => right.saving - left.saving);
  const [best] = offers;
  const yearly = demand.perDay * DAYS_OF_YEAR * unitCost.amount;
  const orders = moneyOfSetting(settings, LEAST_ORDERS_SAVED * settings.agents.inventory.orderCost).amount;
  if (!best || best.saving < Math.max(orders, LEAST_SHARE_SAVED * yearly)) return undefined;
  return findingOf(item, { best, demand, most }, look);
}

/** What is used up in 90 days, before it spoils, and has room. */
function mostUseful({ master }: RegisteredItem, { perDay }: Demand): number {
  const shelf = master.shelfLifeDays === null ? Infinity : master.shelfLifeDays * USABLE_SHELF_LIFE;
  return Math.min(perDay * Math.min(MOST_DAYS_OF_DEMAND, shelf), master.maximumStock ?? Infinity);
}

function economicQuantity({ master }: RegisteredItem, demand: Demand, settings: BusinessSettings): number {
  const { orderCost, holdingCostRate, serviceLevelTarget } = settings.agents.inventory;
  return reorderPolicy({
    demandPerDay: demand.perDay,
    ...{ demandDeviation: 0, leadTimeDays: 0, leadTimeDeviation: 0, serviceLevel: serviceLevelTarget },
    unitCost: master.unitCost.amount,
    orderCost: moneyOfSetting(settings, orderCost).amount,
    holdingRate: holdingCostRate,
  }).economicQuantity;
}

/**
 * What a discount saves against the best order without it, so that what fewer orders would save anyway is not counted for the
 * discount.
 */
function offerOf(
  { quantity: tier, discount }: Readonly<{ quantity: number; discount: number }>,
  { item, demand, settings, usual, most }: Case,
): Offer {
  const { holdingCostRate, orderCost } = settings.agents.inventory;
  const { unitCost } = item.master;
  const quantity = orderable(Math.min(Math.max(tier, usual), most), item.unit);
  const yearly = demand.perDay * DAYS_OF_YEAR;
  const onPrice = yearly * unitCost.amount * discount;
  const onOrders = (yearly / usual - yearly / quantity) * moneyOfSetting(settings, orderCost).amount;
  const held = (quantity / 2) * (1 - discount) - usual / 2;
  const holding = holdingCostRate * unitCost.amount * held;
  return { tier, quantity, discount, onPrice, onOrders, holding, saving: onPrice + onOrders - holding };
}

function findingOf(
  item: RegisteredItem,
  { best, demand, most }: Readonly<{ best: Offer; demand: Demand; most: number }>,
  { book }: WindowLook<AnalyticsBook>,
): Finding {
  const { unit, master } = item;
  const saving = roundedMoney(best.saving, master.unitCost);
  const cost = timesMoney(master.unitCost, best.quantity * (1 - best.discount));
  return {
    subject: itemSubject(item.sku),
    state: `tier-${best.tier}`,
    grade: 1,
    evidence: {
      positions: demandPositions(book, item.sku),
      figures: [
        { name: 'usedPerDay', value: Math.round(demand.perDay * 1_000) / 1_000, unit },
        { name: 'observedDays', value: demand.days },
        { name: 'usualQuantity', value: master.reorderQuantity, unit },
        { name: 'quantity', value: best.quantity, unit },
        { name: 'mostUsefulQuantity', value: Math.floor(most), unit },
        { name: 'discount', value: best.discount },
        { name: 'lowerPriceAYear', money: roundedMoney(best.onPrice, master.unitCost) },
        { name: 'fewerOrdersAYear', money: roundedMoney(best.onOrders, master.unitCost) },
        { name: 'moreHoldingAYear', money: roundedMoney(best.holding, master.unitCost) },
        { name: 'yearlySaving', money: saving },
      ],
    },
    byRules: () => ({
      action: {
        kind: 'buy-in-bulk',
        sku: item.sku,
        quantity: { value: best.quantity, unit },
        ...(master.supplierId === null ? {} : { supplierId: master.supplierId }),
        cost,
        yearlySaving: saving,
      },
      ...confidenceFrom([
        { factor: 'days of record', weight: 0.4, value: demand.days / OBSERVED_DAYS },
        { factor: 'room below the most useful quantity', weight: 0.3, value: 1 - (0.5 * best.quantity) / most },
        { factor: 'discount known only as a usual one', weight: 0.3, value: 0.5 },
      ]),
      reasoning: explain(item, { best, demand, saving, cost }),
    }),
  };
}

function explain(
  { name, unit, master }: RegisteredItem,
  { best, demand, saving, cost }: Readonly<{ best: Offer; demand: Demand; saving: Money; cost: Money }>,
): string {
  return (
    `${name}: ${quantityInWords(best.quantity, unit)} at once instead of ${quantityInWords(master.reorderQuantity, unit)} ` +
    `would cost ${moneyInWords(cost)} at the usual discount of ${shareInWords(best.discount)} and last ` +
    `${daysInWords(Math.round(best.quantity / demand.perDay))} at ${figure(demand.perDay)} a day (measured over ${demand.days} days). ` +
    `In a year that saves about ${moneyInWords(saving)} against the best order without discount: ` +
    `${moneyInWords(roundedMoney(best.onPrice, cost))} on the price, ` +
    `${moneyInWords(roundedMoney(best.onOrders - best.holding, cost))} on ordering and holding. ` +
    `Ask the supplier for that discount from ${figure(best.tier)} on.`
  );
}
