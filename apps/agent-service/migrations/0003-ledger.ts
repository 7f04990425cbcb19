import type { MigrationInterface, QueryRunner } from 'typeorm';

const TABLES = `
create table accounts (
  tenant         text collate "C" not null,
  account_id     text collate "C" not null,
  name           text not null,
  kind           text not null,
  currency       text not null,
  opening_amount bigint not null,
  opened_on      date not null,
  primary key (tenant, account_id)
);
comment on column accounts.opening_amount is 'Minor units; the first one told counts.';

create table ledger_entries (
  tenant       text collate "C" not null,
  source_ref   text collate "C" not null,
  leg          smallint not null,
  kind         text not null,
  item         text collate "C" not null,
  amount       bigint not null,
  currency     text not null,
  day          date not null,
  description  text,
  counterparty text,
  reference    text,
  position     bigint not null,
  primary key (tenant, source_ref, leg)
);
comment on column ledger_entries.source_ref is 'What it comes from, transaction:<id>; told again, it counts once.';
comment on column ledger_entries.item is 'The account of a movement, the category of revenue and expense.';
create index ledger_entries_by_day on ledger_entries (tenant, day, kind) include (item, currency, amount);
create index ledger_entries_by_account on ledger_entries (tenant, item, currency) include (amount) where kind = 'movement';
create index ledger_entries_by_position on ledger_entries (tenant, position desc, leg);

create table sales_days (
  tenant   text collate "C" not null,
  day      date not null,
  currency text not null,
  revenue  bigint not null,
  sales    bigint not null,
  returns  bigint not null,
  primary key (tenant, day, currency)
);

create table obligations (
  tenant            text collate "C" not null,
  direction         text not null,
  document_id       text collate "C" not null,
  number            text,
  party             text,
  party_id          text,
  amount            bigint,
  currency          text,
  opened_on         date,
  due_on            date,
  category          text,
  purchase_order_id text,
  payments          jsonb not null,
  paid_amount       bigint not null,
  settled_on        date,
  position          bigint not null,
  primary key (tenant, direction, document_id)
);
comment on column obligations.amount is 'Minor units; null while only a payment of the document is known.';
create index obligations_by_due_day on obligations (tenant, direction, due_on, document_id) where amount is not null;

create table business_times (
  tenant       text collate "C" primary key,
  occurred_ms  bigint not null,
  counted_ms   bigint not null,
  least_lag_ms bigint not null,
  recorded_ms  bigint not null
);
comment on table business_times is 'What time it is for each business, as its events tell it; milliseconds since 1970.';
`;

/** Accounts, what went over them, what is owed either way, and what time it is for a business. */
export class Ledger2026112300003 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(TABLES);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only: restore a backup instead.'));
  }
}
