import { daysBetween, plusDays, type LocalDate } from '#libs/kernel';
import type { BusinessSettings } from '#libs/business-settings';
import { binomialDistribution, coefficientOfVariation, mean } from 'simple-statistics';
import {
  isDue,
  isLate,
  ordersOf,
  promisedLeadTime,
  type PurchaseOrder,
  type PurchasingBook,
} from '../purchasing-book.ts';

/** The record of half a year. */
export const RECORD_DAYS = 180;
/** Fewer deliveries say nothing. */
export const LEAST_DUE_ORDERS = 3;
const RECENT_ORDERS = 6;
const RECENT_DAYS = 45;
/** What is expected of a supplier of whom nothing else is known, and the most that is asked of any. */
const USUAL_ON_TIME = 0.85;
const MOST_ON_TIME = 0.97;
/** So improbably bad by chance alone. */
const WORSE_BY_CHANCE = 0.02;
const POOR_BY_CHANCE = 0.1;

/** What a supplier did with the orders whose day has come. Shares from 0 to 1. */
export type SupplierRecord = Readonly<{
  orders: number;
  late: number;
  onTime: number;
  /** Mean days behind the expected day, of all orders; those in time count 0. */
  daysLate: number;
  /** Share of what was ordered that came. */
  fillRate: number;
  /** What others ask for the same items, against its price; 1 is the same, above 1 it is cheaper. Absent: nobody else sold them. */
  priceIndex?: number;
  /** 1 - coefficient of variation of its lead times. */
  consistency: number;
  /** 0 to 1, see {@link recordOf}. */
  score: number;
  recent: Readonly<{ orders: number; late: number }>;
  /** Late far more often of late than before. */
  isGettingWorse: boolean;
  /** Late more often than a usual supplier would be by bad luck. */
  isOftenLate: boolean;
}>;

/**
 * The record of a supplier's last half year by real receipt days: score = 0.25 on time + 0.25 filled + 0.20 price + 0.15 days late
 * against the lead time + 0.15 consistency, as the reference system weighs them, with what is measured in the place of its ratings; a
 * part that can't be known is left out. An open order counts as late only after its expected day. `undefined` below three due orders.
 */
export function recordOf(
  book: Readonly<PurchasingBook>,
  supplierId: string,
  { today, settings }: Readonly<{ today: LocalDate; settings: BusinessSettings }>,
): SupplierRecord | undefined {
  const since = plusDays(today, -RECORD_DAYS);
  const due = ordersOf(book, supplierId).filter((order) => order.placedOn >= since && isDue(order, today));
  if (due.length < LEAST_DUE_ORDERS) return undefined;
  const late = lateOf(due, today);
  const onTime = 1 - late / due.length;
  const daysLate = mean(due.map((order) => Math.max(0, daysBetween(order.expectedOn, order.completeOn ?? today))));
  const fillRate = mean(due.flatMap(({ lines }) => lines.map((line) => Math.min(1, line.received / line.ordered))));
  const consistency = consistencyOf(due);
  const priceIndex = priceIndexOf(book, supplierId, since);
  const promised = Math.max(1, promisedLeadTime(book, supplierId, settings));
  const score = weighted([
    [0.25, onTime],
    [0.25, fillRate],
    [0.2, priceIndex],
    [0.15, 1 - daysLate / promised],
    [0.15, consistency],
  ]);
  const recent = due.filter(({ expectedOn }) => expectedOn >= plusDays(today, -RECENT_DAYS)).slice(-RECENT_ORDERS);
  return {
    ...{ orders: due.length, late, onTime, daysLate, fillRate, consistency, score },
    ...(priceIndex === undefined ? {} : { priceIndex }),
    recent: { orders: recent.length, late: lateOf(recent, today) },
    isGettingWorse: isWorse(due, recent, today),
    isOftenLate: onTime < 0.8 && tailOf(late, due.length, 1 - USUAL_ON_TIME) < POOR_BY_CHANCE,
  };
}

function lateOf(orders: readonly Readonly<PurchaseOrder>[], today: LocalDate): number {
  return orders.filter((order) => isLate(order, today)).length;
}

function isWorse(
  due: readonly Readonly<PurchaseOrder>[],
  recent: readonly Readonly<PurchaseOrder>[],
  today: LocalDate,
): boolean {
  const before = due.slice(0, due.length - recent.length);
  const onTimeBefore = before.length < LEAST_DUE_ORDERS ? USUAL_ON_TIME : 1 - lateOf(before, today) / before.length;
  const expected = Math.min(MOST_ON_TIME, Math.max(USUAL_ON_TIME, onTimeBefore));
  const late = lateOf(recent, today);
  return late >= LEAST_DUE_ORDERS && tailOf(late, recent.length, 1 - expected) < WORSE_BY_CHANCE;
}

/** Probability of at least so many late ones by bad luck. */
function tailOf(late: number, orders: number, chance: number): number {
  if (late === 0 || orders === 0) return 1;
  const probabilities = binomialDistribution(orders, chance) ?? [];
  // The library's list ends where almost nothing is left.
  return Math.max(0, 1 - probabilities.slice(0, late).reduce((sum, one) => sum + one, 0));
}

function consistencyOf(due: readonly Readonly<PurchaseOrder>[]): number {
  const days = due.flatMap(({ placedOn, completeOn }) => (completeOn ? [daysBetween(placedOn, completeOn)] : []));
  if (days.length < 2 || mean(days) <= 0) return days.length < 2 ? 0.5 : 1;
  return Math.max(0, 1 - coefficientOfVariation(days));
}

/** Mean over its items of what others took on average, against what it took. */
function priceIndexOf(book: Readonly<PurchasingBook>, supplierId: string, since: LocalDate): number | undefined {
  const own = new Map<string, number[]>();
  const others = new Map<string, number[]>();
  for (const order of book.orders.values()) {
    if (order.placedOn < since) continue;
    const prices = order.supplierId === supplierId ? own : others;
    for (const { sku, unit, unitCost } of order.lines) {
      const key = `${sku} ${unit} ${unitCost.currency}`;
      prices.set(key, [...(prices.get(key) ?? []), unitCost.amount]);
    }
  }
  const indices = [...own].flatMap(([key, prices]) => {
    const market = others.get(key);
    const paid = mean(prices);
    return market && paid > 0 ? [mean(market) / paid] : [];
  });
  return indices.length === 0 ? undefined : mean(indices);
}

function weighted(parts: readonly (readonly [weight: number, value: number | undefined])[]): number {
  let sum = 0;
  let weights = 0;
  for (const [weight, value] of parts) {
    if (value === undefined) continue;
    sum += weight * Math.min(1, Math.max(0, value));
    weights += weight;
  }
  return sum / weights;
}
