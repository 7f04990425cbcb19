import { Inject, Injectable } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { plusDays, type LocalDate, type TenantId } from '#libs/kernel';
import { skuSchema, type CashFlowForecast, type ForecastListQuery, type ForecastPage } from '#libs/contracts';
import { DATA_SOURCE, pageOfRows, placeOfCursor } from '#libs/service-kit';
import { BUSINESS_NOW, type BusinessNow } from '../../../business-now.ts';
import { standing, type ReadSnapshot } from '../../../read-snapshot.ts';
import { cashFlowForecast, demandForecast, type DayValue, type ForecastDays } from './forecast-of.ts';

const READS = [
  'agent.stock-levels',
  'agent.stock-consumption',
  'agent.ledger-entries',
  'agent.accounts',
  'agent.business-times',
];
/** What a forecast looks back on at most; more would not change it much. */
const HISTORY_DAYS = 365;

type ItemRow = { sku: string; name: string | null; unit: string };

const ITEMS = `
select sku, name, unit from stock_levels
where tenant = $1 and ($2::text is null or sku > $2) and ($3::text is null or sku = $3)
order by sku
limit $4`;

type UseRow = { sku: string; day: string; value: number };

/** Days that are not over say nothing yet. */
const USE = `
select sku, day::text, quantity as value from stock_consumption
where tenant = $1 and sku = any($2) and day >= $3 and day < $4
order by sku, day`;

const CASH_FLOW = `
select e.day::text, sum(e.amount)::float8 as value
from ledger_entries e
join accounts a on a.tenant = e.tenant and a.account_id = e.item and a.kind in ('checking', 'savings')
where e.tenant = $1 and e.kind = 'movement' and e.currency = $2 and e.day >= $3 and e.day < $4
group by e.day
order by e.day`;

const CASH_NOW = `
select (
  coalesce((select sum(opening_amount) from accounts
            where tenant = $1 and currency = $2 and kind in ('checking', 'savings')), 0)
  + coalesce((select sum(e.amount) from ledger_entries e
              join accounts a on a.tenant = e.tenant and a.account_id = e.item and a.kind in ('checking', 'savings')
              where e.tenant = $1 and e.kind = 'movement' and e.currency = $2), 0)
)::float8 as cash`;

/** What will be used of each item, and what will come in and go out, as the days before let expect. */
@Injectable()
export class ForecastsQuery {
  constructor(
    @Inject(DATA_SOURCE) private readonly dataSource: DataSource,
    @Inject(BUSINESS_NOW) private readonly now: BusinessNow,
  ) {}

  /** @throws RequestInvalid for a cursor that this list did not give */
  async list(tenant: TenantId, query: ForecastListQuery): Promise<ForecastPage> {
    const { settings, local } = await this.now.of(tenant);
    const days = { today: local.date, from: plusDays(local.date, -HISTORY_DAYS), horizonDays: query.horizon };
    const { limit } = query;
    return standing(this.dataSource, READS, async (snapshot) => {
      const rows = await itemsOf(snapshot, tenant, query);
      const uses = await usesOf(snapshot, { tenant, days, skus: rows.slice(0, limit).map(({ sku }) => sku) });
      const page = pageOfRows({
        rows,
        limit,
        itemOf: (item) => demandForecast(item, uses.get(item.sku) ?? [], days),
        placeOf: ({ sku }) => sku,
      });
      const cashFlow = await cashFlowOf(snapshot, { tenant, days, currency: settings.business.currency });
      return { ...page, today: days.today, horizonDays: query.horizon, cashFlow };
    });
  }
}

function itemsOf(snapshot: ReadSnapshot, tenant: TenantId, query: ForecastListQuery): Promise<ItemRow[]> {
  const after = query.after === undefined ? null : placeOfCursor(query.after, skuSchema);
  return snapshot.query<ItemRow[]>(ITEMS, [tenant, after, query.sku ?? null, query.limit + 1]);
}

type Asked = Readonly<{ tenant: TenantId; days: ForecastDays & Readonly<{ from: LocalDate }> }>;

async function usesOf(
  snapshot: ReadSnapshot,
  { tenant, days, skus }: Asked & Readonly<{ skus: readonly string[] }>,
): Promise<ReadonlyMap<string, readonly DayValue[]>> {
  const rows = await snapshot.query<UseRow[]>(USE, [tenant, skus, days.from, days.today]);
  return Map.groupBy(rows, ({ sku }) => sku);
}

async function cashFlowOf(
  snapshot: ReadSnapshot,
  { tenant, days, currency }: Asked & Readonly<{ currency: string }>,
): Promise<CashFlowForecast | null> {
  const flows = await snapshot.query<DayValue[]>(CASH_FLOW, [tenant, currency, days.from, days.today]);
  const [now] = await snapshot.query<{ cash: number }[]>(CASH_NOW, [tenant, currency]);
  return cashFlowForecast(flows, { amount: now?.cash ?? 0, currency }, days);
}
