import type { Money } from '#libs/kernel';
import { confidenceFrom, type Detector, type Finding, type WindowLook } from '#libs/agent-kit';
import { moneyOfSetting } from '#libs/business-settings';
import { reorderPolicy, yearlyCostOf, DAYS_OF_YEAR, type PolicyInput } from '#libs/forecasting';
import { demandOf, type Demand } from '../demand-book.ts';
import { daysInWords, moneyInWords, quantityInWords, shareInWords } from '../in-words.ts';
import { leadTimeOf, type LeadTime } from '../purchasing-book.ts';
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
/** Below a tenth of the cost, and below two orders a year, a change is not worth the trouble. */
const LEAST_SHARE_SAVED = 0.1;
const LEAST_ORDERS_SAVED = 2;
/** Of its shelf life; the rest is for the customer. */
const USABLE_SHELF_LIFE = 0.8;

type Policy = Readonly<{ reorderPoint: number; quantity: number }>;

/** Once a week for each item: would another reorder point or quantity cost clearly less in a year? */
export const reorderPointOptimization: Detector<AnalyticsBook> = {
  id: 'reorder-policy',
  decisionType: 'reorder_point_optimization',
  kind: 'situation',
  coolDownHours: 30 * 24,
  onSchedule: {
    schedule: { every: 'day', at: '05:20' },
    look: (look) => lookAtItemsOfTurn(look, betterPolicy),
  },
};

type Better = Readonly<{
  input: PolicyInput;
  demand: Demand;
  lead: LeadTime;
  now: Policy;
  better: Policy;
  costNow: number;
  saving: number;
}>;

function betterPolicy(item: RegisteredItem, look: WindowLook<AnalyticsBook>): Finding | undefined {
  const { book, local, settings } = look;
  const { master, sku } = item;
  if (master.unitCost.currency !== settings.business.currency) return undefined;
  const demand = demandOf(book.demand, sku, { until: local.date, days: OBSERVED_DAYS });
  if (!demand || demand.days < LEAST_DAYS || demand.perDay <= 0) return undefined;
  const lead = leadTimeOf(book.purchasing, master.supplierId, sku, settings);
  const input = policyInput(item, { demand, lead }, look);
  const now = { reorderPoint: master.reorderPoint, quantity: master.reorderQuantity };
  const better = cheapest(item, input);
  const costNow = costOf(now, item, input);
  const saving = costNow - costOf(better, item, input);
  if (saving < LEAST_SHARE_SAVED * costNow || saving < LEAST_ORDERS_SAVED * input.orderCost) return undefined;
  return findingOf(item, { input, demand, lead, now, better, costNow, saving }, look);
}

function policyInput(
  { master }: RegisteredItem,
  { demand, lead }: Readonly<{ demand: Demand; lead: LeadTime }>,
  { settings }: WindowLook<AnalyticsBook>,
): PolicyInput {
  const { serviceLevelTarget, holdingCostRate, orderCost, stockoutCostMultiplier } = settings.agents.inventory;
  return {
    demandPerDay: demand.perDay,
    demandDeviation: demand.deviation,
    leadTimeDays: lead.days,
    leadTimeDeviation: lead.deviation,
    serviceLevel: serviceLevelTarget,
    unitCost: master.unitCost.amount,
    orderCost: moneyOfSetting(settings, orderCost).amount,
    holdingRate: holdingCostRate,
    shortageMultiplier: stockoutCostMultiplier,
  };
}

/** The computed point with the quantity that costs least among those that do not spoil and fit in. */
function cheapest(item: RegisteredItem, input: PolicyInput): Policy {
  const { reorderPoint, economicQuantity, safetyStock } = reorderPolicy(input);
  const { shelfLifeDays, maximumStock, reorderQuantity } = item.master;
  const usable = shelfLifeDays === null ? Infinity : input.demandPerDay * shelfLifeDays * USABLE_SHELF_LIFE;
  const room = maximumStock === null ? Infinity : maximumStock - safetyStock;
  const most = Math.max(Math.min(usable, room), 0);
  const point = item.unit === 'each' ? Math.ceil(reorderPoint) : Math.ceil(reorderPoint * 10) / 10;
  const quantities = [economicQuantity, usable, reorderQuantity].filter(Number.isFinite);
  const policies = quantities.map((quantity) => ({
    reorderPoint: point,
    quantity: orderable(Math.min(quantity, most), item.unit),
  }));
  return policies.reduce((best, next) => (costOf(next, item, input) < costOf(best, item, input) ? next : best));
}

