import { probit } from 'simple-statistics';
import { normalTail } from './statistics.ts';

/** Quantities per day in the item's unit, times in days, amounts in minor units of one currency. */
export type PolicyInput = Readonly<{
  demandPerDay: number;
  /** Standard deviation of one day's demand. */
  demandDeviation: number;
  leadTimeDays: number;
  leadTimeDeviation: number;
  /** Share of order cycles that end without a shortage, above 0 and below 1: 0.95. */
  serviceLevel: number;
  unitCost: number;
  /** Of one order, whatever its size. */
  orderCost: number;
  /** Of the value of the stock, per year: 0.25. */
  holdingRate: number;
  /** What one unit short costs, in unit costs. @default 0 */
  shortageMultiplier?: number;
}>;

/** What a policy costs in a year, in minor units; not rounded. */
export type YearlyCost = Readonly<{ ordering: number; holding: number; shortage: number; total: number }>;

export type ReorderPolicy = Readonly<{
  /** Order when what is there and on its way has come down to this. */
  reorderPoint: number;
  safetyStock: number;
  /** The quantity at which ordering and holding cost least; 0 without demand. */
  economicQuantity: number;
  yearlyCost: YearlyCost;
}>;

export const DAYS_OF_YEAR = 365;

/**
 * Reorder point, safety stock and economic quantity for a continuously reviewed stock.
 *
 * Safety stock = z * sqrt(L * sd_d^2 + d^2 * sd_L^2) and reorder point = d * L + safety stock (Silver, Pyke and Thomas,
 * Inventory and Production Management in Supply Chains, 4th ed., 6.7 and 6.10), z being the standard normal quantile of the
 * service level; economic quantity = sqrt(2 * D * K / (h * c)) (Harris 1913). Nothing is rounded.
 */
export function reorderPolicy(input: PolicyInput): ReorderPolicy {
  const { demandPerDay, leadTimeDays, serviceLevel, unitCost, orderCost, holdingRate } = input;
  const demand = Math.max(0, demandPerDay);
  const safetyStock = Math.max(0, probit(serviceLevel)) * deviationOverLeadTime(input);
  const holdingPerUnit = holdingRate * unitCost;
  const economicQuantity = holdingPerUnit > 0 ? Math.sqrt((2 * demand * DAYS_OF_YEAR * orderCost) / holdingPerUnit) : 0;
  const reorderPoint = demand * leadTimeDays + safetyStock;
  return {
    reorderPoint,
    safetyStock,
    economicQuantity,
    yearlyCost: yearlyCostOf({ reorderPoint, quantity: economicQuantity }, input),
  };
}

/** Standard deviation of the demand from an order to its delivery, by the formula of {@link reorderPolicy}. */
export function deviationOverLeadTime({
  demandPerDay,
  demandDeviation,
  leadTimeDays,
  leadTimeDeviation,
}: Pick<PolicyInput, 'demandPerDay' | 'demandDeviation' | 'leadTimeDays' | 'leadTimeDeviation'>): number {
  return Math.sqrt(Math.max(0, leadTimeDays) * demandDeviation ** 2 + (demandPerDay * leadTimeDeviation) ** 2);
}

/**
 * What any reorder point and quantity cost in a year: orders, stock held, and units short.
 *
 * Units short per order cycle = sd * G(k), with k = (point - d * L) / sd and the normal loss function
 * G(k) = phi(k) - k * (1 - Phi(k)) (Silver, Pyke and Thomas, appendix II). A negative safety stock holds nothing.
 */
export function yearlyCostOf(
  { reorderPoint, quantity }: Readonly<{ reorderPoint: number; quantity: number }>,
  input: PolicyInput,
): YearlyCost {
  const { demandPerDay, leadTimeDays, unitCost, orderCost, holdingRate, shortageMultiplier = 0 } = input;
  const yearly = Math.max(0, demandPerDay) * DAYS_OF_YEAR;
  const cycles = quantity > 0 ? yearly / quantity : 0;
  const safety = reorderPoint - demandPerDay * leadTimeDays;
  const ordering = cycles * orderCost;
  const holding = (quantity / 2 + Math.max(0, safety)) * holdingRate * unitCost;
  const short = unitsShort(safety, deviationOverLeadTime(input));
  const shortage = cycles * Math.min(short, quantity) * unitCost * shortageMultiplier;
  return { ordering, holding, shortage, total: ordering + holding + shortage };
}

function unitsShort(safety: number, deviation: number): number {
  if (deviation <= 0) return Math.max(0, -safety);
  const k = safety / deviation;
  const density = Math.exp((-k * k) / 2) / Math.sqrt(2 * Math.PI);
  return Math.max(0, deviation * (density - k * normalTail(k)));
}
