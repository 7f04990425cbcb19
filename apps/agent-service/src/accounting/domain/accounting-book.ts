import type { BookKeeping, BusinessFact, FactType } from '#libs/agent-kit';
import type { BusinessSettings } from '#libs/business-settings';
import { enterOutcome, openLearning, type LearningBook } from './learning-book.ts';
import { enterLedger, openLedger, type LedgerBook } from './ledger-book.ts';
import {
  enterSample,
  openSimilar,
  sampleOfOrder,
  sampleOfTransaction,
  type SimilarBook,
} from './similar-transactions.ts';

/** What the accounting agent knows of a business. Plain data. */
export type AccountingBook = {
  ledger: LedgerBook;
  similar: SimilarBook;
  learning: LearningBook;
};

/** The facts of the books. */
export const LEDGER_FACTS: readonly FactType[] = [
  'steward.sales.order-completed.v1',
  'steward.accounting.account-opened.v1',
  'steward.accounting.transaction-recorded.v1',
  'steward.accounting.invoice-issued.v1',
  'steward.accounting.invoice-paid.v1',
  'steward.accounting.bill-received.v1',
  'steward.accounting.bill-paid.v1',
];

export const ACCOUNTING_AGENT = 'accounting_agent';

export const accountingBookKeeping: BookKeeping<AccountingBook> = {
  version: 2,
  open: () => ({ ledger: openLedger(), similar: openSimilar(), learning: openLearning() }),
  enter,
};

function enter(book: AccountingBook, fact: BusinessFact, settings: BusinessSettings): void {
  if (fact.type === 'steward.agent.outcome-recorded.v1') {
    if (fact.data.agentId === ACCOUNTING_AGENT) enterOutcome(book.learning, fact.data, fact.position);
    return;
  }
  const isNew = enterLedger(book.ledger, fact, settings);
  if (isNew) enterSimilar(book.similar, fact);
}

function enterSimilar(book: SimilarBook, fact: BusinessFact): void {
  const { atMs, position, local } = fact;
  if (fact.type === 'steward.accounting.transaction-recorded.v1') {
    enterSample(book, { ...sampleOfTransaction(fact.data, { atMs, position }), local });
  } else if (fact.type === 'steward.sales.order-completed.v1') {
    enterSample(book, { ...sampleOfOrder(fact.data, { atMs, position }), local });
  }
}
