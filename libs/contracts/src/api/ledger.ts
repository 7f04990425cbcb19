import { z } from 'zod';
import {
  currencySchema,
  idSchema,
  localDateSchema,
  logPositionSchema,
  moneySchema,
  nameSchema,
  textSchema,
} from '../values.ts';
import { listQuerySchema, pageOf } from './page.ts';
import { rangeShape, standsAtSchema, type StandingPage } from './stands-at.ts';

/** Which days of the ledger are asked for; the last 30 when it does not say. */
export const ledgerQuerySchema = z.object(rangeShape);
/** Which days of the ledger are asked for. */
export type LedgerQuery = Readonly<z.output<typeof ledgerQuerySchema>>;

/** An account and what is on it now. */
export const accountSchema = z.object({
  accountId: idSchema,
  name: nameSchema.nullable().describe('null of an account that was never opened'),
  kind: z.string().nullable().describe('checking, savings, ...'),
  isCash: z.boolean().describe('Whether its money can be spent at once'),
  balances: z.array(moneySchema).describe('One for each currency'),
});
/** An account and what is on it now. */
export type AccountItem = Readonly<z.output<typeof accountSchema>>;

const categoryAmountSchema = z.object({ category: textSchema(100), amount: moneySchema });

/** What a range of days came to, in one currency. Currencies are never added. */
export const ledgerTotalsSchema = z.object({
  currency: currencySchema,
  revenue: moneySchema.describe('Sales less returns, invoices, other income; not what only banks takings'),
  expense: moneySchema.describe('Expenses and bills, when they are booked'),
  net: moneySchema,
  cashFlow: moneySchema.describe('What came into cash accounts less what left them'),
  revenueByCategory: z.array(categoryAmountSchema),
  expenseByCategory: z.array(categoryAmountSchema),
  days: z.array(z.object({ day: localDateSchema, revenue: moneySchema, expense: moneySchema, cashFlow: moneySchema })),
});
/** What a range of days came to, in one currency. */
export type LedgerTotals = Readonly<z.output<typeof ledgerTotalsSchema>>;

/** The books of a business. */
export const ledgerSchema = z.object({
  today: localDateSchema.describe('By the calendar of the business'),
  from: localDateSchema,
  to: localDateSchema,
  accounts: z.array(accountSchema),
  cash: z.array(moneySchema).describe('On all cash accounts, one for each currency'),
  totals: z.array(ledgerTotalsSchema),
  standsAt: standsAtSchema,
});
/** The books of a business. */
export type Ledger = Readonly<z.output<typeof ledgerSchema>>;

/** Filters of the list of entries; all that are given must hold. */
export const entryListQuerySchema = listQuerySchema.extend({
  ...rangeShape,
  kind: z.enum(['movement', 'revenue', 'expense']).optional(),
  account: idSchema.optional(),
  category: textSchema(100).optional(),
});
/** Filters of the list of entries. */
export type EntryListQuery = Readonly<z.output<typeof entryListQuerySchema>>;

/** One effect of something on the books. */
export const entryItemSchema = z.object({
  sourceRef: z.string().describe('What it comes from, e.g. transaction:tx-17'),
  kind: z.enum(['movement', 'revenue', 'expense']),
  account: idSchema.nullable().describe('Of a movement'),
  category: textSchema(100).nullable().describe('Of revenue and expense'),
  amount: moneySchema,
  day: localDateSchema,
  description: z.string().nullable(),
  counterparty: z.string().nullable(),
  reference: z.string().nullable(),
  position: logPositionSchema,
});
/** One effect of something on the books. */
export type EntryItem = Readonly<z.output<typeof entryItemSchema>>;

/** One page of entries, newest first. */
export const entryPageSchema = pageOf(entryItemSchema).extend({ standsAt: standsAtSchema });
/** One page of entries. */
export type EntryPage = StandingPage<EntryItem, z.output<typeof entryPageSchema>>;
