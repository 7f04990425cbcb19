import { plusDays, type LocalDate } from '#libs/kernel';
import { withPosition, type BusinessFact } from '#libs/agent-kit';
import { moneyOfSetting, type BusinessSettings } from '#libs/business-settings';
import { cashLevelOf, type CashLevel } from './cash-level.ts';
import { isCash, ledgerEntriesOf, type AccountKind, type LedgerEntry, type LedgerEvent } from './ledger-entry.ts';
import { enterDocument, enterPayment, forgetSettled, openDocumentBook, type DocumentBook } from './open-documents.ts';

/** An account; one that was never opened has no kind, and is no cash. */
export type Account = {
  name: string;
  kind: AccountKind | undefined;
  /** Minor units by currency; currencies are never added. */
  balances: Map<string, number>;
};

/** What happened to the money on one day of the business, in its own currency, in minor units. */
export type DayTotals = {
  revenue: Map<string, number>;
  expense: Map<string, number>;
  /** Revenue in other currencies than the business's: it is told, and added to nothing. */
  otherRevenue: Map<string, number>;
  /** Into cash less out of it; between accounts that are both cash nothing changes. */
  cashFlow: number;
  /** What of it paid invoices and bills. */
  documentFlow: number;
  /** What of it owner or bank put in or took out: transfers to and from accounts of equity, liability and assets. */
  financingFlow: number;
  /** Sales, without returns. */
  orders: number;
  transactions: number;
  positions: number[];
};

/** Accounts, what is owed, and the days. Plain data. */
export type LedgerBook = {
  accounts: Map<string, Account>;
  receivables: DocumentBook;
  payables: DocumentBook;
  days: Map<LocalDate, DayTotals>;
  /** Transactions known, with the day they came: told again, they count once. */
  transactions: Map<string, LocalDate>;
  /** The day of the latest fact. */
  today: LocalDate;
  /** Of the business's first fact. */
  since: LocalDate;
  cashLevel: CashLevel;
  /** Of what changed cash last. */
  cashPositions: number[];
};

const KEPT_DAYS = 400;
const TRANSACTION_DAYS = 90;
/** A document of a day further ahead is booked on the day it came. */
const MOST_DAYS_AHEAD = 31;

export function openLedger(): LedgerBook {
  return {
    accounts: new Map(),
    receivables: openDocumentBook(),
    payables: openDocumentBook(),
    days: new Map(),
    transactions: new Map(),
    today: '',
    since: '',
    cashLevel: 'unknown',
    cashPositions: [],
  };
}

/** Money that can be spent at once, on checking and savings accounts, in one currency; `undefined` without such an account. */
export function cashOf(ledger: Readonly<LedgerBook>, currency: string): number | undefined {
  let sum: number | undefined;
  for (const { kind, balances } of ledger.accounts.values()) {
    const balance = isCash(kind) ? balances.get(currency) : undefined;
    if (balance !== undefined) sum = (sum ?? 0) + balance;
  }
  return sum;
}

/** The money of each account that can be spent at once, in one currency. */
export function cashAccountsOf(
  ledger: Readonly<LedgerBook>,
  currency: string,
): readonly (Account & { balance: number })[] {
  return [...ledger.accounts.values()].flatMap((account) => {
    const balance = isCash(account.kind) ? account.balances.get(currency) : undefined;
    return balance === undefined ? [] : [{ ...account, balance }];
  });
}

