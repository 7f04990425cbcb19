import { Inject, Injectable } from '@nestjs/common';
import { LessThan, type DataSource, type FindOptionsWhere } from 'typeorm';
import type { AlertItem, AlertListQuery, AlertSeverity, Page } from '#libs/contracts';
import type { TenantId } from '#libs/kernel';
import { DATA_SOURCE, RequestInvalid } from '#libs/service-kit';
import { AlertRecord } from './alert.entity.ts';

/** The alerts of a tenant. */
@Injectable()
export class AlertsQuery {
  constructor(@Inject(DATA_SOURCE) private readonly dataSource: DataSource) {}

  /** Newest first. @throws RequestInvalid for a cursor that no page gave */
  async list(tenant: TenantId, { limit, after, status, severity, name }: AlertListQuery): Promise<Page<AlertItem>> {
    const where: FindOptionsWhere<AlertRecord> = {
      tenant,
      ...(status === undefined ? {} : { status }),
      ...(severity === undefined ? {} : { severity }),
      ...(name === undefined ? {} : { name }),
      ...(after === undefined ? {} : { raisedPosition: LessThan(placeOf(after)) }),
    };
    const found = await this.alerts().find({ where, order: { raisedPosition: 'DESC' }, take: limit + 1 });
    const page = found.slice(0, limit);
    const hasMore = found.length > limit;
    const last = page.at(-1);
    return { data: page.map(itemOf), nextCursor: hasMore && last ? cursorAt(last) : null, hasMore };
  }

  async find(tenant: TenantId, alertId: string): Promise<AlertItem | undefined> {
    const found = await this.alerts().findOneBy({ tenant, alertId });
    return found ? itemOf(found) : undefined;
  }

  /** How many alerts of any tenant are not resolved, by severity; acknowledged ones count, since the trouble is there. */
  async countOpen(): Promise<Readonly<Record<AlertSeverity, number>>> {
    const rows = await this.alerts()
      .createQueryBuilder('alert')
      .select('alert.severity', 'severity')
      .addSelect('count(*)::int', 'count')
      .where("alert.status <> 'resolved'")
      .groupBy('alert.severity')
      .getRawMany<{ severity: AlertSeverity; count: number }>();
    const none = { critical: 0, warning: 0, info: 0 };
    return { ...none, ...Object.fromEntries(rows.map(({ severity, count }) => [severity, count])) };
  }

  private alerts(): ReturnType<typeof this.dataSource.getRepository<AlertRecord>> {
    return this.dataSource.getRepository(AlertRecord);
  }
}

function itemOf(record: AlertRecord): AlertItem {
  const { alertId, name, severity, status, summary, description, labels, startsAt, endsAt, runbook } = record;
  return {
    alertId,
    name,
    severity,
    status,
    summary,
    description,
    labels,
    startsAt: startsAt.toISOString(),
    endsAt: endsAt?.toISOString() ?? null,
    runbook,
  };
}

function cursorAt({ raisedPosition }: AlertRecord): string {
  return Buffer.from(raisedPosition).toString('base64url');
}

function placeOf(cursor: string): string {
  const place = Buffer.from(cursor, 'base64url').toString('utf8');
  if (/^[1-9]\d{0,14}$/.test(place)) return place;
  throw new RequestInvalid([
    { pointer: '#/query/after', detail: 'is no cursor of this list: pass the "nextCursor" of its last page' },
  ]);
}
