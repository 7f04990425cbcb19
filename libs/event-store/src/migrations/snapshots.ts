import type { MigrationInterface, QueryRunner } from 'typeorm';

const TABLE = `
create table snapshots (
  tenant          text collate "C" not null,
  stream_id       text collate "C" not null,
  decider         text collate "C" not null,
  decider_version integer not null,
  stream_version  integer not null,
  hash            bytea   not null,
  state           json    not null,
  at              timestamptz not null default clock_timestamp(),
  primary key (tenant, stream_id, decider)
);
comment on table snapshots is 'What a decider folded a stream into, as a shortcut. It may be emptied at any time.';
comment on column snapshots.hash is 'Of the stream''s event at stream_version: a snapshot of another history is not believed.';
`;

/** Snapshots of streams that take long to load. */
export class Snapshots2026112300004 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(TABLE);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only: restore a backup instead.'));
  }
}
