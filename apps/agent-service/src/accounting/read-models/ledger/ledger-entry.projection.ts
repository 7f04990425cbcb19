import { projectRows, type RecordedEvent, type RowProjection } from '#libs/event-store';
import type { ParsedBusinessEvent } from '#libs/contracts';
import { localDayOf } from '../../../business-day.ts';
import { businessEventOf } from '../../../log-events.ts';
import { ledgerEntriesOf, type LedgerEntry } from '../../domain/ledger-entry.ts';

type EntryKey = Readonly<{ tenant: string; source_ref: string; leg: number }>;
/** One row of `ledger_entries`. */
export type LedgerEntryRow = EntryKey &
  Readonly<{
    kind: 'movement' | 'revenue' | 'expense';
    /** The account of a movement, the category of revenue and expense. */
    item: string;
    /** Minor units, signed. */
    amount: number;
    currency: string;
    day: string;
    description: string | null;
    counterparty: string | null;
    reference: string | null;
    position: number;
  }>;

type BookedEntry = Extract<LedgerEntry, Readonly<{ kind: LedgerEntryRow['kind'] }>>;
type Booked = Readonly<{ sourceRef: string; event: ParsedBusinessEvent; entries: readonly BookedEntry[] }>;

/** An event is asked for its keys and again for each of its rows. */
const read = new WeakMap<RecordedEvent, Booked | 'nothing'>();

function bookedBy(recorded: RecordedEvent): Booked | undefined {
  const known = read.get(recorded);
  if (known !== undefined) return known === 'nothing' ? undefined : known;
  const booked = bookedAnew(recorded);
  read.set(recorded, booked ?? 'nothing');
  return booked;
}

function bookedAnew(recorded: RecordedEvent): Booked | undefined {
  const event = businessEventOf(recorded);
  const sourceRef = event && sourceRefOf(event);
  if (!event || sourceRef === undefined) return undefined;
  // Which categories only settle is a setting of today: the query leaves their revenue out, so that a change of it needs no rebuild.
  const entries = ledgerEntriesOf(event, { day: localDayOf(recorded) }, []).filter(isBooked);
  return entries.length > 0 ? { sourceRef, event, entries } : undefined;
}

function isBooked(entry: LedgerEntry): entry is BookedEntry {
  return entry.kind === 'movement' || entry.kind === 'revenue' || entry.kind === 'expense';
}

/** What an entry comes from: told again under another event id, it counts once. */
function sourceRefOf({ type, data }: ParsedBusinessEvent): string | undefined {
  switch (type) {
    case 'steward.accounting.transaction-recorded.v1':
      return `transaction:${data.transactionId}`;
    case 'steward.accounting.invoice-issued.v1':
      return `invoice:${data.invoiceId}`;
    case 'steward.accounting.bill-received.v1':
      return `bill:${data.billId}`;
    case 'steward.accounting.invoice-paid.v1':
      return `invoice-payment:${data.invoiceId}/${data.paymentId}`;
    case 'steward.accounting.bill-paid.v1':
      return `bill-payment:${data.billId}/${data.paymentId}`;
    default:
      return undefined;
  }
}

/** What went over the accounts, and what was earned and spent; sales, of which there are many, are in `sales_days`. */
export const ledgerEntryRows: RowProjection<EntryKey, LedgerEntryRow> = {
  name: 'agent.ledger-entries',
  version: 1,
  table: 'ledger_entries',
  keyColumns: ['tenant', 'source_ref', 'leg'],
  handles: new Set([
    'accounting.transaction-recorded',
    'accounting.invoice-issued',
    'accounting.invoice-paid',
    'accounting.bill-received',
    'accounting.bill-paid',
  ]),
  rowsOf: 'one-stream',
  keysOf: (event) => {
    const booked = bookedBy(event);
    if (!booked) return [];
    return booked.entries.map((_, leg) => ({ tenant: event.tenant, source_ref: booked.sourceRef, leg }));
  },
  evolve: (row, event, key) => {
    const booked = bookedBy(event);
    const entry = booked?.entries[key.leg];
    return row || !booked || !entry
      ? undefined
      : { ...key, ...columnsOf(entry, booked.event), position: event.position };
  },
};

