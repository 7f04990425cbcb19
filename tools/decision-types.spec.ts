import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { AGENTS } from './evaluate/agents.ts';

const PAGE = readFileSync(join(import.meta.dirname, '../docs/decisions.md'), 'utf8');
const [OURS = '', REFERENCE = ''] = PAGE.split('## The types of the reference system');
const namedIn = (text: string): ReadonlySet<string> =>
  new Set([...text.matchAll(/`([a-z]+(?:_[a-z]+)*)`/g)].map(([, name = '']) => name));

const decided = new Set(
  AGENTS.flatMap((any) => any.use((agent) => agent.detectors.map(({ decisionType }) => decisionType))),
);

/** What the reference system's code can decide, all 38. */
const REFERENCE_TYPES = [
  ...['transaction_anomaly', 'daily_financial_analysis', 'low_cash_alert', 'aging_analysis', 'cash_flow_forecast'],
  ...['financial_trend_analysis', 'decision_learning', 'low_stock_alert', 'unusual_consumption', 'reorder_analysis'],
  ...['daily_inventory_check', 'expiry_alert', 'supplier_performance', 'advanced_reorder_optimization'],
  ...['demand_forecast_analysis', 'bulk_purchase_optimization', 'expiry_waste_minimization', 'comprehensive_analytics'],
  ...['advanced_supplier_performance', 'seasonality_analysis', 'correlation_analysis', 'unusual_consumption_alert'],
  ...['supplier_diversification_analysis', 'reorder_required', 'overstock_alert', 'inventory_adjustment_alert'],
  ...['reorder_point_optimization', 'expiry_intelligence_analysis', 'supplier_performance_analysis'],
  ...['comprehensive_inventory_analysis', 'enhanced_reorder_analysis', 'unusual_time_record', 'potential_overtime'],
  ...['high_labor_cost', 'daily_labor_analysis', 'overtime_analysis', 'staffing_analysis', 'leave_request_analysis'],
];

/** The table has two of its kind side by side. */
const serving: ReadonlyMap<string, string> = new Map(
  REFERENCE.split('\n').flatMap((line) => {
    const [, first = '', its = '', second = '', other = ''] = line.split('|').map((cell) => cell.trim());
    return [[first.replaceAll('`', ''), its] as const, [second.replaceAll('`', ''), other] as const];
  }),
);

describe('docs/decisions.md', () => {
  it.each([...decided].toSorted())('describes %s', (decisionType) => {
    expect(namedIn(OURS)).toContain(decisionType);
  });

  it.each(REFERENCE_TYPES)('says what serves the reference system’s %s', (decisionType) => {
    const answer = serving.get(decisionType) ?? '';
    const names = answer.startsWith('the same') ? [decisionType] : [...namedIn(answer)];
    expect(names.length).toBeGreaterThan(0);
    for (const name of names) expect(decided).toContain(name);
  });
});
