import { z } from 'zod';
import { countSchema, idSchema, localDateSchema, moneySchema } from '../values.ts';

/** Have somebody look at a transaction or a sale before it is believed. */
export const flagTransactionActionSchema = z.object({
  kind: z.literal('flag-transaction'),
  transactionRef: idSchema.describe('transaction:<id> or order:<id>'),
  concerns: z
    .array(z.enum(['unusual-amount', 'unusual-time', 'duplicate', 'missing-reference']))
    .min(1)
    .max(4),
  relatedRef: idSchema.optional().describe('What it seems to repeat'),
});

/** Remind a customer of an invoice, more firmly the longer it is overdue. */
export const collectReceivableActionSchema = z.object({
  kind: z.literal('collect-receivable'),
  invoiceId: idSchema,
  outstanding: moneySchema,
  daysOverdue: countSchema,
  step: z.enum(['remind', 'call', 'final-notice']),
});

/** Pay a bill. */
export const payBillActionSchema = z.object({
  kind: z.literal('pay-bill'),
  billId: idSchema,
  outstanding: moneySchema,
  daysOverdue: countSchema,
});

/** Bring cash back above its threshold. */
export const protectCashActionSchema = z.object({
  kind: z.literal('protect-cash'),
  shortfall: moneySchema.describe('What is missing to the threshold'),
  by: localDateSchema.describe('The day on which it is missing'),
  measures: z
    .array(z.enum(['collect-receivables', 'defer-payables', 'cut-expenses', 'move-savings', 'carry-on']))
    .max(5),
});

/** Change a threshold by which an agent finds situations. */
export const adjustParameterActionSchema = z.object({
  kind: z.literal('adjust-parameter'),
  parameter: idSchema,
  from: z.number(),
  to: z.number(),
});

/** Read a report. */
export const publishReportActionSchema = z.object({
  kind: z.literal('publish-report'),
  report: idSchema.describe('e.g. daily-financial'),
  from: localDateSchema,
  to: localDateSchema.describe('The last day of it'),
});