/** Enters a fact. @returns whether it says something new, rather than what was known already */
export function enterLedger(ledger: LedgerBook, fact: BusinessFact, settings: BusinessSettings): boolean {
  turnDay(ledger, fact.local.date);
  if (fact.type === 'steward.agent.outcome-recorded.v1') return true;
  if (isRepeated(ledger, fact)) return false;
  const entries = ledgerEntriesOf(fact, { day: fact.local.date }, settings.agents.accounting.settlementCategories);
  const context = {
    ledger,
    position: fact.position,
    currency: settings.business.currency,
    purpose: purposeOf(ledger, fact),
  };
  for (const entry of entries) if (!enterEntry(context, entry)) return false;
  const [first] = entries;
  if (first?.kind !== 'account' && first !== undefined) countTransaction(context, fact, first.day);
  const threshold = moneyOfSetting(settings, settings.agents.accounting.alertThresholds.cashLow).amount;
  ledger.cashLevel = cashLevelOf(cashOf(ledger, settings.business.currency), threshold, ledger.cashLevel);
  return true;
}

function isRepeated(ledger: LedgerBook, { type, data }: LedgerEvent): boolean {
  if (type !== 'steward.accounting.transaction-recorded.v1') return false;
  if (ledger.transactions.has(data.transactionId)) return true;
  ledger.transactions.set(data.transactionId, ledger.today);
  return false;
}

type Purpose = 'document' | 'financing' | 'everyday';

const FINANCING: readonly (AccountKind | undefined)[] = ['equity', 'liability', 'asset'];

function purposeOf({ accounts }: LedgerBook, { type, data }: BusinessFact): Purpose {
  if (type === 'steward.accounting.invoice-paid.v1' || type === 'steward.accounting.bill-paid.v1') return 'document';
  if (type !== 'steward.accounting.transaction-recorded.v1' || data.kind !== 'transfer') return 'everyday';
  const kinds = [data.fromAccountId ?? '', data.toAccountId ?? ''].map((accountId) => accounts.get(accountId)?.kind);
  return kinds.some((kind) => FINANCING.includes(kind)) ? 'financing' : 'everyday';
}

type Context = Readonly<{ ledger: LedgerBook; position: number; currency: string; purpose: Purpose }>;

/** @returns false for what was entered before: what follows from it was, too */
function enterEntry(context: Context, entry: LedgerEntry): boolean {
  const { ledger, position } = context;
  const at = { today: ledger.today, position };
  switch (entry.kind) {
    case 'account':
      enterAccount(context, entry);
      return true;
    case 'movement':
      enterMovement(context, entry);
      return true;
    case 'revenue':
    case 'expense':
      if (entry.amount.currency === context.currency) {
        addTo(dayOf(ledger, entry.day)[entry.kind], entry.category, entry.amount.amount);
      } else if (entry.kind === 'revenue') {
        addTo(dayOf(ledger, entry.day).otherRevenue, entry.amount.currency, entry.amount.amount);
      }
      return true;
    case 'receivable-opened':
      return enterDocument(ledger.receivables, entry, at);
    case 'payable-opened':
      return enterDocument(ledger.payables, entry, at);
    case 'receivable-paid':
      return enterPayment(ledger.receivables, entry, at);
    case 'payable-paid':
      return enterPayment(ledger.payables, entry, at);
  }
}

function enterAccount({ ledger, position }: Context, entry: Extract<LedgerEntry, { kind: 'account' }>): void {
  const known = ledger.accounts.get(entry.accountId);
  const account = known ?? accountOf(ledger, entry.accountId);
  const wasOpened = account.kind !== undefined;
  Object.assign(account, { name: entry.name, kind: entry.accountKind });
  // What moved before the account was opened in the books stays; an opening told again adds nothing.
  if (!wasOpened) addTo(account.balances, entry.openingBalance.currency, entry.openingBalance.amount);
  if (isCash(entry.accountKind)) withPosition(ledger.cashPositions, position);
}

function enterMovement(context: Context, entry: Extract<LedgerEntry, { kind: 'movement' }>): void {
  const { ledger, position, currency } = context;
  const account = accountOf(ledger, entry.accountId);
  addTo(account.balances, entry.amount.currency, entry.amount.amount);
  if (!isCash(account.kind)) return;
  withPosition(ledger.cashPositions, position);
  if (entry.amount.currency !== currency) return;
  const day = dayOf(ledger, entry.day);
  day.cashFlow += entry.amount.amount;
  if (context.purpose === 'document') day.documentFlow += entry.amount.amount;
  if (context.purpose === 'financing') day.financingFlow += entry.amount.amount;
}

