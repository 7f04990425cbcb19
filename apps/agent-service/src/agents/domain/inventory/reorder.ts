import type { Money } from '#libs/kernel';
import { timesMoney } from '#libs/kernel';
import type { Finding, Judgement } from '../agent-definition.ts';

/** What the inventory agent knows of one item. Quantities in the item's unit. */
export type StockFacts = Readonly<{
  sku: string;
  name: string;
  unit: string;
  onHand: number;
  onOrder: number;
  reorderPoint: number;
  reorderQuantity: number;
  unitCost: Money;
  supplierId: string | null;
  leadTimeDays: number;
  /** Used per day, over `observedDays`. */
  consumptionPerDay: number;
  observedDays: number;
}>;

export type ReorderSettings = Readonly<{
  /** A stock is low when it lasts less than the lead time multiplied by this. */
  lowStockMultiplier: number;
  /** Stock that stays in hand when the delivery comes, in days of consumption. */
  safetyDays: number;
  /** With less history, consumption says nothing yet, and the reorder point alone counts. */
  leastObservedDays: number;
}>;

/** The restaurant's values of the reference system. */
export const REORDER_SETTINGS: ReorderSettings = { lowStockMultiplier: 1.3, safetyDays: 7, leastObservedDays: 3 };

export type Urgency = 'critical' | 'high' | 'medium';

export const reorderKey = (sku: string): string => `reorder:${sku}`;

/**
 * An item must be reordered when what is there and on its way has come down to the reorder point, or
 * lasts less than the supplier needs (with a margin).
 */
export function detectReorder(facts: StockFacts, settings = REORDER_SETTINGS): Finding<StockFacts> | undefined {
  const available = facts.onHand + facts.onOrder;
  const cover = daysOfCover(available, knownUse(facts, settings));
  const isLow = available <= facts.reorderPoint;
  const runsOut = cover !== undefined && cover <= facts.leadTimeDays * settings.lowStockMultiplier;
  if (!isLow && !runsOut) return undefined;
  return { key: reorderKey(facts.sku), decisionType: 'reorder', subjectRef: `item:${facts.sku}`, facts };
}

/** Use per day, or 0 while the record is too short to say: one busy day is no trend. */
function knownUse({ consumptionPerDay, observedDays }: StockFacts, { leastObservedDays }: ReorderSettings): number {
  return observedDays >= leastObservedDays ? consumptionPerDay : 0;
}

/** How many days the quantity lasts; `undefined` when nothing is used. */
function daysOfCover(quantity: number, perDay: number): number | undefined {
  return perDay > 0 ? Math.max(0, quantity) / perDay : undefined;
}

/**
 * Orders the usual quantity, or what is used until the delivery and the safety days after it, whichever is more.
 * Urgency as in the reference system: critical at half the lead time, high at four fifths.
 */
export function decideReorderByRules({ facts }: Finding<StockFacts>, settings = REORDER_SETTINGS): Judgement {
  const quantity = suggestedQuantity(facts, settings);
  const urgency = urgencyOf(facts, knownUse(facts, settings));
  return {
    action: reorderAction(facts, quantity, urgency),
    confidence: confidenceOf(facts, settings),
    reasoning: explain(facts, quantity, settings),
  };
}

/** The typed action for a quantity of the item. */
export function reorderAction(facts: StockFacts, quantity: number, urgency: Urgency): Judgement['action'] {
  return {
    kind: 'reorder',
    sku: facts.sku,
    quantity: { value: quantity, unit: facts.unit },
    ...(facts.supplierId === null ? {} : { supplierId: facts.supplierId }),
    estimatedCost: timesMoney(facts.unitCost, quantity),
    urgency,
  };
}

function suggestedQuantity(facts: StockFacts, settings: ReorderSettings): number {
  const available = facts.onHand + facts.onOrder;
  const untilDelivery = knownUse(facts, settings) * (facts.leadTimeDays + settings.safetyDays);
  const backToReorderPoint = facts.reorderPoint - available;
  return Math.ceil(Math.max(facts.reorderQuantity, untilDelivery - available, backToReorderPoint));
}

function urgencyOf({ onHand, reorderPoint, leadTimeDays }: StockFacts, usePerDay: number): Urgency {
  if (onHand <= 0) return 'critical';
  const cover = daysOfCover(onHand, usePerDay);
  if (cover === undefined) return onHand <= reorderPoint / 2 ? 'high' : 'medium';
  if (cover <= 0.5 * leadTimeDays) return 'critical';
  return cover <= 0.8 * leadTimeDays ? 'high' : 'medium';
}

/** The reorder point alone is the owner's own word; a long record of use makes the figure surer. */
function confidenceOf({ observedDays }: StockFacts, { leastObservedDays }: ReorderSettings): number {
  return observedDays >= leastObservedDays ? 0.88 : 0.8;
}

function explain(facts: StockFacts, quantity: number, settings: ReorderSettings): string {
  const { name, unit, onHand, onOrder, reorderPoint, leadTimeDays, observedDays } = facts;
  const usePerDay = knownUse(facts, settings);
  const use =
    usePerDay > 0
      ? `about ${figure(usePerDay)} ${unit} are used a day (seen over ${figure(observedDays)} days), and a delivery takes ${leadTimeDays} days`
      : 'how fast it is used is not known yet';
  const why =
    usePerDay > 0
      ? `covers the days until the delivery and ${settings.safetyDays} days after it, and is at least the usual order`
      : 'is the usual order, or what brings the stock back to its reorder point';
  return (
    `${name}: ${figure(onHand)} ${unit} in stock and ${figure(onOrder)} on order, the reorder point is ${figure(reorderPoint)}; ` +
    `${use}. Ordering ${figure(quantity)} ${unit} ${why}.`
  );
}

const figure = (value: number): string => String(Math.round(value * 10) / 10);
