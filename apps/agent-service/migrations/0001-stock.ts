import type { MigrationInterface, QueryRunner } from 'typeorm';

const TABLES = `
create table stock_levels (
  tenant           text collate "C" not null,
  sku              text collate "C" not null,
  name             text,
  category         text,
  unit             text not null,
  on_hand          double precision not null,
  on_order         double precision not null,
  reorder_point    double precision,
  reorder_quantity double precision,
  supplier_id      text,
  unit_cost_amount bigint,
  unit_cost_currency text,
  consumed_since   timestamptz,
  updated_at       timestamptz not null,
  position         bigint not null,
  last_event       jsonb not null,
  recent_positions jsonb not null,
  primary key (tenant, sku)
);
comment on column stock_levels.consumed_since is 'When the item was first used up, on the business''s time line.';
comment on column stock_levels.last_event is 'Id, correlation and trace of the event at position.';
comment on column stock_levels.recent_positions is 'The latest events that changed the row, oldest first.';
create index stock_levels_by_position on stock_levels (position);

create table stock_consumption (
  tenant   text collate "C" not null,
  sku      text collate "C" not null,
  day      date not null,
  quantity double precision not null,
  primary key (tenant, sku, day)
);

create table suppliers (
  tenant         text collate "C" not null,
  supplier_id    text collate "C" not null,
  name           text not null,
  lead_time_days integer not null,
  primary key (tenant, supplier_id)
);
`;

/** What is in stock, what is used each day, and who supplies it. */
export class Stock2026112200010 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(TABLES);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only: restore a backup instead.'));
  }
}
