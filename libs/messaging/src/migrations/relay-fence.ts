import type { MigrationInterface, QueryRunner } from 'typeorm';

const COLUMNS = `
alter table relay_progress
  add column epoch         integer  not null default 1,
  add column fence         bigint   not null default 0,
  add column last_of_slots bigint[] not null default '{}';
comment on column relay_progress.epoch is 'Life of the store that the positions belong to.';
comment on column relay_progress.fence is 'Of the lease that publishes: who holds an older one moves nothing any more.';
comment on column relay_progress.last_of_slots is 'Up to published_position, the position of the last published event of each slot; empty when that was never known.';
`;

/** Keeps a relay that lost its lease from moving back what another one noted, and remembers the chain within each slot. */
export class RelayFence2026112300007 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(COLUMNS);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only: restore a backup instead.'));
  }
}
