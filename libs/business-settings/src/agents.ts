import { z } from 'zod';

const share = z.number().min(0).max(1);
const days = z.int().min(1).max(3_650);
const major = z.number().nonnegative();
const seconds = z.int().min(1).max(86_400);

const accountingSchema = z.strictObject({
  enabled: z.boolean().default(true),
  checkInterval: seconds
    .default(300)
    .describe('Seconds of the business’s time between two looks at what changes by itself'),
  anomalyThreshold: z
    .number()
    .positive()
    .max(10)
    .default(0.2)
    .describe('How far from the median an amount may be, as a share of it'),
  alertThresholds: z
    .strictObject({
      cashLow: major.default(1_000).describe('In whole units of the currency'),
      receivablesOverdue: days.default(30).describe('Days after the due day'),
      payablesOverdue: z.int().min(0).max(3_650).default(7).describe('Days after the due day'),
    })
    .prefault({}),
  forecasting: z
    .strictObject({
      predictionDays: z.int().min(1).max(365).default(30),
      seasonalAnalysisDays: days.default(365),
      trendAnalysisPeriods: z.int().min(2).max(90).default(7).describe('Days of the shortest trend'),
      confidenceFactors: z
        .strictObject({
          dataVolume: share.default(0.3),
          historicalAccuracy: share.default(0.25),
          trendStability: share.default(0.25),
          seasonalConsistency: share.default(0.2),
        })
        .refine((factors) => Math.abs(Object.values(factors).reduce((sum, one) => sum + one, 0) - 1) < 1e-9, {
          error: 'must add up to 1',
        })
        .prefault({}),
    })
    .prefault({}),
  settlementCategories: z
    .array(z.string().min(1).max(100))
    .max(20)
    .default(['sales-deposit', 'loan', 'loan-repayment', 'owner-contribution'])
    .describe('Money that is neither revenue nor expense: takings banked of what counted when it was sold, loans'),
});

const inventorySchema = z.strictObject({
  enabled: z.boolean().default(true),
  checkInterval: seconds.default(300),
  lowStockMultiplier: z
    .number()
    .min(1)
    .max(10)
    .default(1.2)
    .describe('Stock is low when it lasts less than the lead time by this'),
  reorderLeadTime: z.number().min(0).max(365).default(7).describe('Days, for a supplier that says none'),
  consumptionAnalysisDays: days.default(30),
  forecastHorizonDays: z.int().min(1).max(365).default(30),
  serviceLevelTarget: z.number().min(0.5).max(0.999).default(0.95),
  holdingCostRate: z.number().positive().max(5).default(0.25).describe('Of the value of the stock, per year'),
  orderCost: major.default(50).describe('Of one order, in whole units of the currency'),
  minForecastAccuracy: share.default(0.7),
  seasonalityWindowDays: days.default(365),
  stockoutCostMultiplier: z.number().positive().max(100).default(3),
  expiryAlertDays: z.int().min(0).max(365).default(7).describe('A lot that expires within so many days is looked at'),
  wasteShareLimit: share.default(0.05).describe('Of what is used up, by value'),
  largePurchaseThreshold: major
    .default(500)
    .describe('Above it accounting is asked for cash first; whole units of the currency'),
  bulkDiscountTiers: z
    .array(z.strictObject({ quantity: z.number().positive(), discount: z.number().min(0).max(0.9) }))
    .max(10)
    .default([
      { quantity: 100, discount: 0.02 },
      { quantity: 250, discount: 0.05 },
      { quantity: 500, discount: 0.08 },
      { quantity: 1_000, discount: 0.12 },
    ]),
});

const hrSchema = z.strictObject({
  enabled: z.boolean().default(true),
  checkInterval: seconds.default(300),
  overtimeThreshold: z.number().min(1).max(24).default(8).describe('Hours of a day'),
  weeklyOvertimeThreshold: z.number().min(1).max(168).default(40).describe('Hours of a week'),
  maxLaborCostPercentage: share.default(0.3).describe('Of revenue, as a share'),
  schedulingBufferHours: z.number().min(0).max(24).default(2),
  maxOvertimePercentage: share.default(0.15).describe('Of all hours, as a share'),
  minStaffLevel: z.int().min(0).max(1_000).default(2).describe('People at work while it is open'),
  schedulingHorizonDays: z.int().min(1).max(90).default(14),
  overtimePayFactor: z.number().min(1).max(5).default(1.5).describe('Of the hourly rate'),
  overtimeToleranceHours: z
    .number()
    .min(0)
    .max(4)
    .default(0.25)
    .describe('Of a day and of a week; so little overtime is nothing to talk about'),
  lateAfterMinutes: z
    .int()
    .min(1)
    .max(240)
    .default(20)
    .describe('Whoever has not clocked in so long after the shift began is late'),
  noShowAfterMinutes: z
    .int()
    .min(1)
    .max(720)
    .default(60)
    .describe('Whoever has not clocked in so long after the shift began does not come'),
});

/** Thresholds of the agents. Amounts are in whole units of the business's currency, times in the unit that the key names. */
export const agentSettingsSchema = z.strictObject({
  accounting: accountingSchema.prefault({}),
  inventory: inventorySchema.prefault({}),
  hr: hrSchema.prefault({}),
});
