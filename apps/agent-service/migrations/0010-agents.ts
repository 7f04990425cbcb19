import type { MigrationInterface, QueryRunner } from 'typeorm';

const TABLES = `
drop table findings;

create table situations (
  tenant         text collate "C" not null,
  stream_id      text collate "C" not null,
  agent_id       text not null,
  key            text not null,
  detector       text not null,
  subject        text not null,
  state          text not null,
  grade          integer not null,
  is_open        boolean not null,
  decided_at     timestamptz not null,
  stream_version integer not null,
  primary key (tenant, stream_id)
);
comment on table situations is 'Which situations were decided, so that none is decided twice while it lasts.';
comment on column situations.decided_at is 'By the clock of the business.';
create index situations_by_agent on situations (agent_id, is_open);

create table agent_progress (
  agent_id     text collate "C" not null,
  tenant       text collate "C" not null,
  position     bigint not null,
  told_ms      bigint,
  least_lag_ms bigint,
  turns        jsonb not null,
  primary key (agent_id, tenant)
);
comment on table agent_progress is 'Clock of each business, and when each schedule of each agent had its last turn there; moves with the checkpoint of the agent.';

create table agent_books (
  agent_id text collate "C" not null,
  tenant   text collate "C" not null,
  version  integer not null,
  position bigint not null,
  book     bytea not null,
  saved_at timestamptz not null default clock_timestamp(),
  primary key (agent_id, tenant)
);
comment on table agent_books is 'What agents know, saved now and then: a shortcut for the start that may be thrown away.';
`;

/** How far agents are, what they know, and which situations they have decided. */
export class Agents2026112300010 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(TABLES);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only: restore a backup instead.'));
  }
}
