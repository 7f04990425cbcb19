import type { ConfidenceFactor, Figure } from '#libs/contracts';
import { timesMoney } from '#libs/kernel';
import {
  confidenceFrom,
  type CashAdviser,
  type CashAnswer,
  type Detector,
  type Finding,
  type Judgement,
  type Look,
} from '#libs/agent-kit';
import { judgedItems, judgedItemsOf, type KnownItem } from '../inventory-book.ts';
import { STOCK_FACTS } from '../stock-book.ts';
import { mustBuy, supplyAsSeen, supplyOf } from '../supply.ts';
import { reorderAction, reorderCaseOf, type BookWithCash, type ReorderCase } from './reorder-case.ts';
import { reorderQuestion } from './reorder-question.ts';
import { reorderReasoning } from './reorder-reasoning.ts';

/**
 * Too little is there and on its way: something must be bought. It is `low` until nothing is left that can be used, then `out`.
 * Goods that are ordered, and come too late, are the matter of `low_stock_alert`; never both for one item at one time.
 */
export function reorder<CashBook>(cash: CashAdviser<CashBook>): Detector<BookWithCash<CashBook>> {
  const findingsOf = (look: Look<BookWithCash<CashBook>>, items: readonly KnownItem[]): readonly Finding[] =>
    items
      .map((item) => supplyOf(look, item))
      .filter(mustBuy)
      .map((supply) => reorderFinding(reorderCaseOf(look, supplyAsSeen(supply), cash)));
  return {
    id: 'reorder',
    decisionType: 'reorder',
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
}

function reorderFinding(found: ReorderCase): Finding {
  const { supply, cash } = found;
  const { item } = supply;
  const isOut = supply.usable <= 0;
  return {
    subject: `item:${item.sku}`,
    state: isOut ? 'out' : 'low',
    grade: isOut ? 4 : 3,
    evidence: {
      figures: figuresOf(found),
      positions: [...item.positions],
      ...(cash ? { consulted: [cash.consultation] } : {}),
    },
    byRules: () => reorderByRules(found),
    question: reorderQuestion(found),
  };
}

function figuresOf({ supply, order, quantity }: ReorderCase): readonly Figure[] {
  const { item, outlook } = supply;
  const { unit } = item;
  return [
    { name: 'in stock', value: supply.onHand, unit },
    { name: 'usable until the delivery', value: supply.usable, unit },
    { name: 'on order', value: supply.onOrder, unit },
    { name: 'reorder point of the owner', value: supply.ownersLevel, unit },
    { name: 'reorder point computed', value: rounded(supply.computedLevel), unit },
    { name: 'safety stock', value: rounded(supply.safetyStock), unit },
    { name: 'used per day', value: rounded(outlook.perDay), unit },
    { name: 'days of record', value: outlook.observedDays },
    { name: 'lead time', value: rounded(outlook.leadTimeDays), unit: 'days' },
    { name: 'deliveries measured', value: outlook.leadTimeObserved },
    ...(supply.cover === undefined ? [] : [{ name: 'lasts', value: rounded(supply.cover), unit: 'days' }]),
    { name: 'order', value: quantity, unit },
    { name: 'order before cash was asked', value: order.quantity, unit },
    { name: 'cost', money: timesMoney(item.master.unitCost, quantity) },
  ];
}

const rounded = (value: number): number => Math.round(value * 100) / 100;

/** Decides without a model. */
function reorderByRules(found: ReorderCase): Judgement {
  return {
    action: reorderAction(found, found.quantity, found.urgency),
    ...confidenceFrom(confidenceFactors(found)),
    reasoning: reorderReasoning(found),
  };
}

const CASH_CONFIDENCE: Readonly<Record<CashAnswer['verdict'], number>> = {
  affordable: 1,
  tight: 0.6,
  unknown: 0.5,
  unaffordable: 0.3,
};
const DAYS_OF_GOOD_RECORD = 28;

/** The owner's own limit is certain; what was computed is as sure as the record behind it. */
function confidenceFactors({ supply, cash }: ReorderCase): readonly ConfidenceFactor[] {
  const { outlook, available, ownersLevel } = supply;
  const record = Math.min(1, outlook.observedDays / DAYS_OF_GOOD_RECORD);
  const isOwners = available <= ownersLevel;
  return [
    {
      factor: isOwners ? 'the owner’s limit is reached' : 'the computed limit is reached',
      weight: 0.5,
      value: isOwners ? 1 : 0.75,
    },
    { factor: 'length of the record of use', weight: 0.25, value: 0.4 + 0.6 * record },
    { factor: 'lead time measured', weight: 0.15, value: outlook.leadTimeObserved > 0 ? 1 : 0.6 },
    ...(cash ? [{ factor: 'cash for it', weight: 0.2, value: CASH_CONFIDENCE[cash.verdict] }] : []),
  ];
}
