import { z } from 'zod';
import { defineEvent } from '../event-contract.ts';
import type { EventData } from '../event-contract.ts';
import { currencySchema, idSchema, localDateSchema, moneySchema, nameSchema, textSchema } from '../values.ts';

const positiveMoney = moneySchema.refine(({ amount }) => amount > 0, {
  error: 'must be more than zero',
  path: ['amount'],
});

/** Days sort as text, since both are `YYYY-MM-DD`. */
const dueAfter = (issued: string, due: string): boolean => due >= issued;

/** An account was opened in the books. */
export const AccountOpenedV1 = defineEvent({
  area: 'accounting',
  event: 'account-opened',
  version: 1,
  summary: 'An account was opened in the books.',
  data: z
    .strictObject({
      accountId: idSchema,
      name: nameSchema,
      kind: z.enum(['checking', 'savings', 'credit', 'revenue', 'expense', 'asset', 'liability', 'equity']),
      currency: currencySchema,
      openingBalance: moneySchema.optional(),
      description: textSchema(500).optional(),
    })
    .refine(({ currency, openingBalance }) => openingBalance === undefined || openingBalance.currency === currency, {
      error: 'must be the currency of the account',
      path: ['openingBalance', 'currency'],
    }),
  sample: {
    accountId: 'checking',
    name: 'Main checking account',
    kind: 'checking',
    currency: 'USD',
    openingBalance: { amount: 2_500_000, currency: 'USD' },
  },
});

const transactionSchema = z
  .strictObject({
    transactionId: idSchema,
    kind: z.enum(['income', 'expense', 'transfer']),
    accountId: idSchema.optional().describe('The account of an income or expense'),
    fromAccountId: idSchema.optional().describe('Of a transfer'),
    toAccountId: idSchema.optional().describe('Of a transfer'),
    amount: moneySchema.describe('Not zero; negative takes an income or expense back'),
    category: textSchema(100).optional(),
    description: textSchema(500),
    counterparty: nameSchema.optional(),
    reference: idSchema.optional(),
    bookedOn: localDateSchema,
  })
  .superRefine((transaction, context) => {
    const complain = (path: string[], message: string): void => {
      context.addIssue({ code: 'custom', path, message });
    };
    const { kind, accountId, fromAccountId, toAccountId, amount } = transaction;
    if (amount.amount === 0) complain(['amount', 'amount'], 'must not be zero');
    if (kind !== 'transfer') {
      if (accountId === undefined) complain(['accountId'], `is required for an ${kind}`);
      return;
    }
    if (fromAccountId === undefined) complain(['fromAccountId'], 'is required for a transfer');
    if (toAccountId === undefined) complain(['toAccountId'], 'is required for a transfer');
    if (fromAccountId !== undefined && fromAccountId === toAccountId) {
      complain(['toAccountId'], 'must be another account than fromAccountId');
    }
    if (amount.amount < 0) complain(['amount', 'amount'], 'must be more than zero for a transfer');
  });

/** Money came in, went out, or moved between two accounts. */
export const TransactionRecordedV1 = defineEvent({
  area: 'accounting',
  event: 'transaction-recorded',
  version: 1,
  summary: 'Money came in, went out, or moved between two accounts.',
  data: transactionSchema,
  sample: {
    transactionId: 'tx-20261122-17',
    kind: 'expense',
    accountId: 'checking',
    amount: { amount: 48_250, currency: 'USD' },
    category: 'food-supplies',
    description: 'Weekly vegetables',
    counterparty: 'Fresh Foods',
    reference: 'INV-88213',
    bookedOn: '2026-11-22',
  },
});

