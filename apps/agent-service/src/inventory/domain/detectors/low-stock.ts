import { daysBetween, plusDays, type LocalDate } from '#libs/kernel';
import { confidenceFrom, type Detector, type Finding, type Judgement, type Look } from '#libs/agent-kit';
import { daysInWords, figure, quantityInWords } from '../in-words.ts';
import { judgedItems, judgedItemsOf, type InventoryBook, type KnownItem } from '../inventory-book.ts';
import { remainingOf, STOCK_FACTS } from '../stock-book.ts';
import { mustBuy, supplyAsSeen, supplyOf, type AwaitedOrder, type Supply } from '../supply.ts';

/** Goods are on their way, and the shelf is or will be too empty before they come. */
type Shortage = Readonly<{
  supply: Supply;
  state: 'short' | 'out';
  first: AwaitedOrder;
  /** When the first of them can be expected; see {@link waitForLate} for a late one. */
  comesOn: LocalDate;
  neededOn: LocalDate;
}>;

/** A stock that ends so much of a day before the delivery is short; less is within what can be foreseen. */
const LEAST_GAP_DAYS = 0.5;

/**
 * Enough is ordered, so there is nothing to buy, but it comes too late: nothing is left, the owner's minimum is reached, or the
 * stock will end before the delivery. Then the supplier must be hurried. When too little is ordered it is `reorder`'s matter.
 */
export const lowStock: Detector<InventoryBook> = {
  id: 'low-stock',
  decisionType: 'low_stock_alert',
  kind: 'situation',
  coolDownHours: 48,
  onFact: {
    types: STOCK_FACTS,
    look: (look) => {
      const items = judgedItemsOf(look.book, look.fact);
      return { looked: items.map(({ sku }) => `item:${sku}`), findings: findingsOf(look, items) };
    },
  },
  onSchedule: {
    schedule: { every: 'interval', seconds: ({ agents }) => agents.inventory.checkInterval },
    look: (look) => ({ looked: 'everything', findings: findingsOf(look, judgedItems(look.book)) }),
  },
};

function findingsOf(look: Look<InventoryBook>, items: readonly KnownItem[]): readonly Finding[] {
  return items.flatMap((item) => {
    if (!item.orders.some((line) => remainingOf(line) > 0)) return [];
    const shortage = shortageOf(supplyOf(look, item));
    return shortage ? [finding({ ...shortage, supply: supplyAsSeen(shortage.supply) })] : [];
  });
}

function shortageOf(supply: Supply): Shortage | undefined {
  const [first] = supply.orders;
  if (!first || mustBuy(supply)) return undefined;
  const { today, usable, cover, item } = supply;
  const comesOn = first.isLate ? plusDays(today, waitForLate(supply, first)) : first.expectedOn;
  const neededOn = plusDays(today, cover === undefined ? 0 : Math.floor(cover));
  if (usable <= 0) return { supply, state: 'out', first, comesOn, neededOn: today };
  const isBelowMinimum = item.master.minimumStock !== null && usable <= item.master.minimumStock;
  const endsBefore = cover !== undefined && cover + LEAST_GAP_DAYS < daysBetween(today, comesOn);
  return isBelowMinimum || endsBefore ? { supply, state: 'short', first, comesOn, neededOn } : undefined;
}

/** What is late by a day comes tomorrow; the later it is, the longer it may still take, up to half a lead time. */
function waitForLate({ today, outlook }: Supply, { expectedOn }: AwaitedOrder): number {
  return Math.min(daysBetween(expectedOn, today), Math.max(1, Math.ceil(outlook.leadTimeDays / 2)));
}

function finding(shortage: Shortage): Finding {
  const { supply, state, first, comesOn } = shortage;
  const { item, outlook } = supply;
  const { unit } = item;
  return {
    subject: `item:${item.sku}`,
    state,
    grade: state === 'out' ? 4 : 3,
    evidence: {
      positions: [...item.positions],
      figures: [
        { name: 'in stock', value: supply.onHand, unit },
        { name: 'usable until the delivery', value: supply.usable, unit },
        { name: 'on order', value: supply.onOrder, unit },
        { name: 'minimum stock', value: item.master.minimumStock ?? 0, unit },
        { name: 'used per day', value: Math.round(outlook.perDay * 100) / 100, unit },
        { name: 'next delivery expected', value: first.expectedOn },
        { name: 'next delivery late', value: first.isLate },
        { name: 'next delivery reckoned with', value: comesOn },
      ],
    },
    byRules: () => judgement(shortage),
  };
}

function judgement(shortage: Shortage): Judgement {
  const { supply, state, first, neededOn } = shortage;
  const { outlook, item } = supply;
  return {
    action: {
      kind: 'expedite-order',
      sku: item.sku,
      purchaseOrderIds: supply.orders.map(({ line }) => line.purchaseOrderId),
      neededOn,
    },
    ...confidenceFrom([
      { factor: 'it is so already, or foreseen', weight: 0.5, value: state === 'out' ? 1 : 0.75 },
      {
        factor: 'length of the record of use',
        weight: 0.25,
        value: 0.4 + 0.6 * Math.min(1, outlook.observedDays / 28),
      },
      {
        factor: 'the day of delivery is known',
        weight: 0.25,
        value: first.line.expectedOn === null || first.isLate ? 0.6 : 1,
      },
    ]),
    reasoning: inWords(shortage),
  };
}

function inWords({ supply, first, neededOn, state }: Shortage): string {
  const { item, usable, onOrder, outlook, cover } = supply;
  const { minimumStock } = item.master;
  const minimum = minimumStock === null ? '' : `, your minimum is ${figure(minimumStock)}`;
  const there =
    state === 'out'
      ? `${item.name}: nothing is left that can be used`
      : `${item.name}: ${quantityInWords(usable, item.unit)} can still be used${minimum}`;
  const pace =
    outlook.perDay > 0 && cover !== undefined
      ? ` At ${figure(outlook.perDay)} a day that lasts about ${daysInWords(cover)}.`
      : '';
  const order = `order ${first.line.purchaseOrderId} of ${first.line.supplierId}`;
  const coming = first.isLate
    ? `${figure(onOrder)} are on order, but ${order} was expected on ${first.expectedOn} and has not come.`
    : `${figure(onOrder)} are on order; ${order} is expected on ${first.expectedOn}.`;
  return `${there}.${pace} ${coming} Ask the supplier to deliver by ${neededOn}, or get what is missing elsewhere.`;
}
