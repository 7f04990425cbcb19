import { plusDays } from '#libs/kernel';
import { NOTHING, type Detection, type Detector, type Finding, type Look } from '#libs/agent-kit';
import { moneyOfSetting } from '#libs/business-settings';
import type { DecisionAction, Figure } from '#libs/contracts';
import type { AccountingBook } from '../accounting-book.ts';
import { cashLevelOf, type CashLevel } from '../cash-level.ts';
import { dynamicConfidence, FULL_VOLUME } from '../confidence.ts';
import { cashAccountsOf, cashOf, daysBefore } from '../ledger-book.ts';
import { outstandingUntil } from '../open-documents.ts';
import { inWords, listed } from '../words.ts';

const DECISION_TYPE = 'low_cash_alert';
/** What falls due so soon counts when cash is low. */
const SOON_DAYS = 14;

type LowLevel = Extract<CashLevel, 'low' | 'critical' | 'negative'>;
const GRADES: Readonly<Record<LowLevel, number>> = { low: 3, critical: 4, negative: 5 };

/** Cash on checking and savings accounts is below what the owner wants to hold. */
export const lowCash: Detector<AccountingBook> = {
  id: 'low-cash',
  decisionType: DECISION_TYPE,
  kind: 'situation',
  coolDownHours: 24,
  onFact: {
    types: [
      'steward.accounting.account-opened.v1',
      'steward.accounting.transaction-recorded.v1',
      'steward.accounting.invoice-paid.v1',
      'steward.accounting.bill-paid.v1',
    ],
    look,
  },
  // The owner may change the threshold while nothing happens.
  onSchedule: {
    schedule: { every: 'interval', seconds: ({ agents }) => agents.accounting.checkInterval },
    look,
  },
};

function look(at: Look<AccountingBook>): Detection {
  const { book, settings } = at;
  const cash = cashOf(book.ledger, settings.business.currency);
  if (cash === undefined) return NOTHING;
  const threshold = thresholdOf(at);
  const level = cashLevelOf(cash, threshold, book.ledger.cashLevel);
  if (level === 'enough' || level === 'unknown') return { looked: ['cash'], findings: [] };
  return { looked: ['cash'], findings: [findingOf(at, { cash, threshold, level })] };
}

function thresholdOf({ settings }: Look<AccountingBook>): number {
  return moneyOfSetting(settings, settings.agents.accounting.alertThresholds.cashLow).amount;
}

type Case = Readonly<{ cash: number; threshold: number; level: LowLevel }>;
type Measure = Extract<DecisionAction, { kind: 'protect-cash' }>['measures'][number];

function findingOf(at: Look<AccountingBook>, low: Case): Finding {
  const { book, settings, local } = at;
  const { currency } = settings.business;
  const until = plusDays(local.date, SOON_DAYS);
  const owed = outstandingUntil(book.ledger.payables, currency, until);
  const expected = outstandingUntil(book.ledger.receivables, currency, until);
  const shortfall = { amount: Math.max(0, low.threshold - low.cash), currency };
  const measures = measuresFor(at, { owed, receivable: outstandingUntil(book.ledger.receivables, currency) });
  const known = Math.min(FULL_VOLUME, daysBefore(book.ledger, local.date, FULL_VOLUME).length);
  const figures: Figure[] = [
    { name: 'cash', money: { amount: low.cash, currency } },
    { name: 'threshold', money: { amount: low.threshold, currency } },
    ...cashAccountsOf(book.ledger, currency).map((account) => ({
      ...{ name: `balance of ${account.name}`.slice(0, 200), money: { amount: account.balance, currency } },
    })),
    { name: `payables due until ${until}`, money: { amount: owed, currency } },
    { name: `receivables due until ${until}`, money: { amount: expected, currency } },
  ];
  return {
    ...{ subject: 'cash', state: low.level, grade: GRADES[low.level] },
    evidence: { figures: figures.slice(0, 20), positions: book.ledger.cashPositions },
    byRules: () => ({
      action: { kind: 'protect-cash', shortfall, by: local.date, measures },
      // A balance is no estimate: only how long the books have been kept, and what came of earlier warnings, can weaken it.
      ...dynamicConfidence(book.learning, settings, DECISION_TYPE, {
        ...{ volume: Math.max(0.5, known / FULL_VOLUME), stability: 1, seasonal: 1 },
      }),
      reasoning:
        `Cash on checking and savings accounts is ${inWords(low.cash, currency)}, ` +
        `${inWords(shortfall.amount, currency)} below the ${inWords(low.threshold, currency)} that should be held. ` +
        `Until ${until} bills of ${inWords(owed, currency)} fall due and invoices of ${inWords(expected, currency)} ` +
        `should be paid. ${advice(measures)}`,
    }),
  };
}

function measuresFor(
  { book, settings }: Look<AccountingBook>,
  { owed, receivable }: Readonly<{ owed: number; receivable: number }>,
): Measure[] {
  const savings = cashAccountsOf(book.ledger, settings.business.currency).filter(({ kind }) => kind === 'savings');
  const checking = cashAccountsOf(book.ledger, settings.business.currency).filter(({ kind }) => kind === 'checking');
  const canMove = savings.some(({ balance }) => balance > 0) && checking.some(({ balance }) => balance < 0);
  return [
    ...(canMove ? (['move-savings'] as const) : []),
    ...(receivable > 0 ? (['collect-receivables'] as const) : []),
    ...(owed > 0 ? (['defer-payables'] as const) : []),
    'cut-expenses',
  ];
}

const ADVICE: Readonly<Record<Measure, string>> = {
  'move-savings': 'move savings to the account that is overdrawn',
  'collect-receivables': 'collect what customers owe',
  'defer-payables': 'ask vendors for later payment',
  'cut-expenses': 'put off expenses that can wait',
  'carry-on': 'carry on',
};

/** The measures as a sentence. */
export function advice(measures: readonly Measure[]): string {
  const text = listed(measures.map((measure) => ADVICE[measure]));
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
