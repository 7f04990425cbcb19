import { timesMoney } from '#libs/kernel';
import { confidenceFrom, type Detector, type Finding, type Look } from '#libs/agent-kit';
import { moneyOfSetting } from '#libs/business-settings';
import { daysInWords, figure, moneyInWords, quantityInWords } from '../in-words.ts';
import {
  asSeen,
  judgedItems,
  judgedItemsOf,
  outlookFor,
  type InventoryBook,
  type KnownItem,
} from '../inventory-book.ts';
import { daysOfCover, expectedUse } from '../item-outlook.ts';

/** A twentieth above the maximum is a delivery rounded up, and nothing to act on. */
const TOLERANCE = 0.05;
/** Without a maximum, stock for more days than this is too much when it ties up enough money. */
const SLOW_AFTER_DAYS = 180;
const LEAST_RECORD_DAYS = 30;

type Overstock = Readonly<{ item: KnownItem; state: 'over-maximum' | 'slow'; limit: number; excess: number }>;

/** More of an item is there than the owner wants at most, or, where the owner set no maximum, than is used in half a year. */
export const overstock: Detector<InventoryBook> = {
  id: 'overstock',
  decisionType: 'overstock_alert',
  kind: 'situation',
  coolDownHours: 7 * 24,
  onFact: {
    types: ['steward.inventory.stock-moved.v1', 'steward.inventory.purchase-order-received.v1'],
    look: (look) => {
      const items = judgedItemsOf(look.book, look.fact);
      return { looked: items.map(({ sku }) => `item:${sku}`), findings: findingsOf(look, items) };
    },
  },
  onSchedule: {
    schedule: { every: 'day', at: '06:20' },
    look: (look) => ({ looked: 'everything', findings: findingsOf(look, judgedItems(look.book)) }),
  },
};

const findingsOf = (look: Look<InventoryBook>, items: readonly KnownItem[]): readonly Finding[] =>
  items.flatMap((item) => {
    const found = overstockOf(look, item);
    return found ? [finding(look, { ...found, item: asSeen(item) })] : [];
  });

function overstockOf(look: Look<InventoryBook>, item: KnownItem): Overstock | undefined {
  const { maximumStock, unitCost } = item.master;
  if (maximumStock !== null) {
    const isOver = maximumStock > 0 && item.onHand > maximumStock * (1 + TOLERANCE);
    return isOver
      ? { item, state: 'over-maximum', limit: maximumStock, excess: item.onHand - maximumStock }
      : undefined;
  }
  const outlook = outlookFor(look, item);
  if (outlook.perDay <= 0 || outlook.observedDays < LEAST_RECORD_DAYS) return undefined;
  const limit = expectedUse(outlook, look.local.date, SLOW_AFTER_DAYS);
  const excess = item.onHand - limit;
  const worth = moneyOfSetting(look.settings, look.settings.agents.inventory.largePurchaseThreshold);
  if (excess <= 0 || unitCost.currency !== worth.currency || excess * unitCost.amount < worth.amount) return undefined;
  return { item, state: 'slow', limit, excess };
}

function finding(look: Look<InventoryBook>, found: Overstock): Finding {
  const { item, state, limit, excess } = found;
  const { unit, master, sku } = item;
  const outlook = outlookFor(look, item);
  const cover = daysOfCover(outlook, look.local.date, item.onHand);
  const tiedUp = timesMoney(master.unitCost, excess);
  const known = Math.min(1, outlook.observedDays / 28);
  const pace =
    outlook.perDay > 0
      ? ` At ${figure(outlook.perDay)} a day it lasts ${cover === undefined ? 'more than two years' : `about ${daysInWords(cover)}`}.`
      : '';
  const why =
    state === 'slow'
      ? `what is used in ${SLOW_AFTER_DAYS} days is ${figure(limit)}`
      : `your maximum is ${figure(limit)}`;
  return {
    subject: `item:${sku}`,
    state,
    grade: 2,
    evidence: {
      positions: [...item.positions],
      figures: [
        { name: 'in stock', value: item.onHand, unit },
        {
          name: state === 'slow' ? 'used in half a year' : 'maximum stock',
          value: Math.round(limit * 100) / 100,
          unit,
        },
        { name: 'used per day', value: Math.round(outlook.perDay * 100) / 100, unit },
        { name: 'tied up in the excess', money: tiedUp },
      ],
    },
    byRules: () => ({
      action: { kind: 'reduce-stock', sku, excess: { value: Math.round(excess * 1e6) / 1e6, unit }, tiedUp },
      ...confidenceFrom([
        {
          factor: state === 'slow' ? 'use is foreseen' : 'the owner’s limit is passed',
          weight: 0.6,
          value: state === 'slow' ? 0.6 : 1,
        },
        { factor: 'length of the record of use', weight: 0.4, value: 0.4 + 0.6 * known },
      ]),
      reasoning:
        `${item.name}: ${quantityInWords(item.onHand, unit)} in stock, ${why}.${pace} ` +
        `${quantityInWords(excess, unit)} too many tie up ${moneyInWords(tiedUp)}. Order none until it has come down, or sell some off.`,
    }),
  };
}
