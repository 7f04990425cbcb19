import { daysBetween, plusDays, timesMoney } from '#libs/kernel';
import { confidenceFrom, type Detector, type Finding, type Judgement, type Look } from '#libs/agent-kit';
import { figure, moneyInWords, quantityInWords } from '../in-words.ts';
import {
  asSeen,
  judgedItems,
  judgedItemsOf,
  outlookFor,
  type InventoryBook,
  type KnownItem,
} from '../inventory-book.ts';
import { expectedUse, type ItemOutlook } from '../item-outlook.ts';
import { batchesAtRisk } from '../lot-pace.ts';
import type { StockBatch } from '../stock-batch.ts';

/** A lot of which something will be left over when it has expired. */
type LotAtRisk = Readonly<{
  item: KnownItem;
  outlook: ItemOutlook;
  batch: StockBatch & { lotId: string; expiresOn: string };
  atRisk: number;
  /** Days that it is still good after today; below zero when it has expired. */
  daysLeft: number;
  state: 'at-risk' | 'soon' | 'expired';
}>;

/** Less than this share of a lot is within what a forecast can say. */
const LEAST_SHARE = 0.2;
const LEAST_UNITS = 1;
/** Of an item whose pace is not known yet, a lot is told only so shortly before it expires: most of them are used. */
const DAYS_LEFT_WITHOUT_PACE = 1;

/**
 * A lot will not be used up before it expires, at the pace at which the item is used; or it has expired and still lies there. Only
 * what is at risk counts: a lot that will be gone in time is none, however soon it expires. `soon` is within
 * `expiryAlertDays`; before that it is told as far ahead as demand is forecast. While nobody knows the pace, on the last day.
 */
export const expiry: Detector<InventoryBook> = {
  id: 'expiry',
  decisionType: 'expiry_alert',
  kind: 'situation',
  coolDownHours: 48,
  onFact: {
    types: ['steward.inventory.stock-moved.v1', 'steward.inventory.purchase-order-received.v1'],
    look: (look) => {
      const items = judgedItemsOf(look.book, look.fact).filter(({ batches }) => batches.some(isNamed));
      const gone = lotsNamed(look.fact);
      const there = items.flatMap(({ sku, batches }) =>
        batches.filter(isNamed).map(({ lotId }) => subjectOf(sku, lotId)),
      );
      return { looked: [...new Set([...gone, ...there])], findings: findingsOf(look, items) };
    },
  },
  onSchedule: {
    schedule: { every: 'day', at: '06:10' },
    look: (look) => ({ looked: 'everything', findings: findingsOf(look, judgedItems(look.book)) }),
  },
};

const subjectOf = (sku: string, lotId: string): string => `lot:${sku}/${lotId}`;

type Fact = Parameters<typeof judgedItemsOf>[1];

/** Lots that a fact names; it may have taken the last of them. */
function lotsNamed(fact: Fact): readonly string[] {
  if (fact.type === 'steward.inventory.stock-moved.v1' && fact.data.lot)
    return [subjectOf(fact.data.sku, fact.data.lot.lotId)];
  if (fact.type !== 'steward.inventory.purchase-order-received.v1') return [];
  return fact.data.lines.flatMap(({ sku, lot }) => (lot ? [subjectOf(sku, lot.lotId)] : []));
}

const isNamed = (batch: StockBatch): batch is LotAtRisk['batch'] => batch.lotId !== null && batch.expiresOn !== null;

function findingsOf(look: Look<InventoryBook>, items: readonly KnownItem[]): readonly Finding[] {
  return items.flatMap((item) => {
    if (!item.batches.some(isNamed)) return [];
    const outlook = outlookFor(look, item);
    return batchesAtRisk(item.batches, outlook, look.local.date).flatMap(({ batch, atRisk }) => {
      if (!isNamed(batch)) return [];
      const lot = lotAtRisk(look, { item, outlook, batch, atRisk });
      return lot ? [finding({ ...lot, item: asSeen(item), batch: { ...lot.batch } })] : [];
    });
  });
}

function lotAtRisk(
  { local, settings }: Look<InventoryBook>,
  lot: Pick<LotAtRisk, 'item' | 'outlook' | 'batch' | 'atRisk'>,
): LotAtRisk | undefined {
  const { expiryAlertDays, forecastHorizonDays } = settings.agents.inventory;
  const { batch, atRisk, outlook } = lot;
  const hasExpired = batch.expiresOn < local.date;
  if (atRisk < LEAST_UNITS || (!hasExpired && atRisk < LEAST_SHARE * batch.quantity)) return undefined;
  const daysLeft = daysBetween(local.date, batch.expiresOn);
  if (hasExpired) return { ...lot, daysLeft, state: 'expired' };
  const isPaceKnown = outlook.perDay > 0;
  const alertDays = isPaceKnown ? expiryAlertDays : Math.min(expiryAlertDays, DAYS_LEFT_WITHOUT_PACE);
  if (daysLeft <= alertDays) return { ...lot, daysLeft, state: 'soon' };
  return isPaceKnown && daysLeft <= forecastHorizonDays ? { ...lot, daysLeft, state: 'at-risk' } : undefined;
}

