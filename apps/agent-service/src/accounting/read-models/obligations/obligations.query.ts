import { Inject, Injectable } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { z } from 'zod';
import { daysBetween, type LocalDate, type Money, type TenantId } from '#libs/kernel';
import {
  idSchema,
  localDateSchema,
  type AgeingBucket,
  type ObligationItem,
  type ObligationListQuery,
  type ObligationPage,
} from '#libs/contracts';
import { DATA_SOURCE, pageOfRows, placeOfCursor } from '#libs/service-kit';
import { BUSINESS_NOW, type BusinessNow } from '../../../business-now.ts';
import { standing } from '../../../read-snapshot.ts';
import { BUCKETS, bucketOf, firstDueDay, lastDueDay } from './ageing.ts';
import type { Direction, PaymentEntry } from './obligation.projection.ts';

const READS = ['agent.obligations', 'agent.business-times'];

type ObligationListRow = {
  document_id: string;
  number: string;
  party: string;
  party_id: string | null;
  amount: number;
  paid_amount: number;
  currency: string;
  opened_on: string;
  due_on: string;
  settled_on: string | null;
  category: string | null;
  purchase_order_id: string | null;
  payments: PaymentEntry[];
};

/** Index: obligations_by_due_day. */
const PAGE = `
select document_id, number, party, party_id, amount::float8, paid_amount::float8, currency, opened_on::text,
       due_on::text, settled_on::text, category, purchase_order_id, payments
from obligations
where tenant = $1 and direction = $2 and amount is not null
  and ($3::boolean is null or (settled_on is null) = $3)
  and ($4::date is null or due_on >= $4) and ($5::date is null or due_on <= $5)
  and ($6::text is null or party_id = $6)
  and ($7::date is null or (due_on, document_id) > ($7, $8))
order by due_on, document_id
limit $9`;

type DueRow = { due_on: string; currency: string; documents: number; outstanding: number };

const OPEN_BY_DUE_DAY = `
select due_on::text, currency, count(*)::int as documents, sum(amount - paid_amount)::float8 as outstanding
from obligations
where tenant = $1 and direction = $2 and amount is not null and settled_on is null
group by due_on, currency`;

const place = z.tuple([localDateSchema, idSchema]);

/** What is owed, how late it is and how old it grows, by the business's own day. */
@Injectable()
export class ObligationsQuery {
  constructor(
    @Inject(DATA_SOURCE) private readonly dataSource: DataSource,
    @Inject(BUSINESS_NOW) private readonly now: BusinessNow,
  ) {}

  /** @throws RequestInvalid for a cursor that this list did not give */
  async list(tenant: TenantId, direction: Direction, query: ObligationListQuery): Promise<ObligationPage> {
    const { date: today } = (await this.now.of(tenant)).local;
    const { limit } = query;
    return standing(this.dataSource, READS, async (snapshot) => {
      const rows = await snapshot.query<ObligationListRow[]>(PAGE, [tenant, direction, ...filtersOf(query, today)]);
      const open = await snapshot.query<DueRow[]>(OPEN_BY_DUE_DAY, [tenant, direction]);
      const page = pageOfRows({
        rows,
        limit,
        itemOf: (row) => obligationItem(row, today),
        placeOf: (row) => [row.due_on, row.document_id],
      });
      return { ...page, today, ageing: ageingOf(open, today), outstanding: moneyOf(open) };
    });
  }
}

function filtersOf({ status, bucket, party, after, limit }: ObligationListQuery, today: LocalDate): unknown[] {
  // A bucket is one of open documents, whatever else was asked for.
  const isOpen = bucket !== undefined || status === 'open' ? true : status === 'paid' ? false : null;
  const due = bucket === undefined ? [null, null] : [firstDueDay(bucket, today), lastDueDay(bucket, today)];
  const [dueOn, documentId] = after === undefined ? [null, null] : placeOfCursor(after, place);
  return [isOpen, ...due, party ?? null, dueOn, documentId, limit + 1];
}

function obligationItem(row: ObligationListRow, today: LocalDate): ObligationItem {
  const { currency, settled_on: settledOn, due_on: dueOn } = row;
  const inCurrency = (amount: number): Money => ({ amount, currency });
  const isPaid = settledOn !== null;
  const daysOverdue = isPaid ? 0 : Math.max(0, daysBetween(dueOn, today));
  return {
    documentId: row.document_id,
    number: row.number,
    party: { id: row.party_id, name: row.party },
    status: isPaid ? 'paid' : row.paid_amount > 0 ? 'partly-paid' : 'open',
    amount: inCurrency(row.amount),
    paid: inCurrency(row.paid_amount),
    outstanding: inCurrency(Math.max(0, row.amount - row.paid_amount)),
    issuedOn: row.opened_on,
    dueOn,
    settledOn,
    daysOverdue,
    bucket: isPaid ? null : bucketOf(daysOverdue),
    category: row.category,
    purchaseOrderId: row.purchase_order_id,
    payments: row.payments,
  };
}

type Ageing = ObligationPage['ageing'];

function ageingOf(open: readonly DueRow[], today: LocalDate): Ageing {
  const byBucket = Map.groupBy(open, ({ due_on }): AgeingBucket => bucketOf(daysBetween(due_on, today)));
  return BUCKETS.map((bucket) => {
    const rows = byBucket.get(bucket) ?? [];
    const documents = rows.reduce((sum, row) => sum + row.documents, 0);
    return { bucket, documents, outstanding: moneyOf(rows) };
  });
}

function moneyOf(rows: readonly DueRow[]): Money[] {
  return [...Map.groupBy(rows, ({ currency }) => currency)]
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([currency, all]) => ({ amount: all.reduce((sum, { outstanding }) => sum + outstanding, 0), currency }));
}