type EntryColumns = Omit<LedgerEntryRow, 'tenant' | 'source_ref' | 'leg' | 'position'>;

function columnsOf(entry: BookedEntry, { type, data }: ParsedBusinessEvent): EntryColumns {
  const booked = {
    kind: entry.kind,
    item: entry.kind === 'movement' ? entry.accountId : entry.category,
    amount: entry.amount.amount,
    currency: entry.amount.currency,
    day: entry.day,
    ...{ description: null, counterparty: null, reference: null },
  };
  switch (type) {
    case 'steward.accounting.transaction-recorded.v1': {
      const { description, counterparty = null, reference = null } = data;
      return { ...booked, description, counterparty, reference };
    }
    case 'steward.accounting.invoice-issued.v1':
      return {
        ...booked,
        description: data.description ?? null,
        counterparty: data.customerName,
        reference: data.number,
      };
    case 'steward.accounting.bill-received.v1':
      return { ...booked, counterparty: data.vendorName, reference: data.number };
    default:
      return booked;
  }
}

type SalesDayKey = Readonly<{ tenant: string; day: string; currency: string }>;
/** One row of `sales_days`. */
export type SalesDayRow = SalesDayKey & Readonly<{ revenue: number; sales: number; returns: number }>;

/** What was sold on each of the business's days, less what came back. */
export const salesDayRows: RowProjection<SalesDayKey, SalesDayRow> = {
  name: 'agent.sales-days',
  version: 1,
  table: 'sales_days',
  keyColumns: ['tenant', 'day', 'currency'],
  handles: new Set(['sales.order-completed']),
  keysOf: (event) => {
    const order = businessEventOf(event);
    if (order?.type !== 'steward.sales.order-completed.v1') return [];
    return [{ tenant: event.tenant, day: localDayOf(event), currency: order.data.total.currency }];
  },
  evolve: (row, event, key) => {
    const order = businessEventOf(event);
    if (order?.type !== 'steward.sales.order-completed.v1') return undefined;
    const { revenue, sales, returns } = row ?? { revenue: 0, sales: 0, returns: 0 };
    const isSale = order.data.kind === 'sale';
    const earned = ledgerEntriesOf(order, { day: key.day }, []).filter(isBooked);
    return {
      ...key,
      revenue: earned.reduce((sum, { amount }) => sum + amount.amount, revenue),
      sales: sales + (isSale ? 1 : 0),
      returns: returns + (isSale ? 0 : 1),
    };
  },
};

type AccountKey = Readonly<{ tenant: string; account_id: string }>;
/** One row of `accounts`. */
export type AccountRow = AccountKey &
  Readonly<{ name: string; kind: string; currency: string; opening_amount: number; opened_on: string }>;

/** The accounts of the books, as they were named last; the opening balance is the first one told. */
export const accountRows: RowProjection<AccountKey, AccountRow> = {
  name: 'agent.accounts',
  version: 1,
  table: 'accounts',
  keyColumns: ['tenant', 'account_id'],
  handles: new Set(['accounting.account-opened']),
  rowsOf: 'one-stream',
  keysOf: (event) => {
    const opened = businessEventOf(event);
    if (opened?.type !== 'steward.accounting.account-opened.v1') return [];
    return [{ tenant: event.tenant, account_id: opened.data.accountId }];
  },
  evolve: (row, event, key) => {
    const opened = businessEventOf(event);
    if (opened?.type !== 'steward.accounting.account-opened.v1') return undefined;
    const { name, kind, currency, openingBalance } = opened.data;
    if (row) return { ...row, name, kind };
    return { ...key, name, kind, currency, opening_amount: openingBalance?.amount ?? 0, opened_on: localDayOf(event) };
  },
};

/** The read models of the ledger. */
export const ledgerProjections = [projectRows(ledgerEntryRows), projectRows(salesDayRows), projectRows(accountRows)];