/** A customer owes money. */
export const InvoiceIssuedV1 = defineEvent({
  area: 'accounting',
  event: 'invoice-issued',
  version: 1,
  summary: 'A customer was billed.',
  data: z
    .strictObject({
      invoiceId: idSchema,
      number: idSchema,
      customerId: idSchema.optional(),
      customerName: nameSchema,
      amount: positiveMoney,
      issuedOn: localDateSchema,
      dueOn: localDateSchema,
      description: textSchema(500).optional(),
    })
    .refine(({ issuedOn, dueOn }) => dueAfter(issuedOn, dueOn), {
      error: 'must not be before issuedOn',
      path: ['dueOn'],
    }),
  sample: {
    invoiceId: 'invoice-2026-0117',
    number: '2026-0117',
    customerId: 'customer-31',
    customerName: 'Harbour Events',
    amount: { amount: 184_000, currency: 'USD' },
    issuedOn: '2026-11-02',
    dueOn: '2026-12-02',
    description: 'Catering for 40 people',
  },
});

/** A customer paid an invoice, wholly or in part. */
export const InvoicePaidV1 = defineEvent({
  area: 'accounting',
  event: 'invoice-paid',
  version: 1,
  summary: 'A customer paid an invoice, wholly or in part.',
  data: z.strictObject({
    invoiceId: idSchema,
    paymentId: idSchema,
    amount: positiveMoney,
    paidOn: localDateSchema,
    accountId: idSchema.optional(),
  }),
  sample: {
    invoiceId: 'invoice-2026-0117',
    paymentId: 'payment-5531',
    amount: { amount: 184_000, currency: 'USD' },
    paidOn: '2026-11-20',
    accountId: 'checking',
  },
});

/** The business owes a vendor money. */
export const BillReceivedV1 = defineEvent({
  area: 'accounting',
  event: 'bill-received',
  version: 1,
  summary: 'A vendor sent a bill.',
  data: z
    .strictObject({
      billId: idSchema,
      number: idSchema,
      supplierId: idSchema.optional(),
      vendorName: nameSchema,
      amount: positiveMoney,
      receivedOn: localDateSchema,
      dueOn: localDateSchema,
      category: textSchema(100).optional(),
      purchaseOrderId: idSchema.optional(),
    })
    .refine(({ receivedOn, dueOn }) => dueAfter(receivedOn, dueOn), {
      error: 'must not be before receivedOn',
      path: ['dueOn'],
    }),
  sample: {
    billId: 'bill-7720',
    number: 'FF-88213',
    supplierId: 'fresh-foods',
    vendorName: 'Fresh Foods',
    amount: { amount: 48_250, currency: 'USD' },
    receivedOn: '2026-11-15',
    dueOn: '2026-12-15',
    category: 'food-supplies',
    purchaseOrderId: 'po-311',
  },
});

/** The business paid a bill, wholly or in part. */
export const BillPaidV1 = defineEvent({
  area: 'accounting',
  event: 'bill-paid',
  version: 1,
  summary: 'The business paid a bill, wholly or in part.',
  data: z.strictObject({
    billId: idSchema,
    paymentId: idSchema,
    amount: positiveMoney,
    paidOn: localDateSchema,
    accountId: idSchema.optional(),
  }),
  sample: {
    billId: 'bill-7720',
    paymentId: 'payment-9914',
    amount: { amount: 48_250, currency: 'USD' },
    paidOn: '2026-11-21',
    accountId: 'checking',
  },
});

/** Data of `steward.accounting.account-opened.v1`. */
export type AccountOpened = EventData<typeof AccountOpenedV1>;
/** Data of `steward.accounting.transaction-recorded.v1`. */
export type TransactionRecorded = EventData<typeof TransactionRecordedV1>;
/** Data of `steward.accounting.invoice-issued.v1`. */
export type InvoiceIssued = EventData<typeof InvoiceIssuedV1>;
/** Data of `steward.accounting.invoice-paid.v1`. */
export type InvoicePaid = EventData<typeof InvoicePaidV1>;
/** Data of `steward.accounting.bill-received.v1`. */
export type BillReceived = EventData<typeof BillReceivedV1>;
/** Data of `steward.accounting.bill-paid.v1`. */
export type BillPaid = EventData<typeof BillPaidV1>;