/** What a policy costs in a year, what spoils included. */
function costOf(policy: Policy, { master }: RegisteredItem, input: PolicyInput): number {
  const { total } = yearlyCostOf(policy, input);
  if (master.shelfLifeDays === null) return total;
  const spoiled = Math.max(0, policy.quantity - input.demandPerDay * master.shelfLifeDays);
  const orders = (input.demandPerDay * DAYS_OF_YEAR) / policy.quantity;
  return total + spoiled * orders * input.unitCost;
}

/** Which of the two changes saves more, and in which direction. */
function stateOf(item: RegisteredItem, { input, now, better }: Better): string {
  const byPoint = costOf({ ...now, reorderPoint: better.reorderPoint }, item, input);
  const byQuantity = costOf({ ...now, quantity: better.quantity }, item, input);
  if (byPoint < byQuantity) return better.reorderPoint > now.reorderPoint ? 'point-too-low' : 'point-too-high';
  return better.quantity > now.quantity ? 'quantity-too-small' : 'quantity-too-large';
}

function findingOf(item: RegisteredItem, found: Better, look: WindowLook<AnalyticsBook>): Finding {
  const { demand, lead, now, better } = found;
  const { unit, master } = item;
  const saving = roundedMoney(found.saving, master.unitCost);
  const cost = roundedMoney(found.costNow, master.unitCost);
  return {
    subject: itemSubject(item.sku),
    state: stateOf(item, found),
    grade: 2,
    evidence: {
      positions: demandPositions(look.book, item.sku),
      figures: [
        { name: 'usedPerDay', value: rounded(demand.perDay), unit },
        { name: 'deviationPerDay', value: rounded(demand.deviation), unit },
        { name: 'observedDays', value: demand.days },
        { name: 'leadTimeDays', value: rounded(lead.days) },
        { name: 'leadTimeDeviation', value: rounded(lead.deviation) },
        { name: 'deliveriesMeasured', value: lead.observed },
        { name: 'reorderPointNow', value: now.reorderPoint, unit },
        { name: 'reorderPoint', value: better.reorderPoint, unit },
        { name: 'reorderQuantityNow', value: now.quantity, unit },
        { name: 'reorderQuantity', value: better.quantity, unit },
        { name: 'yearlyCostNow', money: cost },
        { name: 'yearlySaving', money: saving },
      ],
    },
    byRules: () => ({
      action: {
        kind: 'change-reorder-policy',
        sku: item.sku,
        reorderPoint: better.reorderPoint,
        reorderQuantity: better.quantity,
        unit,
        yearlySaving: saving,
      },
      ...confidenceFrom([
        { factor: 'days of record', weight: 0.4, value: demand.days / OBSERVED_DAYS },
        { factor: 'deliveries measured', weight: 0.3, value: Math.max(0.4, lead.observed / 10) },
        { factor: 'steadiness of demand', weight: 0.3, value: 1 - demand.deviation / (2 * demand.perDay) },
      ]),
      reasoning: explain(item, found, { saving, cost, serviceLevel: found.input.serviceLevel }),
    }),
  };
}

function explain(
  { name, unit, master }: RegisteredItem,
  { demand, lead, now, better }: Better,
  { saving, cost, serviceLevel }: Readonly<{ saving: Money; cost: Money; serviceLevel: number }>,
): string {
  const words = (quantity: number): string => quantityInWords(quantity, unit);
  const measured = lead.observed > 0 ? `measured by ${lead.observed} deliveries` : 'as promised, not measured yet';
  const shelf = master.shelfLifeDays === null ? '' : ` It keeps ${daysInWords(master.shelfLifeDays)}.`;
  return (
    `${name}: the reorder point is ${words(now.reorderPoint)} with orders of ${words(now.quantity)}. ` +
    `About ${words(demand.perDay)} a day are used (over ${demand.days} days, give or take ${words(demand.deviation)}) ` +
    `and a delivery takes ${daysInWords(lead.days)} (${measured}).${shelf} A reorder point of ${words(better.reorderPoint)} ` +
    `lasts until the delivery in ${shareInWords(serviceLevel)} of cases; with orders of ${words(better.quantity)}, ordering, ` +
    `holding, shortages and spoilage would cost about ${moneyInWords(saving)} a year less than the ${moneyInWords(cost)} of now. ` +
    'Change both in the item’s master data.'
  );
}

const rounded = (value: number): number => Math.round(value * 1_000) / 1_000;
