import type { Detector } from '#libs/agent-kit';
import type { AnalyticsBook } from './analytics-book.ts';
import { bulkPurchaseOptimization } from './bulk-purchase.ts';
import { demandForecastAnalysis } from './demand-forecast.ts';
import { correlationAnalysis } from './item-correlation.ts';
import { reorderPointOptimization } from './reorder-policy.ts';
import { seasonalityAnalysis } from './seasonality.ts';
import { supplierDiversificationAnalysis } from './supplier-diversification.ts';
import { supplierPerformance } from './supplier-performance.ts';

/** Everything that is looked for in the long run; nothing here is urgent. */
export const analyticsDetectors: readonly Detector<AnalyticsBook>[] = [
  supplierPerformance,
  demandForecastAnalysis,
  reorderPointOptimization,
  bulkPurchaseOptimization,
  seasonalityAnalysis,
  correlationAnalysis,
  supplierDiversificationAnalysis,
];
