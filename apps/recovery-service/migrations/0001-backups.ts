import type { MigrationInterface, QueryRunner } from 'typeorm';

const TABLES = `
create table backups (
  backup_id       text collate "C" primary key,
  tenant          text collate "C" not null,
  task_id         text,
  kind            text        not null,
  status          text        not null check (status in ('running', 'completed', 'verified', 'failed')),
  requested_by    text        not null,
  reason          text,
  attempts        integer     not null,
  started_at      timestamptz not null,
  completed_at    timestamptz,
  verified_at     timestamptz,
  failed_at       timestamptz,
  duration_ms     bigint,
  verification_ms bigint,
  size_bytes      bigint,
  sha256          text,
  location        text,
  log_positions   jsonb       not null,
  table_counts    jsonb       not null,
  checks          jsonb       not null,
  failed_phase    text,
  failure_reason  text
);
comment on table backups is 'One row per backup: what people ask about, and what the worker has still to do.';
create index backups_by_tenant on backups (tenant, backup_id desc);
create index backups_unfinished on backups (backup_id) where status in ('running', 'completed');
`;

/** The read model of backups. */
export class Backups2026112200301 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(TABLES);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only: restore a backup instead.'));
  }
}
