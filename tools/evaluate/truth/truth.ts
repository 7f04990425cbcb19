import { timeZone } from '#libs/kernel';
import type { LoggedFact } from '#libs/agent-kit';
import type { BusinessSettings } from '#libs/business-settings';
import type { EvaluatedDecision } from '../evaluated.ts';
import { MoneyTruth } from './money-truth.ts';
import { StockTruth } from './stock-truth.ts';
import { SupplierTruth } from './supplier-truth.ts';
import { WorkTruth } from './work-truth.ts';

/**
 * Whether what decisions say about a business was so, by what happened before and (where they foresee something) afterwards.
 * Folded from the events by code of its own, so that an agent's mistake is not repeated here.
 */
export function truthOf(
  facts: readonly LoggedFact[],
  settings: BusinessSettings,
): (decision: EvaluatedDecision) => boolean {
  const told = { facts, settings, zone: timeZone(settings.business.timeZone) };
  const stock = new StockTruth(told);
  const money = new MoneyTruth(told);
  const suppliers = new SupplierTruth(told);
  const work = new WorkTruth(told);
  const checks: Readonly<Record<string, (subjectRef: string, atMs: number) => boolean>> = {
    low_cash_alert: (_, atMs) => money.isCashLow(atMs),
    aging_analysis: (subject, atMs) => money.isOverdue(subject, atMs),
    reorder: (subject, atMs) => stock.callsForReorder(subject, atMs),
    low_stock_alert: (subject, atMs) => stock.isLow(subject, atMs),
    overstock_alert: (subject, atMs) => stock.isOverstocked(subject, atMs),
    inventory_adjustment_alert: (subject, atMs) => stock.wasAdjusted(subject, atMs),
    waste_analysis: (subject, atMs) => stock.isWasted(subject, atMs),
    expiry_alert: (subject, atMs) => stock.isAtRisk(subject, atMs),
    supplier_performance: (subject, atMs) => suppliers.givesCause(subject, atMs),
    potential_overtime: (subject, atMs) => work.workedLong(subject, atMs),
    overtime_analysis: (subject, atMs) => work.worksOvertime(subject, atMs),
    high_labor_cost: (subject, atMs) => work.costMuch(subject, atMs),
    understaffed_shift: (subject, atMs) => work.isMissed(subject, atMs),
    leave_request_analysis: (subject, atMs) => work.wasRequested(subject, atMs),
  };
  return ({ decisionType, subjectRef, atMs }) => {
    const check = checks[decisionType];
    if (!check)
      throw new RangeError(
        `Nobody said how to see whether ${decisionType} is true: add it to tools/evaluate/truth/truth.ts.`,
      );
    // What happened in the same millisecond may stand behind the decision in the log: an owner orders when the count is done.
    return check(subjectRef, atMs) || check(subjectRef, atMs - 1);
  };
}