const GRADES: Readonly<Record<LotAtRisk['state'], number>> = { 'at-risk': 2, soon: 3, expired: 4 };

function finding(lot: LotAtRisk): Finding {
  const { item, batch, outlook, atRisk, daysLeft, state } = lot;
  const { unit } = item;
  return {
    subject: subjectOf(item.sku, batch.lotId),
    state,
    grade: GRADES[state],
    evidence: {
      positions: [...item.positions],
      figures: [
        { name: 'left of the lot', value: batch.quantity, unit },
        { name: 'will not be used in time', value: atRisk, unit },
        { name: 'worth', money: timesMoney(item.master.unitCost, atRisk) },
        { name: 'used per day', value: Math.round(outlook.perDay * 100) / 100, unit },
        { name: 'expires on', value: batch.expiresOn },
        { name: 'days left', value: daysLeft },
      ],
    },
    byRules: () => judgement(lot),
  };
}

function judgement(lot: LotAtRisk): Judgement {
  const { item, batch, outlook, atRisk, state, daysLeft } = lot;
  const { unit, sku } = item;
  const discountPercent = state === 'expired' ? 0 : discountFor(lot);
  const horizonCertainty = 1 - Math.min(0.5, Math.max(0, daysLeft) / 60);
  return {
    action: {
      kind: 'sell-lot',
      sku,
      lotId: batch.lotId,
      atRisk: { value: atRisk, unit },
      atRiskValue: timesMoney(item.master.unitCost, atRisk),
      expiresOn: batch.expiresOn,
      measures: [...measuresFor(lot)],
      ...(discountPercent > 0 ? { discountPercent } : {}),
    },
    ...confidenceFrom([
      { factor: 'it has expired, or how near it is', weight: 0.4, value: state === 'expired' ? 1 : horizonCertainty },
      { factor: 'share of the lot at risk', weight: 0.3, value: 0.5 + 0.5 * Math.min(1, atRisk / batch.quantity) },
      { factor: 'length of the record of use', weight: 0.3, value: 0.4 + 0.6 * Math.min(1, outlook.observedDays / 28) },
    ]),
    reasoning: inWords(lot, discountPercent),
  };
}

/** Fifteen to 25 % off, as in the reference system: the more is at risk, the more. */
function discountFor({ batch, atRisk }: LotAtRisk): number {
  const share = atRisk / batch.quantity;
  return share < 0.3 ? 15 : share < 0.6 ? 20 : 25;
}

type Measure = 'use-first' | 'discount' | 'donate' | 'dispose' | 'order-less';

function measuresFor(lot: LotAtRisk): readonly [Measure, ...Measure[]] {
  const orderLess: Measure[] = ordersTooMuch(lot) ? ['order-less'] : [];
  if (lot.state === 'expired') return ['dispose', ...orderLess];
  const donate: Measure[] = lot.daysLeft <= 1 ? ['donate'] : [];
  return ['use-first', 'discount', ...donate, ...orderLess];
}

/** Whether the usual order is more than is used within the shelf life. */
function ordersTooMuch({ item, outlook, batch }: LotAtRisk): boolean {
  const { shelfLifeDays, reorderQuantity } = item.master;
  if (shelfLifeDays === null || outlook.perDay <= 0) return false;
  return expectedUse(outlook, plusDays(batch.expiresOn, -shelfLifeDays), shelfLifeDays) < reorderQuantity;
}

function inWords(lot: LotAtRisk, discountPercent: number): string {
  const { item, batch, outlook, atRisk, state } = lot;
  const { name, unit, master } = item;
  const worth = moneyInWords(timesMoney(master.unitCost, atRisk));
  const which = `${name}, lot ${batch.lotId}`;
  const less = ordersTooMuch(lot)
    ? ` Your usual order of ${figure(master.reorderQuantity)} is more than is used within the shelf life of ${master.shelfLifeDays ?? 0} days: order less at a time.`
    : '';
  if (state === 'expired')
    return `${which}: expired on ${batch.expiresOn}, and ${quantityInWords(batch.quantity, unit)} (${worth}) still lie there. Take them out of use and book the waste.${less}`;
  const pace =
    outlook.perDay > 0
      ? `at about ${figure(outlook.perDay)} a day ${quantityInWords(atRisk, unit)} (${worth}) will be left over`
      : `how fast it is used is not known, so all of it (${worth}) may be left over`;
  return (
    `${which}: ${quantityInWords(batch.quantity, unit)} are left and expire on ${batch.expiresOn}; ${pace}. ` +
    `Use this lot first, and offer it at ${discountPercent} % off.${less}`
  );
}
