import type { MigrationInterface, QueryRunner } from 'typeorm';

const COLUMNS = `
alter table relay_progress add column epoch integer not null default 1, add column fence bigint not null default 0;
comment on column relay_progress.epoch is 'Life of the store that the positions belong to.';
comment on column relay_progress.fence is 'Of the lease that publishes: who holds an older one moves nothing any more.';
`;

/** Keeps a relay that lost its lease from moving back what another one noted. */
export class RelayFence2026112300007 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(COLUMNS);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only: restore a backup instead.'));
  }
}
