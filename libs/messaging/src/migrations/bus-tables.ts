import type { MigrationInterface, QueryRunner } from 'typeorm';

const TABLES = `
create table relay_progress (
  stream             text collate "C" primary key,
  scanned_position   bigint not null,
  published_position bigint not null
);
comment on table relay_progress is 'How far the relay to each JetStream stream has come. The broker''s own tail decides; this tells whether the broker lost something.';

create table inbox (
  consumer text collate "C" not null,
  source   text collate "C" not null,
  position bigint not null,
  primary key (consumer, source)
) with (fillfactor = 50);
comment on table inbox is 'Position up to which each consumer has applied each log. Moves in the transaction of the effect, so that an effect happens once.';
`;

/** What the bus needs to know beside the log. */
export class BusTables2026112200002 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(TABLES);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only: restore a backup instead.'));
  }
}
