import { projectRows, type RecordedEvent, type RowProjection } from '#libs/event-store';
import type { ParsedBusinessEvent } from '#libs/contracts';
import { daysBetween, type Money } from '#libs/kernel';
import { businessEventOf } from '../../../log-events.ts';

/** Invoices are receivables: customers owe them. Bills are payables: the business owes them. */
export type Direction = 'receivable' | 'payable';

type ObligationKey = Readonly<{ tenant: string; direction: Direction; document_id: string }>;
/** One payment; its currency need not be the document's. */
export type PaymentEntry = Readonly<{ paymentId: string; amount: Money; paidOn: string; accountId: string | null }>;
/** One row of `obligations`. What the document says is `null` while only its payment is known. */
export type ObligationRow = ObligationKey &
  Readonly<{
    number: string | null;
    party: string | null;
    party_id: string | null;
    amount: number | null;
    currency: string | null;
    opened_on: string | null;
    due_on: string | null;
    category: string | null;
    purchase_order_id: string | null;
    payments: readonly PaymentEntry[];
    /** Of the payments in the document's currency. */
    paid_amount: number;
    /** When the payments reached the amount. */
    settled_on: string | null;
    position: number;
  }>;

type Columns = Omit<ObligationRow, keyof ObligationKey | 'payments' | 'paid_amount' | 'settled_on' | 'position'>;
type Told = Readonly<{ direction: Direction; documentId: string }> &
  (Readonly<{ document: Columns }> | Readonly<{ payment: PaymentEntry }>);

/** What is owed to the business and by it, with the payments that came. What is told again counts once. */
export const obligationRows: RowProjection<ObligationKey, ObligationRow> = {
  name: 'agent.obligations',
  version: 1,
  table: 'obligations',
  keyColumns: ['tenant', 'direction', 'document_id'],
  handles: new Set([
    'accounting.invoice-issued',
    'accounting.invoice-paid',
    'accounting.bill-received',
    'accounting.bill-paid',
  ]),
  rowsOf: 'one-stream',
  keysOf: (event) => {
    const told = toldBy(event);
    return told ? [{ tenant: event.tenant, direction: told.direction, document_id: told.documentId }] : [];
  },
  evolve: (row, event, key) => {
    const told = toldBy(event);
    if (!told) return undefined;
    const known = row ?? { ...key, ...UNKNOWN };
    const next = 'document' in told ? withDocument(known, told.document) : withPayment(known, told.payment);
    return next && { ...settled(next), position: event.position };
  },
};

const NO_DOCUMENT: Columns = {
  ...{ number: null, party: null, party_id: null, amount: null, currency: null },
  ...{ opened_on: null, due_on: null, category: null, purchase_order_id: null },
};
const UNKNOWN = { ...NO_DOCUMENT, payments: [], paid_amount: 0, settled_on: null, position: 0 };

function withDocument(row: ObligationRow, document: Columns): ObligationRow | undefined {
  if (row.amount === null) return { ...row, ...document };
  // Told again it is a correction, as long as it is not paid; it was opened when it was told first.
  return row.settled_on === null ? { ...row, ...document, opened_on: row.opened_on } : undefined;
}

function withPayment(row: ObligationRow, payment: PaymentEntry): ObligationRow | undefined {
  if (row.payments.some(({ paymentId }) => paymentId === payment.paymentId)) return undefined;
  const payments = [...row.payments, payment].toSorted((one, other) => daysBetween(other.paidOn, one.paidOn));
  return { ...row, payments };
}

/** Payments may come before the document, and not in the order of their days. */
function settled(row: ObligationRow): ObligationRow {
  let paid = 0;
  let settledOn: string | null = null;
  for (const { amount, paidOn } of row.payments) {
    if (amount.currency !== row.currency) continue;
    paid += amount.amount;
    if (settledOn === null && row.amount !== null && paid >= row.amount) settledOn = paidOn;
  }
  return { ...row, paid_amount: paid, settled_on: settledOn };
}

function toldBy(recorded: RecordedEvent): Told | undefined {
  const event = businessEventOf(recorded);
  return event && toldIn(event);
}

function toldIn({ type, data }: ParsedBusinessEvent): Told | undefined {
  switch (type) {
    case 'steward.accounting.invoice-issued.v1': {
      const { customerName: party, customerId = null, issuedOn } = data;
      const document = { ...columnsOf(data), party, party_id: customerId, opened_on: issuedOn };
      return { direction: 'receivable', documentId: data.invoiceId, document };
    }
    case 'steward.accounting.bill-received.v1': {
      const { vendorName: party, supplierId = null, receivedOn, category = null, purchaseOrderId = null } = data;
      const named = {
        party,
        party_id: supplierId,
        opened_on: receivedOn,
        category,
        purchase_order_id: purchaseOrderId,
      };
      return { direction: 'payable', documentId: data.billId, document: { ...columnsOf(data), ...named } };
    }
    case 'steward.accounting.invoice-paid.v1':
      return { direction: 'receivable', documentId: data.invoiceId, payment: paymentOf(data) };
    case 'steward.accounting.bill-paid.v1':
      return { direction: 'payable', documentId: data.billId, payment: paymentOf(data) };
    default:
      return undefined;
  }
}

function columnsOf({ number, amount, dueOn }: Readonly<{ number: string; amount: Money; dueOn: string }>): Columns {
  return { ...NO_DOCUMENT, number, amount: amount.amount, currency: amount.currency, due_on: dueOn };
}

type Paid = Readonly<{ paymentId: string; amount: Money; paidOn: string; accountId?: string | undefined }>;

function paymentOf({ paymentId, amount, paidOn, accountId }: Paid): PaymentEntry {
  return { paymentId, amount, paidOn, accountId: accountId ?? null };
}

/** The read model of receivables and payables. */
export const obligationProjection = projectRows(obligationRows);
