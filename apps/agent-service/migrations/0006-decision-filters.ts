import type { MigrationInterface, QueryRunner } from 'typeorm';

const CHANGES = `
alter table decisions
  add column confidence    double precision,
  add column business_time timestamptz;
comment on column decisions.confidence is '0 to 1; null in rows of the version before.';
comment on column decisions.business_time is 'When it was in the business; null in rows of the version before.';
create index decisions_by_type on decisions (tenant, agent_id, decision_type, position desc);
create index decisions_by_time on decisions (tenant, decided_at);
create index decisions_by_confidence on decisions (tenant, confidence);
create index decisions_by_business_time on decisions (tenant, agent_id, business_time);

create table agent_days (
  agent_id         text collate "C" not null,
  day              date not null,
  assessments      bigint not null,
  failures         bigint not null,
  duration_ms      bigint not null,
  primary key (agent_id, day)
);
comment on table agent_days is 'Runs of each agent on each day (UTC, by the clock of the service).';
`;

/** Filters of the list of decisions, and what an agent did on each day. */
export class DecisionFilters2026112300006 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(CHANGES);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only: restore a backup instead.'));
  }
}
