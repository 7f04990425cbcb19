import { daysBetween } from '#libs/kernel';
import type { DecisionAction } from '#libs/contracts';
import type { Detection, Detector, FactLook, FactType, Finding, Look } from '#libs/agent-kit';
import type { AccountingBook } from '../accounting-book.ts';
import { dynamicConfidence, FULL_VOLUME } from '../confidence.ts';
import { outstandingOf, type DocumentBook, type OpenDocument } from '../open-documents.ts';
import { counted, inWords } from '../words.ts';

const DECISION_TYPE = 'aging_analysis';
const BUCKET_DAYS = 30;
const BUCKETS = 3;

type Side = Readonly<{
  id: string;
  subject: 'invoice' | 'bill';
  documentsOf: (book: Readonly<AccountingBook>) => Readonly<DocumentBook>;
  thresholdDays: (look: Look<AccountingBook>) => number;
  paidBy: FactType;
  actionFor: (document: OpenDocument, overdue: Overdue) => DecisionAction;
  advice: (overdue: Overdue) => string;
}>;

type Overdue = Readonly<{
  days: number;
  /** The days that the bucket begins after, and its place from 0. */
  bucket: number;
  level: number;
  outstanding: Readonly<{ amount: number; currency: string }>;
}>;

const STEPS = ['remind', 'call', 'final-notice'] as const;

/** Invoices that customers have not paid so many days after they were due. */
export const receivableAging = agingDetector({
  id: 'receivable-aging',
  subject: 'invoice',
  documentsOf: ({ ledger }) => ledger.receivables,
  thresholdDays: ({ settings }) => settings.agents.accounting.alertThresholds.receivablesOverdue,
  paidBy: 'steward.accounting.invoice-paid.v1',
  actionFor: ({ documentId }, { outstanding, days, level }) => ({
    ...{ kind: 'collect-receivable', invoiceId: documentId, outstanding, daysOverdue: days },
    step: STEPS[level] ?? 'final-notice',
  }),
  advice: ({ level }) =>
    ['Send a reminder.', 'Call the customer.', 'Send a final notice, and take no further orders on account.'][level] ??
    '',
});

/** Bills that the business has not paid so many days after they were due. */
export const payableAging = agingDetector({
  id: 'payable-aging',
  subject: 'bill',
  documentsOf: ({ ledger }) => ledger.payables,
  thresholdDays: ({ settings }) => settings.agents.accounting.alertThresholds.payablesOverdue,
  paidBy: 'steward.accounting.bill-paid.v1',
  actionFor: ({ documentId }, { outstanding, days }) => ({
    ...{ kind: 'pay-bill', billId: documentId, outstanding, daysOverdue: days },
  }),
  advice: () => 'Pay it, or agree on another day with the vendor, before it costs fees or deliveries.',
});

/**
 * The days after which a document is overdue, and overdue more gravely: the owner's threshold, then the next multiples of 30 days.
 * The threshold itself is not overdue yet.
 */
export function bucketsFrom(thresholdDays: number): readonly number[] {
  const next = (Math.floor(thresholdDays / BUCKET_DAYS) + 1) * BUCKET_DAYS;
  return Array.from({ length: BUCKETS }, (_, place) =>
    place === 0 ? thresholdDays : next + (place - 1) * BUCKET_DAYS,
  );
}

function agingDetector(side: Side): Detector<AccountingBook> {
  return {
    id: side.id,
    decisionType: DECISION_TYPE,
    kind: 'situation',
    onFact: { types: [side.paidBy], look: (look) => afterPayment(side, look) },
    onSchedule: {
      schedule: { every: 'day', at: '09:00' },
      look: (look) => ({
        looked: 'everything',
        findings: [...side.documentsOf(look.book).open.values()].flatMap((document) =>
          findingsOf(side, document, look),
        ),
      }),
    },
  };
}

function afterPayment(side: Side, look: FactLook<AccountingBook>): Detection {
  const { data } = look.fact;
  const documentId = 'invoiceId' in data ? data.invoiceId : 'billId' in data ? data.billId : '';
  const document = side.documentsOf(look.book).open.get(documentId);
  return {
    looked: [`${side.subject}:${documentId}`],
    findings: document ? findingsOf(side, document, look) : [],
  };
}

function overdueOf(side: Side, document: OpenDocument, look: Look<AccountingBook>): Overdue | undefined {
  const days = daysBetween(document.dueOn, look.local.date);
  const buckets = bucketsFrom(side.thresholdDays(look));
  const level = buckets.findLastIndex((bucket) => days > bucket);
  const bucket = buckets[level];
  if (bucket === undefined) return undefined;
  return { days, bucket, level, outstanding: { amount: outstandingOf(document), currency: document.currency } };
}

function findingsOf(side: Side, document: OpenDocument, look: Look<AccountingBook>): readonly Finding[] {
  const overdue = overdueOf(side, document, look);
  return overdue ? [findingOf(side, document, { ...overdue, look })] : [];
}

function findingOf(
  side: Side,
  document: OpenDocument,
  { look, ...overdue }: Overdue & Readonly<{ look: Look<AccountingBook> }>,
): Finding {
  const { documentId, number, party, amount, currency, dueOn, paid, positions } = document;
  const { book, settings } = look;
  return {
    subject: `${side.subject}:${documentId}`,
    state: `overdue-${overdue.bucket}`,
    grade: 2 + overdue.level,
    evidence: {
      figures: [
        { name: side.subject === 'invoice' ? 'customer' : 'vendor', value: party },
        { name: 'number', value: number },
        { name: 'amount', money: { amount, currency } },
        { name: 'paid', money: { amount: paid, currency } },
        { name: 'outstanding', money: overdue.outstanding },
        { name: 'due on', value: dueOn },
        { name: 'days overdue', value: overdue.days, unit: 'days' },
      ],
      positions,
    },
    byRules: () => ({
      action: side.actionFor(document, overdue),
      ...dynamicConfidence(book.learning, settings, DECISION_TYPE, {
        volume: Math.max(0.5, side.documentsOf(book).settledDocuments / FULL_VOLUME),
        ...{ stability: 1, seasonal: 1 },
      }),
      reasoning: `${sentenceOf(side, document, overdue)} ${side.advice(overdue)}`,
    }),
  };
}

function sentenceOf(
  side: Side,
  { number, party, amount, currency, dueOn, paid }: OpenDocument,
  overdue: Overdue,
): string {
  const what = side.subject === 'invoice' ? `Invoice ${number} to ${party}` : `Bill ${number} of ${party}`;
  const rest = `${inWords(overdue.outstanding.amount, currency)}${paid > 0 ? ` of ${inWords(amount, currency)}` : ''}`;
  return `${what} was due on ${dueOn} and is ${counted(overdue.days, 'day')} overdue: ${rest} ${paid > 0 ? 'are' : 'is'} not paid.`;
}
