import { Inject, Injectable } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { z } from 'zod';
import type { Money, TenantId } from '#libs/kernel';
import type { AccountItem, EntryItem, EntryListQuery, EntryPage, Ledger, LedgerQuery } from '#libs/contracts';
import { DATA_SOURCE, pageOfRows, placeOfCursor } from '#libs/service-kit';
import { BUSINESS_NOW, type BusinessNow } from '../../../business-now.ts';
import { rangeOf } from '../../../local-range.ts';
import { standing, type ReadSnapshot } from '../../../read-snapshot.ts';
import { isCash, type AccountKind } from '../../domain/ledger-entry.ts';
import { totalsOf, type DayAmount } from './ledger-totals.ts';

const READS = ['agent.accounts', 'agent.ledger-entries', 'agent.sales-days', 'agent.business-times'];
const DEFAULT_DAYS = 30;

type BalanceRow = {
  account: string;
  name: string | null;
  kind: AccountKind | null;
  currency: string;
  balance: number;
};

/** Opening balances and what went over the accounts since. Index: ledger_entries_by_account. */
const BALANCES = `
with moved as (
  select item as account, currency, sum(amount) as amount
  from ledger_entries where tenant = $1 and kind = 'movement' group by item, currency
), balances as (
  select account, currency, amount from moved
  union all
  select account_id, currency, opening_amount from accounts where tenant = $1
)
select b.account, a.name, a.kind, b.currency, sum(b.amount)::float8 as balance
from balances b left join accounts a on a.tenant = $1 and a.account_id = b.account
group by b.account, a.name, a.kind, b.currency
order by b.account, b.currency`;

/**
 * Income and expenses of a category that only settles are no revenue and no expense; bills and invoices always are. Index:
 * ledger_entries_by_day.
 */
const AMOUNTS = `
select e.kind, e.day::text as day, e.item, e.currency, sum(e.amount)::float8 as amount,
       coalesce(a.kind in ('checking', 'savings'), false) as cash
from ledger_entries e
left join accounts a on e.kind = 'movement' and a.tenant = e.tenant and a.account_id = e.item
where e.tenant = $1 and e.day between $2 and $3
  and not (e.kind <> 'movement' and e.source_ref like 'transaction:%' and e.item = any($4))
group by e.kind, e.day, e.item, e.currency, a.kind
union all
select 'sales', day::text, 'sales', currency, revenue::float8, false
from sales_days where tenant = $1 and day between $2 and $3`;

type EntryRow = {
  source_ref: string;
  leg: number;
  kind: EntryItem['kind'];
  item: string;
  amount: number;
  currency: string;
  day: string;
  description: string | null;
  counterparty: string | null;
  reference: string | null;
  position: number;
};

/** Index: ledger_entries_by_position. */
const ENTRIES = `
select source_ref, leg, kind, item, amount::float8, currency, day::text, description, counterparty, reference,
       position::float8
from ledger_entries
where tenant = $1
  and ($2::bigint is null or position < $2 or (position = $2 and leg > $3))
  and ($4::text is null or kind = $4)
  and ($5::text is null or (kind = 'movement' and item = $5))
  and ($6::text is null or (kind <> 'movement' and item = $6))
  and ($7::date is null or day >= $7) and ($8::date is null or day <= $8)
order by position desc, leg
limit $9`;

const entryPlace = z.tuple([z.int().nonnegative(), z.int().nonnegative()]);

/** The books: what is on the accounts, and what was earned and spent. */
@Injectable()
export class LedgerQueryService {
  constructor(
    @Inject(DATA_SOURCE) private readonly dataSource: DataSource,
    @Inject(BUSINESS_NOW) private readonly now: BusinessNow,
  ) {}

  /** @throws RequestInvalid for a range that is none */
  async show(tenant: TenantId, query: LedgerQuery): Promise<Ledger> {
    const { settings, local } = await this.now.of(tenant);
    const range = rangeOf(query, local.date, DEFAULT_DAYS);
    const { settlementCategories } = settings.agents.accounting;
    return standing(this.dataSource, READS, async (snapshot) => {
      const accounts = await accountsOf(snapshot, tenant);
      const parameters = [tenant, range.from, range.to, settlementCategories];
      const amounts = await snapshot.query<DayAmount[]>(AMOUNTS, parameters);
      const cash = cashOf(accounts);
      return { today: local.date, ...range, accounts, cash, totals: totalsOf(amounts, range) };
    });
  }

  /** @throws RequestInvalid for a cursor that this list did not give */
  list(tenant: TenantId, query: EntryListQuery): Promise<EntryPage> {
    const { limit, after, kind = null, account = null, category = null, from = null, to = null } = query;
    const [position, leg] = after === undefined ? [null, null] : placeOfCursor(after, entryPlace);
    return standing(this.dataSource, ['agent.ledger-entries'], async (snapshot) => {
      const parameters = [tenant, position, leg, kind, account, category, from, to, limit + 1];
      const rows = await snapshot.query<EntryRow[]>(ENTRIES, parameters);
      return pageOfRows({ rows, limit, itemOf: entryItem, placeOf: (row) => [row.position, row.leg] });
    });
  }
}

async function accountsOf(snapshot: ReadSnapshot, tenant: TenantId): Promise<AccountItem[]> {
  const rows = await snapshot.query<BalanceRow[]>(BALANCES, [tenant]);
  return [...Map.groupBy(rows, ({ account }) => account)].map(([accountId, balances]) => {
    const { name = null, kind = null } = balances[0] ?? {};
    return {
      accountId,
      name,
      kind,
      isCash: kind !== null && isCash(kind),
      balances: balances.map(({ balance, currency }) => ({ amount: balance, currency })),
    };
  });
}

function cashOf(accounts: readonly AccountItem[]): Money[] {
  const balances = accounts.filter((account) => account.isCash).flatMap((account) => account.balances);
  return [...Map.groupBy(balances, ({ currency }) => currency)].map(([currency, all]) => ({
    currency,
    amount: all.reduce((sum, { amount }) => sum + amount, 0),
  }));
}

function entryItem({ item, amount, currency, ...row }: EntryRow): EntryItem {
  const isMovement = row.kind === 'movement';
  return {
    sourceRef: row.source_ref,
    kind: row.kind,
    account: isMovement ? item : null,
    category: isMovement ? null : item,
    amount: { amount, currency },
    day: row.day,
    description: row.description,
    counterparty: row.counterparty,
    reference: row.reference,
    position: row.position,
  };
}
