import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { StockBatch } from '../../domain/stock-batch.ts';

const integer = {
  to: (value: number | null) => value,
  from: (value: string | null) => (value === null ? null : Number(value)),
};

/** One row of `stock_levels`, to be queried; the projection writes it. */
@Entity({ name: 'stock_levels', synchronize: false })
export class StockLevelEntity {
  @PrimaryColumn('text')
  tenant!: string;

  @PrimaryColumn('text')
  sku!: string;

  @Column('text', { nullable: true })
  name!: string | null;

  @Column('text', { nullable: true })
  category!: string | null;

  @Column('text')
  unit!: string;

  @Column('double precision', { name: 'on_hand' })
  onHand!: number;

  @Column('double precision', { name: 'on_order' })
  onOrder!: number;

  @Column('double precision', { name: 'reorder_point', nullable: true })
  reorderPoint!: number | null;

  @Column('double precision', { name: 'reorder_quantity', nullable: true })
  reorderQuantity!: number | null;

  @Column('text', { name: 'supplier_id', nullable: true })
  supplierId!: string | null;

  @Column('bigint', { name: 'unit_cost_amount', nullable: true, transformer: integer })
  unitCostAmount!: number | null;

  @Column('text', { name: 'unit_cost_currency', nullable: true })
  unitCostCurrency!: string | null;

  @Column('double precision', { name: 'minimum_stock', nullable: true })
  minimumStock!: number | null;

  @Column('double precision', { name: 'maximum_stock', nullable: true })
  maximumStock!: number | null;

  @Column('integer', { name: 'shelf_life_days', nullable: true })
  shelfLifeDays!: number | null;

  @Column('jsonb')
  lots!: StockBatch[];

  @Column('timestamptz', { name: 'consumed_since', nullable: true })
  consumedSince!: Date | null;

  @Column('timestamptz', { name: 'updated_at' })
  updatedAt!: Date;

  @Column('bigint', { transformer: integer })
  position!: number;
}

/** One row of `stock_consumption`: what was used of an item on one day. */
@Entity({ name: 'stock_consumption', synchronize: false })
export class StockConsumptionEntity {
  @PrimaryColumn('text')
  tenant!: string;

  @PrimaryColumn('text')
  sku!: string;

  @PrimaryColumn('date')
  day!: string;

  @Column('double precision')
  quantity!: number;

  @Column('double precision')
  wasted!: number;
}
