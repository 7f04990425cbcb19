import { Inject, Injectable } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { z } from 'zod';
import { daysBetween, type LocalDate, type TenantId } from '#libs/kernel';
import {
  idSchema,
  type ListQuery,
  type PurchaseOrderItem,
  type PurchaseOrderListQuery,
  type PurchaseOrderPage,
  type SupplierItem,
  type SupplierPage,
} from '#libs/contracts';
import { DATA_SOURCE, pageOfRows, placeOfCursor } from '#libs/service-kit';
import { BUSINESS_NOW, type BusinessNow } from '../../../business-now.ts';
import { standing } from '../../../read-snapshot.ts';
import type { OrderedLine, ReceiptRow } from './purchasing.projection.ts';

type SupplierListRow = {
  supplier_id: string;
  name: string;
  lead_time_days: number;
  reliability: number | null;
  payment_terms_days: number | null;
  received: number;
  open: number;
  late: number;
  mean_lead_time: number | null;
};

const SUPPLIERS = `
select s.supplier_id, s.name, s.lead_time_days, s.reliability, s.payment_terms_days,
       count(*) filter (where o.received_on is not null)::int as received,
       count(*) filter (where o.purchase_order_id is not null and o.received_on is null)::int as open,
       count(*) filter (where o.received_on > o.expected_on)::int as late,
       avg(o.received_on - o.placed_on)::float8 as mean_lead_time
from suppliers s
left join purchase_orders o on o.tenant = s.tenant and o.supplier_id = s.supplier_id
where s.tenant = $1 and ($2::text is null or s.supplier_id > $2)
group by s.tenant, s.supplier_id
order by s.supplier_id
limit $3`;

type OrderRow = {
  purchase_order_id: string;
  supplier_id: string;
  placed_on: string | null;
  expected_on: string | null;
  received_on: string | null;
  lines: OrderedLine[];
  receipts: ReceiptRow[];
  position: number;
};

/** Index: purchase_orders_by_position. */
const ORDERS = `
select purchase_order_id, supplier_id, placed_on::text, expected_on::text, received_on::text, lines, receipts,
       position::float8
from purchase_orders
where tenant = $1
  and ($2::boolean is null or (received_on is null) = $2)
  and ($3::text is null or supplier_id = $3)
  and ($4::bigint is null or position < $4)
order by position desc
limit $5`;

/** Who supplies, what was ordered, and when it really came. */
@Injectable()
export class PurchasingQuery {
  constructor(
    @Inject(DATA_SOURCE) private readonly dataSource: DataSource,
    @Inject(BUSINESS_NOW) private readonly now: BusinessNow,
  ) {}

  /** @throws RequestInvalid for a cursor that this list did not give */
  suppliers(tenant: TenantId, { limit, after }: ListQuery): Promise<SupplierPage> {
    const from = after === undefined ? null : placeOfCursor(after, idSchema);
    return standing(this.dataSource, ['agent.suppliers', 'agent.purchase-orders'], async (snapshot) => {
      const rows = await snapshot.query<SupplierListRow[]>(SUPPLIERS, [tenant, from, limit + 1]);
      return pageOfRows({ rows, limit, itemOf: supplierItem, placeOf: (row) => row.supplier_id });
    });
  }

  /** @throws RequestInvalid for a cursor that this list did not give */
  async orders(tenant: TenantId, query: PurchaseOrderListQuery): Promise<PurchaseOrderPage> {
    const { limit, after, status, supplier = null } = query;
    const { date: today } = (await this.now.of(tenant)).local;
    const before = after === undefined ? null : placeOfCursor(after, z.int().positive());
    const isOpen = status === 'all' ? null : status === 'open';
    return standing(this.dataSource, ['agent.purchase-orders', 'agent.business-times'], async (snapshot) => {
      const rows = await snapshot.query<OrderRow[]>(ORDERS, [tenant, isOpen, supplier, before, limit + 1]);
      const itemOf = (row: OrderRow): PurchaseOrderItem => orderItem(row, today);
      return { ...pageOfRows({ rows, limit, itemOf, placeOf: (row) => row.position }), today };
    });
  }
}

function supplierItem(row: SupplierListRow): SupplierItem {
  return {
    supplierId: row.supplier_id,
    name: row.name,
    leadTimeDays: row.lead_time_days,
    reliability: row.reliability,
    paymentTermsDays: row.payment_terms_days,
    orders: {
      received: row.received,
      open: row.open,
      late: row.late,
      meanLeadTimeDays: row.mean_lead_time === null ? null : Math.round(row.mean_lead_time * 100) / 100,
    },
  };
}

function orderItem(row: OrderRow, today: LocalDate): PurchaseOrderItem {
  const { expected_on: expectedOn, received_on: receivedOn, lines, receipts, position } = row;
  return {
    purchaseOrderId: row.purchase_order_id,
    supplierId: row.supplier_id,
    status: receivedOn !== null ? 'received' : receipts.length > 0 ? 'partly-received' : 'open',
    placedOn: row.placed_on,
    expectedOn,
    receivedOn,
    daysLate: expectedOn === null ? null : Math.max(0, daysBetween(expectedOn, receivedOn ?? today)),
    lines,
    receipts: receipts.map(({ receivedOn: day, lines: came }) => ({ receivedOn: day, lines: [...came] })),
    position,
  };
}
