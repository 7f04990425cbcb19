import { Inject, Injectable } from '@nestjs/common';
import type { Heartbeat, HeartbeatStatus } from '#libs/contracts';
import type { Queryable } from '#libs/event-store';
import type { TenantId } from '#libs/kernel';
import { DATABASE } from '#libs/service-kit';
import type { HeartbeatRecord, Listening } from '../domain/heartbeat-verdict.ts';
import type { Cause } from '../domain/component-health.ts';

/** This service's own name among the components; hearing itself proves that it hears. */
export const OWN_COMPONENT = 'health-service';

/** One component as the table knows it, beside what the read model believes of it. */
export type Observation = Readonly<{
  record: HeartbeatRecord;
  listening: Listening;
  said: string | null;
  believed: Readonly<{ status: 'healthy' | 'unhealthy'; cause: Cause | null }> | undefined;
}>;

type ObservedRow = {
  kind: 'agent' | 'service';
  component: string;
  status: HeartbeatStatus;
  detail: string | null;
  streak: number;
  streak_since: Date;
  seen_at: Date;
  listening_since: Date;
  now: Date;
  known_status: 'healthy' | 'unhealthy' | null;
  known_cause: Cause | null;
};

// `t.now` is read once, so that both ends of a new row's times are the same.
const RECORD = `
insert into heartbeats as h
  (kind, component, service, instance_id, status, detail, last_assessment_at, seen_at, unbroken_since, streak, streak_since)
select $1, $2, $3, $4, $5, $6, $7, t.now, t.now, 1, t.now from (select clock_timestamp() as now) t
on conflict (kind, component) do update set
  service = excluded.service,
  instance_id = excluded.instance_id,
  status = excluded.status,
  detail = excluded.detail,
  last_assessment_at = coalesce(excluded.last_assessment_at, h.last_assessment_at),
  seen_at = greatest(h.seen_at, excluded.seen_at),
  unbroken_since = case
    when h.seen_at > excluded.seen_at - $8 * interval '1 millisecond' then h.unbroken_since else excluded.seen_at end,
  streak = case
    when h.status = excluded.status and h.seen_at > excluded.seen_at - $8 * interval '1 millisecond'
    then least(h.streak + 1, 1000000) else 1 end,
  streak_since = case
    when h.status = excluded.status and h.seen_at > excluded.seen_at - $8 * interval '1 millisecond'
    then h.streak_since else excluded.seen_at end`;

// Without a fresh heartbeat of our own nobody is observed: whoever hears nothing cannot tell silence from deafness.
const OBSERVE = `
select h.kind, h.component, h.status, h.detail, h.streak, h.streak_since, h.seen_at,
  own.unbroken_since as listening_since, t.now, s.status as known_status, s.cause as known_cause
from (select clock_timestamp() as now) t
join heartbeats own on own.kind = 'service' and own.component = '${OWN_COMPONENT}'
  and own.seen_at > t.now - $2 * interval '1 millisecond'
cross join heartbeats h
left join health_states s on s.tenant = $1 and s.kind = h.kind and s.component = h.component
order by h.kind, h.component`;

/** The last heartbeat of each component: one table that every replica writes and judges, on the database's clock. */
@Injectable()
export class HeartbeatBoard {
  constructor(@Inject(DATABASE) private readonly database: Queryable) {}

  /** @param toleratedGapMs heartbeats that are further apart begin a new streak */
  async record(heartbeat: Heartbeat, toleratedGapMs: number): Promise<void> {
    const { kind, component, service, instanceId, status, detail, lastAssessmentAt } = heartbeat;
    await this.database.query(RECORD, [
      kind,
      component,
      service,
      instanceId,
      status,
      detail ?? null,
      lastAssessmentAt ?? null,
      toleratedGapMs,
    ]);
  }

  /** @param freshWithinMs nobody is observed when this service has not heard itself for so long */
  async observe(tenant: TenantId, freshWithinMs: number): Promise<readonly Observation[]> {
    const rows = await this.database.query<ObservedRow>(OBSERVE, [tenant, freshWithinMs]);
    return rows.map((row) => ({
      record: {
        subject: { kind: row.kind, name: row.component },
        status: row.status,
        streak: row.streak,
        streakSince: row.streak_since,
        lastSeenAt: row.seen_at,
      },
      listening: { since: row.listening_since, now: row.now },
      said: row.detail,
      believed: row.known_status === null ? undefined : { status: row.known_status, cause: row.known_cause },
    }));
  }
}
