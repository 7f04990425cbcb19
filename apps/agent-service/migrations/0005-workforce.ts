import type { MigrationInterface, QueryRunner } from 'typeorm';

const TABLES = `
create table employees (
  tenant       text collate "C" not null,
  employee_id  text collate "C" not null,
  name         text not null,
  job          text not null,
  department   text,
  employment   text not null,
  status       text not null,
  hired_on     date not null,
  left_on      date,
  weekly_hours double precision,
  pay          jsonb not null,
  position     bigint not null,
  primary key (tenant, employee_id)
);
comment on column employees.pay is 'Terms by the day from which they hold, oldest first.';

create table clock_records (
  tenant      text collate "C" not null,
  position    bigint not null,
  employee_id text collate "C" not null,
  kind        text not null,
  at          timestamptz not null,
  primary key (tenant, position)
);
create index clock_records_by_time on clock_records (tenant, at);

create table scheduled_shifts (
  tenant        text collate "C" not null,
  shift_id      text collate "C" not null,
  employee_id   text collate "C" not null,
  starts_at     timestamptz not null,
  ends_at       timestamptz not null,
  break_minutes integer not null,
  job           text,
  position      bigint not null,
  primary key (tenant, shift_id)
);
create index scheduled_shifts_by_start on scheduled_shifts (tenant, starts_at);

create table leave_requests (
  tenant       text collate "C" not null,
  leave_id     text collate "C" not null,
  employee_id  text collate "C" not null,
  kind         text not null,
  starts_on    date not null,
  ends_on      date not null,
  requested_at timestamptz not null,
  position     bigint not null,
  primary key (tenant, leave_id)
);
create index leave_requests_by_end on leave_requests (tenant, ends_on);
`;

/** Who works for the business, what the time clock recorded, what was planned, and who asked for leave. */
export class Workforce2026112300005 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(TABLES);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only: restore a backup instead.'));
  }
}
