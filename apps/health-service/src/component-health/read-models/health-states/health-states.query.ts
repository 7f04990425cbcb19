import { Inject, Injectable } from '@nestjs/common';
import { In, type DataSource } from 'typeorm';
import { z } from 'zod';
import type { ComponentHealth, ListQuery, Page } from '#libs/contracts';
import type { TenantId } from '#libs/kernel';
import { DATA_SOURCE, pageOfRows, placeOfCursor } from '#libs/service-kit';
import { HealthState } from './health-state.entity.ts';
import { LastHeartbeat } from './last-heartbeat.entity.ts';

const placeSchema = z.tuple([z.string(), z.string()]);

/** How agents and services stand, by name. */
@Injectable()
export class HealthStatesQuery {
  constructor(@Inject(DATA_SOURCE) private readonly dataSource: DataSource) {}

  /** @throws RequestInvalid for a cursor that no page gave */
  async list(tenant: TenantId, { limit, after }: ListQuery): Promise<Page<ComponentHealth>> {
    const query = this.dataSource
      .getRepository(HealthState)
      .createQueryBuilder('state')
      .where('state.tenant = :tenant', { tenant })
      .orderBy('state.component')
      .addOrderBy('state.kind')
      .limit(limit + 1);
    if (after !== undefined) {
      const [component, kind] = placeOfCursor(after, placeSchema);
      query.andWhere('(state.component, state.kind) > (:component, :kind)', { component, kind });
    }
    const found = await query.getMany();
    const heartbeats = await this.heartbeatsOf(found);
    return pageOfRows({
      rows: found,
      limit,
      itemOf: (state) => itemOf(state, heartbeats.get(keyOf(state))),
      placeOf: ({ component, kind }) => [component, kind],
    });
  }

  private async heartbeatsOf(states: readonly HealthState[]): Promise<ReadonlyMap<string, LastHeartbeat>> {
    const components = states.map(({ component }) => component);
    const found = await this.dataSource.getRepository(LastHeartbeat).findBy({ component: In(components) });
    return new Map(found.map((heartbeat) => [keyOf(heartbeat), heartbeat]));
  }
}

function keyOf({ kind, component }: Readonly<{ kind: string; component: string }>): string {
  return `${kind}/${component}`;
}

function itemOf(state: HealthState, heartbeat: LastHeartbeat | undefined): ComponentHealth {
  const { component, kind, status, cause, detail, since } = state;
  return {
    component,
    kind,
    status,
    cause,
    detail,
    since: since.toISOString(),
    lastHeartbeatAt: heartbeat?.seenAt.toISOString() ?? null,
    lastAssessmentAt: heartbeat?.lastAssessmentAt?.toISOString() ?? null,
  };
}