function countTransaction({ ledger, position }: Context, { type, data }: LedgerEvent, date: LocalDate): void {
  const day = dayOf(ledger, date);
  day.transactions += 1;
  if (type === 'steward.sales.order-completed.v1' && data.kind === 'sale') day.orders += 1;
  withPosition(day.positions, position);
}

function accountOf(ledger: LedgerBook, accountId: string): Account {
  const known = ledger.accounts.get(accountId);
  if (known) return known;
  const account: Account = { name: accountId, kind: undefined, balances: new Map() };
  ledger.accounts.set(accountId, account);
  return account;
}

/** The totals of a day; of one that is too far away, those of today. */
function dayOf(ledger: LedgerBook, date: LocalDate): DayTotals {
  const isNear =
    date === ledger.today ||
    (date >= plusDays(ledger.today, -KEPT_DAYS) && date <= plusDays(ledger.today, MOST_DAYS_AHEAD));
  const key = isNear ? date : ledger.today;
  const known = ledger.days.get(key);
  if (known) return known;
  const day: DayTotals = {
    ...{ revenue: new Map(), expense: new Map(), otherRevenue: new Map() },
    ...{ cashFlow: 0, documentFlow: 0, financingFlow: 0 },
    ...{ orders: 0, transactions: 0, positions: [] },
  };
  ledger.days.set(key, day);
  return day;
}

function turnDay(ledger: LedgerBook, date: LocalDate): void {
  if (ledger.since === '' || date < ledger.since) ledger.since = date;
  if (date <= ledger.today) return;
  ledger.today = date;
  const before = plusDays(date, -KEPT_DAYS);
  if (ledger.since < before) ledger.since = before;
  for (const day of ledger.days.keys()) if (day < before) ledger.days.delete(day);
  forgetSettled(ledger.receivables, date);
  forgetSettled(ledger.payables, date);
  const oldest = plusDays(date, -TRANSACTION_DAYS);
  for (const [transactionId, day] of ledger.transactions) {
    if (day >= oldest) break;
    ledger.transactions.delete(transactionId);
  }
}

function addTo(sums: Map<string, number>, key: string, amount: number): void {
  sums.set(key, (sums.get(key) ?? 0) + amount);
}

/** Of all categories; minor units. */
export function totalOf(sums: ReadonlyMap<string, number>): number {
  let total = 0;
  for (const amount of sums.values()) total += amount;
  return total;
}

/** The totals of one day, to read. */
export type Day = Readonly<
  Omit<DayTotals, 'revenue' | 'expense' | 'otherRevenue' | 'positions'> & {
    date: LocalDate;
    revenue: ReadonlyMap<string, number>;
    expense: ReadonlyMap<string, number>;
    otherRevenue: ReadonlyMap<string, number>;
    positions: readonly number[];
  }
>;

const EMPTY_DAY: Omit<Day, 'date'> = {
  ...{
    revenue: new Map<string, number>(),
    expense: new Map<string, number>(),
    otherRevenue: new Map<string, number>(),
    cashFlow: 0,
    documentFlow: 0,
    financingFlow: 0,
  },
  ...{ orders: 0, transactions: 0, positions: [] },
};

/** The totals of the days before `until`, oldest first, at most so many; a day without anything is one of zeros. */
export function daysBefore(ledger: Readonly<LedgerBook>, until: LocalDate, most: number): readonly Day[] {
  const days: Day[] = [];
  for (let date = plusDays(until, -most); date < until; date = plusDays(date, 1)) {
    if (date >= ledger.since) days.push({ ...(ledger.days.get(date) ?? EMPTY_DAY), date });
  }
  return days;
}
