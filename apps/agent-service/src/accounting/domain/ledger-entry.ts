import type { LocalDate, Money } from '#libs/kernel';
import type {
  AccountOpened,
  BillPaid,
  BillReceived,
  InvoiceIssued,
  InvoicePaid,
  OrderCompleted,
  ParsedBusinessEvent,
  TransactionRecorded,
} from '#libs/contracts';

/** What an account of the books is. */
export type AccountKind = AccountOpened['kind'];

/**
 * One effect of a business event on the books. Amounts are signed minor units of the event's own currency; nothing here
 * is converted, and readers keep currencies apart.
 */
export type LedgerEntry =
  /** An account got to be known. Registered again, it may change its name and kind; its opening balance counts once. */
  | Readonly<{
      kind: 'account';
      accountId: string;
      name: string;
      accountKind: AccountKind;
      openingBalance: Money;
      day: LocalDate;
    }>
  /** Money came into an account (more than zero) or left it. An account that was never opened counts under its id. */
  | Readonly<{ kind: 'movement'; accountId: string; amount: Money; flow: 'external' | 'transfer'; day: LocalDate }>
  /** Earned; negative when it was taken back. */
  | Readonly<{ kind: 'revenue'; category: string; amount: Money; day: LocalDate }>
  /** Spent; negative when it was taken back. */
  | Readonly<{ kind: 'expense'; category: string; amount: Money; day: LocalDate }>
  | (Opened & Readonly<{ kind: 'receivable-opened' }>)
  | (Opened & Readonly<{ kind: 'payable-opened' }>)
  | (Paid & Readonly<{ kind: 'receivable-paid' }>)
  | (Paid & Readonly<{ kind: 'payable-paid' }>);

type Opened = Readonly<{
  /** The invoice or bill. */
  documentId: string;
  number: string;
  /** Who owes, or is owed. */
  party: string;
  amount: Money;
  day: LocalDate;
  dueOn: LocalDate;
}>;

type Paid = Readonly<{ documentId: string; paymentId: string; amount: Money; day: LocalDate }>;

/** An event that a ledger can take, as its contract reads it. Others have no entries. */
export type LedgerEvent = ParsedBusinessEvent extends infer Event
  ? Event extends ParsedBusinessEvent
    ? Pick<Event, 'type' | 'data'>
    : never
  : never;

/** Revenue of sales, of invoices, and what has no category of its own. */
export const SALES = 'sales';
export const INVOICED = 'invoiced';
export const UNCATEGORISED = 'uncategorised';

/**
 * What a business event does to the books:
 * - a sale is revenue, a return takes it back; its money comes with the deposit that banks it;
 * - income is money on its account and revenue of its category, an expense is money out and an expense of its category; a
 *   negative amount takes either back. One of a settlement category (takings banked, a loan) is money only;
 * - a transfer moves money between two accounts;
 * - an invoice is a receivable and revenue when it is issued; its payment lowers the receivable, and is money when the
 *   account is named;
 * - a bill is a payable and an expense when it is received; its payment lowers the payable, and is money out when the
 *   account is named.
 *
 * Pure, and one event at a time: what an earlier event said (an account opened twice, a payment told again) is the
 * reader's to know.
 * @param place the business's own day on which it happened; documents that name their day are booked on that
 * @param settlementCategories as in the settings, `agents.accounting.settlement_categories`
 */
export function ledgerEntriesOf(
  { type, data }: LedgerEvent,
  { day }: Readonly<{ day: LocalDate }>,
  settlementCategories: readonly string[],
): readonly LedgerEntry[] {
  switch (type) {
    case 'steward.sales.order-completed.v1':
      return [{ kind: 'revenue', category: SALES, amount: orderRevenue(data), day }];
    case 'steward.accounting.account-opened.v1':
      return [accountOf(data, day)];
    case 'steward.accounting.transaction-recorded.v1':
      return transactionEntries(data, settlementCategories);
    case 'steward.accounting.invoice-issued.v1':
      return invoiceEntries(data);
    case 'steward.accounting.bill-received.v1':
      return billEntries(data);
    case 'steward.accounting.invoice-paid.v1':
      return [{ kind: 'receivable-paid', documentId: data.invoiceId, ...paymentOf(data) }, ...moneyOf(data, 1)];
    case 'steward.accounting.bill-paid.v1':
      return [{ kind: 'payable-paid', documentId: data.billId, ...paymentOf(data) }, ...moneyOf(data, -1)];
    default:
      return [];
  }
}

function orderRevenue({ kind, total }: OrderCompleted): Money {
  return kind === 'sale' ? total : negative(total);
}

function accountOf(data: AccountOpened, day: LocalDate): LedgerEntry {
  const { accountId, name, kind: accountKind, currency } = data;
  return { kind: 'account', accountId, name, accountKind, openingBalance: data.openingBalance ?? none(currency), day };
}

function transactionEntries(
  data: TransactionRecorded,
  settlementCategories: readonly string[],
): readonly LedgerEntry[] {
  const { kind, accountId, fromAccountId, toAccountId, amount, category = UNCATEGORISED, bookedOn: day } = data;
  if (kind === 'transfer') {
    const moved = (id: string | undefined, value: Money): readonly LedgerEntry[] =>
      id === undefined ? [] : [{ kind: 'movement', accountId: id, amount: value, flow: 'transfer', day }];
    return [...moved(fromAccountId, negative(amount)), ...moved(toAccountId, amount)];
  }
  const money: readonly LedgerEntry[] =
    accountId === undefined
      ? []
      : [
          {
            kind: 'movement',
            accountId,
            amount: kind === 'income' ? amount : negative(amount),
            flow: 'external',
            day,
          },
        ];
  if (settlementCategories.includes(category)) return money;
  return [...money, { kind: kind === 'income' ? 'revenue' : 'expense', category, amount, day }];
}

function invoiceEntries(data: InvoiceIssued): readonly LedgerEntry[] {
  const { invoiceId: documentId, number, customerName: party, amount, issuedOn: day, dueOn } = data;
  return [
    { kind: 'receivable-opened', documentId, number, party, amount, day, dueOn },
    { kind: 'revenue', category: INVOICED, amount, day },
  ];
}

function billEntries(data: BillReceived): readonly LedgerEntry[] {
  const { billId: documentId, number, vendorName: party, amount, receivedOn: day, dueOn } = data;
  const { category = UNCATEGORISED } = data;
  return [
    { kind: 'payable-opened', documentId, number, party, amount, day, dueOn },
    { kind: 'expense', category, amount, day },
  ];
}

type Payment = InvoicePaid | BillPaid;

function paymentOf({ paymentId, amount, paidOn: day }: Payment): Omit<Paid, 'documentId'> {
  return { paymentId, amount, day };
}

function moneyOf({ accountId, amount, paidOn: day }: Payment, sign: 1 | -1): readonly LedgerEntry[] {
  if (accountId === undefined) return [];
  return [{ kind: 'movement', accountId, amount: sign === 1 ? amount : negative(amount), flow: 'external', day }];
}

/** Zero stays zero: `-0` would be another number to some readers. */
function negative({ amount, currency }: Money): Money {
  return { amount: amount === 0 ? 0 : -amount, currency };
}

const none = (currency: string): Money => ({ amount: 0, currency });

/** Whether money on such an account can be spent at once. */
export function isCash(accountKind: AccountKind | undefined): boolean {
  return accountKind === 'checking' || accountKind === 'savings';
}
