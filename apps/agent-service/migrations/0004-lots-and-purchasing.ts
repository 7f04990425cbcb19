import type { MigrationInterface, QueryRunner } from 'typeorm';

const CHANGES = `
alter table stock_levels
  add column selling_price_amount   bigint,
  add column selling_price_currency text,
  add column minimum_stock          double precision,
  add column maximum_stock          double precision,
  add column shelf_life_days        integer,
  add column lots                   jsonb not null default '[]';
comment on column stock_levels.lots is 'What is left of each batch, the first to be used first.';

alter table stock_consumption add column wasted double precision not null default 0;
comment on table stock_consumption is 'By the business''s own days: sold and taken out less returned; wasted apart.';

alter table suppliers
  add column reliability        double precision,
  add column payment_terms_days integer;

create table purchase_orders (
  tenant            text collate "C" not null,
  purchase_order_id text collate "C" not null,
  supplier_id       text not null,
  placed_on         date,
  expected_on       date,
  lines             jsonb not null,
  receipts          jsonb not null,
  received_on       date,
  position          bigint not null,
  primary key (tenant, purchase_order_id)
);
comment on column purchase_orders.received_on is 'When the last of it had come.';
create index purchase_orders_by_position on purchase_orders (tenant, position desc);
`;

/** Stock by lot, waste apart from use, terms of suppliers, and purchase orders with the days of their receipts. */
export class LotsAndPurchasing2026112300004 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(CHANGES);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only: restore a backup instead.'));
  }
}
