import type { MigrationInterface, QueryRunner } from 'typeorm';

const TABLES = `
create table decisions (
  decision_id    text collate "C" primary key,
  tenant         text collate "C" not null,
  position       bigint not null,
  agent_id       text not null,
  decision_type  text not null,
  subject_ref    text not null,
  decided_by     text not null,
  decided_at     timestamptz not null,
  recorded_at    timestamptz not null,
  correlation_id text not null,
  trace_id       text,
  decision       jsonb not null,
  evidence_positions jsonb not null
);
create index decisions_by_position on decisions (tenant, position desc);

create table findings (
  tenant         text collate "C" not null,
  stream_id      text collate "C" not null,
  is_decided     boolean not null,
  stream_version integer not null,
  primary key (tenant, stream_id)
);
comment on table findings is 'Which situations are decided now, so that none is decided twice.';

create table agents (
  agent_id             text collate "C" primary key,
  status               text not null,
  since                timestamptz not null,
  last_assessment_at   timestamptz,
  assessments          bigint not null,
  decisions            bigint not null,
  last_decision_at     timestamptz,
  consecutive_failures integer not null
);
`;

/** What was decided, which situations are decided, and how the agents do. */
export class Decisions2026112200011 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(TABLES);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only: restore a backup instead.'));
  }
}
