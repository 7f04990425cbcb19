import { Inject, Injectable } from '@nestjs/common';
import { LessThan, type DataSource, type FindOptionsWhere } from 'typeorm';
import { z } from 'zod';
import type { AlertItem, AlertListQuery, AlertSeverity, Page } from '#libs/contracts';
import type { TenantId } from '#libs/kernel';
import { DATA_SOURCE, pageOfRows, placeOfCursor } from '#libs/service-kit';
import { AlertRecord } from './alert.entity.ts';

/** Position of the event that raised the alert, in the digits that a bigint column gives. */
const placeSchema = z.string().regex(/^[1-9]\d{0,14}$/);

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
      ...(after === undefined ? {} : { raisedPosition: LessThan(placeOfCursor(after, placeSchema)) }),
    };
    const found = await this.alerts().find({ where, order: { raisedPosition: 'DESC' }, take: limit + 1 });
    return pageOfRows({ rows: found, limit, itemOf, placeOf: ({ raisedPosition }) => raisedPosition });
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
