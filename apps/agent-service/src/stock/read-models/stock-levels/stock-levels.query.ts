import { Inject, Injectable } from '@nestjs/common';
import { MoreThan, type DataSource } from 'typeorm';
import type { TenantId } from '#libs/kernel';
import { skuSchema, type Page, type StockLevel } from '#libs/contracts';
import { DATA_SOURCE, pageOfRows, placeOfCursor } from '#libs/service-kit';
import { StockConsumptionEntity, StockLevelEntity } from './stock-level.entity.ts';

/** Days over which consumption is averaged. */
const WINDOW_DAYS = 30;
const DAY_MS = 86_400_000;

export type StockQuery = Readonly<{ limit: number; after?: string | undefined; sku?: string | undefined }>;

/** What is in stock, by SKU. */
@Injectable()
export class StockLevelsQuery {
  constructor(@Inject(DATA_SOURCE) private readonly dataSource: DataSource) {}

  async list(tenant: TenantId, { limit, after, sku }: StockQuery): Promise<Page<StockLevel>> {
    const levels = await this.dataSource.getRepository(StockLevelEntity).find({
      where: {
        tenant,
        ...(after === undefined ? {} : { sku: MoreThan(placeOfCursor(after, skuSchema)) }),
        ...(sku === undefined ? {} : { sku }),
      },
      order: { sku: 'ASC' },
      take: limit + 1,
    });
    const consumed = await this.consumed(tenant, levels);
    return pageOfRows({
      rows: levels,
      limit,
      itemOf: (level) => stockLevel(level, consumed.get(level.sku) ?? 0),
      placeOf: (level) => level.sku,
    });
  }

  /** What was used of each item in the window that ends with its latest event. */
  private async consumed(tenant: TenantId, levels: readonly StockLevelEntity[]): Promise<ReadonlyMap<string, number>> {
    if (levels.length === 0) return new Map();
    const rows = await this.dataSource
      .getRepository(StockConsumptionEntity)
      .createQueryBuilder('consumption')
      .innerJoin(StockLevelEntity, 'level', 'level.tenant = consumption.tenant and level.sku = consumption.sku')
      .select('consumption.sku', 'sku')
      .addSelect('sum(consumption.quantity)', 'quantity')
      .where('consumption.tenant = :tenant', { tenant })
      .andWhere('consumption.sku in (:...skus)', { skus: levels.map((level) => level.sku) })
      .andWhere(`consumption.day > (level.updated_at at time zone 'UTC')::date - ${WINDOW_DAYS}`)
      .groupBy('consumption.sku')
      .getRawMany<{ sku: string; quantity: number }>();
    return new Map(rows.map(({ sku, quantity }) => [sku, quantity]));
  }
}

function stockLevel(row: StockLevelEntity, consumed: number): StockLevel {
  const windowDays = observedDays(row);
  const perDay = windowDays === 0 ? 0 : Math.max(0, consumed) / windowDays;
  return {
    sku: row.sku,
    name: row.name,
    category: row.category,
    unit: row.unit,
    onHand: row.onHand,
    onOrder: row.onOrder,
    reorderPoint: row.reorderPoint,
    reorderQuantity: row.reorderQuantity,
    supplierId: row.supplierId,
    unitCost:
      row.unitCostAmount === null || row.unitCostCurrency === null
        ? null
        : { amount: row.unitCostAmount, currency: row.unitCostCurrency },
    consumption: { windowDays, perDay: rounded(perDay) },
    daysOfCover: perDay > 0 ? rounded(Math.max(0, row.onHand) / perDay) : null,
    updatedAt: row.updatedAt.toISOString(),
    position: row.position,
  };
}

/** From the first use to the latest event, at least one day and at most the window. */
function observedDays({ consumedSince, updatedAt }: StockLevelEntity): number {
  if (!consumedSince) return 0;
  const days = (updatedAt.getTime() - consumedSince.getTime()) / DAY_MS;
  return rounded(Math.min(WINDOW_DAYS, Math.max(1, days)));
}

const rounded = (value: number): number => Math.round(value * 100) / 100;
