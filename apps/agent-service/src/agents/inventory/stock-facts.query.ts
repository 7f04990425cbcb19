import type { TenantId } from '#libs/kernel';
import { position, readCheckpoint, type Database } from '#libs/event-store';
import type { Subject, Subjects } from '../domain/agent-definition.ts';
import { reorderKey, type StockFacts } from '../domain/inventory/reorder.ts';
import { findingStreamId } from '../finding-events.ts';

type FactsRow = {
  tenant: TenantId;
  sku: string;
  name: string;
  unit: string;
  on_hand: number;
  on_order: number;
  reorder_point: number;
  reorder_quantity: number;
  unit_cost_amount: number;
  unit_cost_currency: string;
  supplier_id: string | null;
  lead_time_days: number;
  consumed: number;
  observed_days: number;
  position: number;
  last_event: { id: string; correlationId: string; traceparent: string | null };
  recent_positions: number[];
  is_decided: boolean | null;
  finding_version: number | null;
};

/** Read models whose checkpoints say how far the facts reach. */
const SOURCES = ['agent.stock-levels', 'agent.stock-consumption', 'agent.suppliers'];
const WINDOW_DAYS = 30;
/** A supplier that was never registered is taken to need as long as the reference system's default. */
const DEFAULT_LEAD_TIME_DAYS = 3;

/**
 * Registered items that changed within a range of the log; with ties, since one order changes several items.
 * Index: stock_levels_by_position.
 */
const CHANGED_ITEMS = `
select l.tenant, l.sku, l.name, l.unit, l.on_hand, l.on_order, l.reorder_point, l.reorder_quantity,
       l.unit_cost_amount, l.unit_cost_currency, l.supplier_id, l.position, l.last_event, l.recent_positions,
       coalesce(s.lead_time_days, ${DEFAULT_LEAD_TIME_DAYS}) as lead_time_days,
       coalesce((
         select sum(c.quantity) from stock_consumption c
         where c.tenant = l.tenant and c.sku = l.sku
           and c.day > (l.updated_at at time zone 'UTC')::date - ${WINDOW_DAYS}
       ), 0) as consumed,
       case when l.consumed_since is null then 0
            else least(${WINDOW_DAYS}, greatest(1, extract(epoch from l.updated_at - l.consumed_since) / 86400.0))::float8
       end as observed_days,
       f.is_decided, f.stream_version as finding_version
from stock_levels l
left join suppliers s on s.tenant = l.tenant and s.supplier_id = l.supplier_id
left join findings f on f.tenant = l.tenant and f.stream_id = $4 || l.sku
where l.position > $1 and l.position <= $2 and l.reorder_point is not null
order by l.position
fetch first $3 rows with ties`;

/** What the inventory agent looks at: the items that changed since its last assessment. */
export async function stockSubjectsSince(
  database: Database,
  agentId: string,
  since: number,
  limit: number,
): Promise<Subjects<StockFacts>> {
  const checkpoints = await Promise.all(SOURCES.map((name) => readCheckpoint(database, name, 1)));
  const reached = Math.min(...checkpoints.map((checkpoint) => checkpoint.position));
  if (reached <= since) return { subjects: [], logPosition: since, more: false };
  const prefix = findingStreamId(agentId, reorderKey(''));
  const rows = await database.query<FactsRow>(CHANGED_ITEMS, [since, reached, limit, prefix]);
  const more = rows.length >= limit;
  return {
    subjects: rows.map(subject),
    logPosition: more ? position(rows.at(-1)?.position ?? reached) : reached,
    more,
  };
}

function subject(row: FactsRow): Subject<StockFacts> {
  return {
    tenant: row.tenant,
    findingKey: reorderKey(row.sku),
    trigger: {
      eventId: row.last_event.id,
      correlationId: row.last_event.correlationId,
      traceparent: row.last_event.traceparent,
      positions: row.recent_positions,
    },
    open: { isDecided: row.is_decided ?? false, streamVersion: row.finding_version ?? 0 },
    facts: {
      sku: row.sku,
      name: row.name,
      unit: row.unit,
      onHand: row.on_hand,
      onOrder: row.on_order,
      reorderPoint: row.reorder_point,
      reorderQuantity: row.reorder_quantity,
      unitCost: { amount: row.unit_cost_amount, currency: row.unit_cost_currency },
      supplierId: row.supplier_id,
      leadTimeDays: row.lead_time_days,
      consumptionPerDay: row.observed_days > 0 ? Math.max(0, row.consumed) / row.observed_days : 0,
      observedDays: row.observed_days,
    },
  };
}
