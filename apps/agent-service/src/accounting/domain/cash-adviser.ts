import { agentId, plusDays } from '#libs/kernel';
import type { BookKeeping, CashAdviser, CashAnswer, CashQuestion, Look } from '#libs/agent-kit';
import { moneyOfSetting } from '#libs/business-settings';
import type { Figure } from '#libs/contracts';
import { ACCOUNTING_AGENT } from './accounting-book.ts';
import { cashOf, enterLedger, openLedger, type LedgerBook } from './ledger-book.ts';
import { outstandingUntil } from './open-documents.ts';
import { inWords } from './words.ts';

const SOON_DAYS = 14;
/** Customers are known to pay late: only so much of what they owe is counted on. */
const COUNTED_ON = 0.5;
/** With so much above the threshold nobody needs to think about it; as a share of the threshold. */
const EASY_MARGIN = 0.5;

/** The books, as far as they are needed to answer whether money is there. */
const cashBookKeeping: BookKeeping<LedgerBook> = {
  version: 2,
  open: openLedger,
  enter: (ledger, fact, settings) => {
    enterLedger(ledger, fact, settings);
  },
};

/**
 * Says whether a purchase can be paid: from cash on checking and savings accounts, less the bills that fall due within 14 days,
 * plus half of the invoices that do, and the threshold that the owner wants to hold.
 * - `affordable`: cash after the purchase stays well above the threshold, even when nobody pays;
 * - `tight`: it stays above zero and, counting on half of what is owed to the business, not below the threshold;
 * - `unaffordable`: it does not;
 * - `unknown`: no account for cash is known in that currency.
 */
export const cashAdviser: CashAdviser<LedgerBook> = { bookKeeping: cashBookKeeping, answer };

function answer(question: CashQuestion, at: Look<LedgerBook>): CashAnswer {
  const { currency, amount } = question.amount;
  const cash = cashOf(at.book, currency);
  const asked = `Can ${inWords(amount, currency)} be paid for ${question.purpose}?`.slice(0, 500);
  if (cash === undefined) return unknown(asked, currency, at.logPosition);
  const until = plusDays(at.local.date, SOON_DAYS);
  const owed = outstandingUntil(at.book.payables, currency, until);
  const receivable = outstandingUntil(at.book.receivables, currency, until);
  const threshold = thresholdIn(currency, at);
  const left = cash - amount - owed;
  const verdict = verdictOf({ left, receivable, threshold, after: cash - amount });
  const money = (name: string, value: number): Figure => ({ name, money: { amount: Math.round(value), currency } });
  return {
    verdict,
    consultation: {
      agentId: agentId(ACCOUNTING_AGENT),
      question: asked,
      answer:
        `${WORDS[verdict]} Cash is ${inWords(cash, currency)}; after the purchase and bills of ${inWords(owed, currency)} due until ` +
        `${until}, ${inWords(left, currency)} are left, with ${inWords(receivable, currency)} expected from customers. ` +
        `${inWords(threshold, currency)} should be held.`,
      figures: [
        money('cash', cash),
        money('purchase', amount),
        money('payables due in 14 days', owed),
        money('receivables due in 14 days', receivable),
        money('threshold', threshold),
        money('left', left),
      ],
      logPosition: at.logPosition,
    },
  };
}

const WORDS: Readonly<Record<CashAnswer['verdict'], string>> = {
  affordable: 'Yes.',
  tight: 'Yes, but it gets tight: buy only what is needed soon.',
  unaffordable: 'No: it would bring cash below what must be held. Buy the least that avoids running out, or wait.',
  unknown: 'Nobody knows.',
};

type Amounts = Readonly<{ left: number; after: number; receivable: number; threshold: number }>;

function verdictOf({ left, after, receivable, threshold }: Amounts): CashAnswer['verdict'] {
  if (left >= threshold * (1 + EASY_MARGIN)) return 'affordable';
  return after >= 0 && left + receivable * COUNTED_ON >= threshold ? 'tight' : 'unaffordable';
}

/** The owner's threshold is in the currency of the business; of another currency nothing has to be held. */
function thresholdIn(currency: string, { settings }: Look<LedgerBook>): number {
  if (currency !== settings.business.currency) return 0;
  return moneyOfSetting(settings, settings.agents.accounting.alertThresholds.cashLow).amount;
}

function unknown(question: string, currency: string, logPosition: number): CashAnswer {
  return {
    verdict: 'unknown',
    consultation: {
      agentId: agentId(ACCOUNTING_AGENT),
      question,
      answer: `${WORDS.unknown} No checking or savings account in ${currency} is in the books.`,
      figures: [],
      logPosition,
    },
  };
}
