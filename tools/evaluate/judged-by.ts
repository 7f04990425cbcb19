/**
 * How a decision is found right or wrong. `labels`: it is right when the simulation planted what it says. `state`: when the
 * business was in the state that it names, planted or not. `report`: it tells figures and claims nothing that could be wrong here.
 * A decision that answers a label is right whatever its type.
 */
export type JudgedBy = 'labels' | 'state' | 'report';

const JUDGED_BY: Readonly<Record<string, JudgedBy>> = {
  transaction_anomaly: 'labels',
  duplicate_transaction: 'labels',
  missing_reference: 'labels',
  daily_financial_analysis: 'report',
  low_cash_alert: 'state',
  aging_analysis: 'state',
  cash_flow_forecast: 'report',
  financial_trend_analysis: 'report',
  decision_learning: 'report',
  reorder: 'state',
  low_stock_alert: 'state',
  unusual_consumption: 'labels',
  overstock_alert: 'state',
  inventory_adjustment_alert: 'state',
  waste_analysis: 'state',
  expiry_alert: 'state',
  comprehensive_inventory_analysis: 'report',
  reorder_point_optimization: 'report',
  demand_forecast_analysis: 'report',
  bulk_purchase_optimization: 'report',
  supplier_performance: 'state',
  supplier_diversification_analysis: 'report',
  seasonality_analysis: 'report',
  correlation_analysis: 'report',
  unusual_time_record: 'labels',
  potential_overtime: 'state',
  overtime_analysis: 'state',
  high_labor_cost: 'state',
  daily_labor_analysis: 'report',
  staffing_analysis: 'report',
  leave_request_analysis: 'state',
  understaffed_shift: 'state',
};

/** @throws RangeError for a type that nobody said how to judge */
export function judgedBy(decisionType: string): JudgedBy {
  const how = JUDGED_BY[decisionType];
  if (how !== undefined) return how;
  throw new RangeError(
    `Nobody said how to judge decisions of the type ${decisionType}: add it to tools/evaluate/judged-by.ts.`,
  );
}
