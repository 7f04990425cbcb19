import { daysBetween, plusDays, type LocalDate, type Money } from '#libs/kernel';
import { withPosition } from '#libs/agent-kit';

/** An invoice that a customer owes, or a bill that the business owes, until it is paid in full. */
export type OpenDocument = {
  documentId: string;
  number: string;
  party: string;
  /** Minor units. */
  amount: number;
  currency: string;
  issuedOn: LocalDate;
  dueOn: LocalDate;
  /** Minor units, in the document's currency; more than the amount never makes it negative to others. */
  paid: number;
  paymentIds: string[];
  positions: number[];
};

/** Payments that came before what they pay. */
type EarlyPayments = { since: LocalDate; payments: { paymentId: string; amount: Money; position: number }[] };

/** Invoices, or bills: those that are open, and enough of the others to know a repetition when it comes. */
export type DocumentBook = {
  open: Map<string, OpenDocument>;
  /** Paid in full, with the day: told again, they stay so. */
  settled: Map<string, LocalDate>;
  early: Map<string, EarlyPayments>;
  /** How many days after its due day a document was paid in full: weights the latest; unknown before the first. */
  settledDocuments: number;
  meanDaysLate: number;
  /** From issue to full payment. */
  meanTermDays: number;
};

/** Long enough that a repetition does not come later; then a document is forgotten. */
const REMEMBERED_DAYS = 400;
const MOST_EARLY = 500;
const MOST_PAYMENT_IDS = 100;
/** Weight of the latest payment in the habit. */
const LATEST_WEIGHT = 0.1;

export function openDocumentBook(): DocumentBook {
  return {
    open: new Map(),
    settled: new Map(),
    early: new Map(),
    settledDocuments: 0,
    meanDaysLate: 0,
    meanTermDays: 0,
  };
}

/** What is still owed, never below zero; minor units. */
export function outstandingOf({ amount, paid }: Readonly<Pick<OpenDocument, 'amount' | 'paid'>>): number {
  return Math.max(0, amount - paid);
}

/** What is owed in one currency, of documents due until a day (or at all); minor units. */
export function outstandingUntil(book: Readonly<DocumentBook>, currency: string, until?: LocalDate): number {
  let sum = 0;
  for (const document of book.open.values()) {
    if (document.currency === currency && (until === undefined || document.dueOn <= until))
      sum += outstandingOf(document);
  }
  return sum;
}

type Issue = Readonly<{
  documentId: string;
  number: string;
  party: string;
  amount: Money;
  day: LocalDate;
  dueOn: LocalDate;
}>;

/** Enters a document. @returns whether it is a new one: told again, it is corrected and counts no second time */
export function enterDocument(
  book: DocumentBook,
  issue: Issue,
  at: Readonly<{ today: LocalDate; position: number }>,
): boolean {
  const { documentId, number, party, amount, day, dueOn } = issue;
  if (book.settled.has(documentId)) return false;
  const known = book.open.get(documentId);
  if (known) {
    Object.assign(known, { number, party, amount: amount.amount, currency: amount.currency, dueOn });
    withPosition(known.positions, at.position);
    settleWhenPaid(book, known, at.today);
    return false;
  }
  const document: OpenDocument = {
    ...{ documentId, number, party, amount: amount.amount, currency: amount.currency },
    ...{ issuedOn: day, dueOn, paid: 0, paymentIds: [], positions: [at.position] },
  };
  book.open.set(documentId, document);
  const early = book.early.get(documentId);
  book.early.delete(documentId);
  for (const payment of early?.payments ?? []) addPayment(document, payment);
  settleWhenPaid(book, document, at.today);
  return true;
}

type Payment = Readonly<{ documentId: string; paymentId: string; amount: Money; day: LocalDate }>;

/** Enters a payment. @returns whether it is a new one */
export function enterPayment(
  book: DocumentBook,
  { documentId, paymentId, amount, day }: Payment,
  at: Readonly<{ today: LocalDate; position: number }>,
): boolean {
  const payment = { paymentId, amount, position: at.position };
  const document = book.open.get(documentId);
  if (document) {
    const isNew = addPayment(document, payment);
    settleWhenPaid(book, document, day);
    return isNew;
  }
  if (book.settled.has(documentId)) return true;
  return rememberEarly(book, documentId, { ...payment, since: at.today });
}

/** A payment in another currency than the document's is money, but nobody can say how much of it was owed. */
function addPayment(
  document: OpenDocument,
  { paymentId, amount, position }: Readonly<{ paymentId: string; amount: Money; position: number }>,
): boolean {
  if (document.paymentIds.includes(paymentId)) return false;
  document.paymentIds.push(paymentId);
  if (document.paymentIds.length > MOST_PAYMENT_IDS) document.paymentIds.shift();
  if (amount.currency === document.currency) document.paid += amount.amount;
  withPosition(document.positions, position);
  return true;
}

function settleWhenPaid(book: DocumentBook, document: OpenDocument, paidOn: LocalDate): void {
  if (outstandingOf(document) > 0) return;
  book.open.delete(document.documentId);
  book.settled.set(document.documentId, paidOn);
  book.settledDocuments += 1;
  const weight = Math.max(LATEST_WEIGHT, 1 / book.settledDocuments);
  book.meanDaysLate += weight * (daysBetween(document.dueOn, paidOn) - book.meanDaysLate);
  book.meanTermDays += weight * (Math.max(0, daysBetween(document.issuedOn, paidOn)) - book.meanTermDays);
}

function rememberEarly(
  book: DocumentBook,
  documentId: string,
  { since, ...payment }: EarlyPayments['payments'][number] & Readonly<{ since: LocalDate }>,
): boolean {
  const early = book.early.get(documentId) ?? { since, payments: [] };
  if (early.payments.some(({ paymentId }) => paymentId === payment.paymentId)) return false;
  if (early.payments.length < MOST_PAYMENT_IDS) early.payments.push(payment);
  book.early.set(documentId, early);
  const oldest = book.early.keys().next();
  if (book.early.size > MOST_EARLY && oldest.done !== true) book.early.delete(oldest.value);
  return true;
}

/** Forgets what was settled, or paid for nothing known, so long ago that it cannot come again. Once a day is enough. */
export function forgetSettled(book: DocumentBook, today: LocalDate): void {
  const before = plusDays(today, -REMEMBERED_DAYS);
  for (const [documentId, day] of book.settled) if (day < before) book.settled.delete(documentId);
  for (const [documentId, { since }] of book.early) if (since < before) book.early.delete(documentId);
}
