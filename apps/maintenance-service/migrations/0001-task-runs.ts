import type { MigrationInterface, QueryRunner } from 'typeorm';

const TABLES = `
create table task_runs (
  tenant     text collate "C" not null,
  task_id    text collate "C" not null,
  task       text        not null,
  period     text collate "C" not null,
  attempt    integer     not null,
  trigger    text        not null,
  status     text        not null,
  started_at timestamptz not null,
  ended_at   timestamptz,
  detail     text,
  position   bigint      not null,
  primary key (tenant, task_id)
);
comment on table task_runs is 'One row per attempt of a maintenance task; folded from the log.';
comment on column task_runs.position is 'Of the event that began the attempt: the order of lists.';
create index task_runs_newest on task_runs (tenant, position desc);
create index task_runs_by_period on task_runs (tenant, task, period);
create index task_runs_running on task_runs (tenant, started_at) where status = 'running';
`;

/** What can be asked about tasks. */
export class TaskRuns2026112200201 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(TABLES);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only: restore a backup instead.'));
  }
}
