import { z } from 'zod';
import { countSchema, idSchema, localDateSchema, moneySchema, nameSchema } from '../values.ts';
import { listQuerySchema, pageOf } from './page.ts';
import { standsAtSchema, type StandingPage } from './stands-at.ts';

/** Days after the due day. */
export const ageingBucketSchema = z.enum(['current', '1-30', '31-60', '61-90', 'over-90']);
/** Days after the due day. */
export type AgeingBucket = z.output<typeof ageingBucketSchema>;

/** Filters of what is owed; all that are given must hold. */
export const obligationListQuerySchema = listQuerySchema.extend({
  status: z.enum(['open', 'paid', 'all']).default('open'),
  bucket: ageingBucketSchema.optional().describe('Of open ones'),
  party: idSchema.optional().describe('Id of the customer or supplier'),
});
/** Filters of what is owed. */
export type ObligationListQuery = Readonly<z.output<typeof obligationListQuerySchema>>;

/** An invoice or a bill, and how it stands. */
export const obligationItemSchema = z.object({
  documentId: idSchema,
  number: idSchema,
  party: z.object({ id: idSchema.nullable(), name: nameSchema }),
  status: z.enum(['open', 'partly-paid', 'paid']),
  amount: moneySchema,
  paid: moneySchema,
  outstanding: moneySchema.describe('Never below zero'),
  issuedOn: localDateSchema.describe('Of a bill: received on'),
  dueOn: localDateSchema,
  settledOn: localDateSchema.nullable(),
  daysOverdue: countSchema.describe('0 when it is paid or not due'),
  bucket: ageingBucketSchema.nullable().describe('null when it is paid'),
  category: z.string().nullable(),
  purchaseOrderId: idSchema.nullable(),
  payments: z.array(
    z.object({ paymentId: idSchema, amount: moneySchema, paidOn: localDateSchema, accountId: idSchema.nullable() }),
  ),
});
/** An invoice or a bill, and how it stands. */
export type ObligationItem = Readonly<z.output<typeof obligationItemSchema>>;

/** One page of invoices or bills, the first due first, with the ageing of all that is open. */
export const obligationPageSchema = pageOf(obligationItemSchema).extend({
  today: localDateSchema.describe('The day of the business by which days overdue are counted'),
  ageing: z.array(z.object({ bucket: ageingBucketSchema, documents: countSchema, outstanding: z.array(moneySchema) })),
  outstanding: z.array(moneySchema).describe('All that is open, one for each currency'),
  standsAt: standsAtSchema,
});
/** One page of invoices or bills. */
export type ObligationPage = StandingPage<ObligationItem, z.output<typeof obligationPageSchema>>;
