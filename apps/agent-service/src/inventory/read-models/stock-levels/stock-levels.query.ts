import { Inject, Injectable } from '@nestjs/common';
import { MoreThan, type DataSource, type EntityManager } from 'typeorm';
import { daysBetween, type LocalDate, type TenantId } from '#libs/kernel';
import { skuSchema, type Page, type StockLevel, type StockPage } from '#libs/contracts';
import { DATA_SOURCE, pageOfRows, placeOfCursor } from '#libs/service-kit';
import { BUSINESS_NOW, type BusinessMoment, type BusinessNow } from '../../../business-now.ts';
import { standing } from '../../../read-snapshot.ts';
import { StockConsumptionEntity, StockLevelEntity } from './stock-level.entity.ts';

const READS = ['agent.stock-levels', 'agent.stock-consumption', 'agent.business-times'];

/** Days over which consumption is averaged. */
const WINDOW_DAYS = 30;
const DAY_MS = 86_400_000;

export type StockQuery = Readonly<{ limit: number; after?: string | undefined; sku?: string | undefined }>;

/** What is in stock, by SKU. */
@Injectable()
export class StockLevelsQuery {
  constructor(
    @Inject(DATA_SOURCE) private readonly dataSource: DataSource,
    @Inject(BUSINESS_NOW) private readonly now: BusinessNow,
  ) {}

  /** @throws RequestInvalid for a cursor that this list did not give */
  async list(tenant: TenantId, query: StockQuery): Promise<StockPage> {
    const moment = await this.now.of(tenant);
    return standing(this.dataSource, READS, (snapshot) => page(snapshot, { tenant, query, moment }));
  }
}

type Asked = Readonly<{ tenant: TenantId; query: StockQuery; moment: BusinessMoment }>;

async function page(
  snapshot: EntityManager,
  { tenant, query: { limit, after, sku }, moment }: Asked,
): Promise<Page<StockLevel>> {
  const levels = await snapshot.getRepository(StockLevelEntity).find({
    where: {
      tenant,
      ...(after === undefined ? {} : { sku: MoreThan(placeOfCursor(after, skuSchema)) }),
      ...(sku === undefined ? {} : { sku }),
    },
    order: { sku: 'ASC' },
    take: limit + 1,
  });
  const { timeZone } = moment.settings.business;
  const consumed = await consumedOf(snapshot, { tenant, levels, timeZone });
  return pageOfRows({
    rows: levels,
    limit,
    itemOf: (level) => stockLevel(level, { consumed: consumed.get(level.sku) ?? 0, today: moment.local.date }),
    placeOf: (level) => level.sku,
  });
}

type Consumers = Readonly<{ tenant: TenantId; levels: readonly StockLevelEntity[]; timeZone: string }>;

/** What was used of each item in the window that ends with its latest event. */
async function consumedOf(
  snapshot: EntityManager,
  { tenant, levels, timeZone }: Consumers,
): Promise<ReadonlyMap<string, number>> {
  if (levels.length === 0) return new Map();
  const rows = await snapshot
    .getRepository(StockConsumptionEntity)
    .createQueryBuilder('consumption')
    .innerJoin(StockLevelEntity, 'level', 'level.tenant = consumption.tenant and level.sku = consumption.sku')
    .select('consumption.sku', 'sku')
    .addSelect('sum(consumption.quantity)', 'quantity')
    .where('consumption.tenant = :tenant', { tenant })
    .andWhere('consumption.sku in (:...skus)', { skus: levels.map((level) => level.sku) })
    .andWhere(`consumption.day > (level.updated_at at time zone :timeZone)::date - ${WINDOW_DAYS}`, { timeZone })
    .groupBy('consumption.sku')
    .getRawMany<{ sku: string; quantity: number }>();
  return new Map(rows.map(({ sku, quantity }) => [sku, quantity]));
}

type Known = Readonly<{ consumed: number; today: LocalDate }>;

function stockLevel(row: StockLevelEntity, { consumed, today }: Known): StockLevel {
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
    minimumStock: row.minimumStock,
    maximumStock: row.maximumStock,
    shelfLifeDays: row.shelfLifeDays,
    supplierId: row.supplierId,
    lots: row.lots.map(({ useBy, ...batch }) => ({
      ...batch,
      useBy,
      daysLeft: useBy === null ? null : daysBetween(today, useBy),
    })),
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
