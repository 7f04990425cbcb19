import { z } from 'zod';
import { countSchema, localDateSchema, moneySchema, nameSchema, skuSchema } from '../values.ts';
import { listQuerySchema, pageOf } from './page.ts';
import { standsAtSchema, type StandingPage } from './stands-at.ts';

/** What is to be forecast. */
export const forecastListQuerySchema = listQuerySchema.extend({
  horizon: z.coerce.number().int().min(1).max(90).default(30).describe('Days, from today on'),
  sku: skuSchema.optional(),
});
/** What is to be forecast. */
export type ForecastListQuery = Readonly<z.output<typeof forecastListQuerySchema>>;

const errorsSchema = z.object({
  wape: z.number().describe('Absolute errors added up, as a share of what was really there'),
  wapeOfSums: z.number().describe('The same for the sum of the days of each test'),
  mase: z.number().describe('Against repeating the last week; below 1 is better than that'),
  bias: z.number().describe('Above 0 it expects too much'),
  rmse: z.number(),
});

/** How a forecast was made, and how far off its method was on days that it had not seen. */
export const forecastMethodSchema = z.object({
  method: z.string().describe('The one whose error was least'),
  accuracy: z.number().describe('0 to 1: 1 - wape'),
  historyDays: countSchema,
  backTest: z.object({
    folds: countSchema.describe('How many times it was asked'),
    foldDays: countSchema.describe('For how many days each time'),
    measure: z.string().describe('By what the least error was chosen'),
    errors: z.record(z.string(), errorsSchema).describe('Of each method that was tried'),
  }),
});

/** How much of an item will be used. Numbers are in `unit`. */
export const demandForecastSchema = z.object({
  sku: skuSchema,
  name: nameSchema.nullable(),
  unit: z.string(),
  meanPerDay: z.number().describe('Of the days to come'),
  total: z.number().describe('Over the horizon'),
  days: z
    .array(
      z.object({
        day: localDateSchema,
        expected: z.number(),
        lower: z.number().nullable().describe('null without a basis'),
        upper: z.number().nullable().describe('null without a basis'),
      }),
    )
    .describe('Per day, with an interval of 95 %'),
  basis: forecastMethodSchema
    .nullable()
    .describe('null when there are too few days to tell: then the mean so far is repeated'),
});
/** How much of an item will be used. */
export type DemandForecast = Readonly<z.output<typeof demandForecastSchema>>;

/** What will come into cash accounts less what will leave them. */
export const cashFlowForecastSchema = z.object({
  cashNow: moneySchema,
  days: z
    .array(
      z.object({
        day: localDateSchema,
        flow: moneySchema,
        lower: moneySchema,
        upper: moneySchema,
        cash: moneySchema.describe('At the end of the day'),
      }),
    )
    .describe('Per day, with an interval of 95 %'),
  cashAtEnd: moneySchema,
  basis: forecastMethodSchema,
});
/** What will come into cash accounts less what will leave them. */
export type CashFlowForecast = Readonly<z.output<typeof cashFlowForecastSchema>>;

/** One page of items, by SKU, and the cash flow of the business. */
export const forecastPageSchema = pageOf(demandForecastSchema).extend({
  today: localDateSchema,
  horizonDays: countSchema,
  cashFlow: cashFlowForecastSchema.nullable().describe('null when there are too few days to tell'),
  standsAt: standsAtSchema,
});
/** One page of forecasts. */
export type ForecastPage = StandingPage<DemandForecast, z.output<typeof forecastPageSchema>>;
