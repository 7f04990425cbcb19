import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { createTestDatabase, eventually, sequentialIds, type TestDatabase } from '#libs/testing';
import { Database } from '../postgres/database.ts';
import { PostgresEventStore } from '../postgres/postgres-event-store.ts';
import { migrateService } from '../roles/migrate-service.ts';
import { readCheckpoint } from '../subscriptions/checkpoints.ts';
import { Subscription } from '../subscriptions/subscription.ts';
import { ProjectionRebuild } from './projection-rebuild.ts';
import { registerProjection, rollBackProjection } from './projection-registry.ts';
import { ProjectionRefused } from './rebuild.errors.ts';
import { appendCounted, foldOfLog, INDEX, rowsOf, TABLE, totals } from './rebuild-fixture.contract.ts';

class Totals2099010100001 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(TABLE);
    await queryRunner.query(INDEX);
  }

  down(): Promise<void> {
    return Promise.resolve();
  }
}

jest.setTimeout(30_000);

describe('a service that runs as a role of its own', () => {
  let server: TestDatabase;
  let database: Database;
  let owner: Database;
  let store: PostgresEventStore;

  beforeAll(async () => {
    server = await createTestDatabase();
    const logins = await server.loginsOf('agent');
    await migrateService({ ...logins, schema: 'agent', migrations: [Totals2099010100001] });
    database = new Database({ url: logins.url, schema: 'agent', applicationName: 'spec' });
    owner = new Database({ url: logins.ownerUrl, schema: 'agent', applicationName: 'spec-owner' });
    store = new PostgresEventStore({ database, ids: sequentialIds() });
  });
  afterAll(async () => {
    await Promise.all([database.close(), owner.close()]);
    await server.drop();
  });

  const register = (table: string): Promise<unknown> =>
    registerProjection(database, { name: `spec.${table}`, version: 1, table });

  it('rebuilds, switches and rolls back its read models, and goes on writing to them', async () => {
    const subscription = new Subscription({ database, store, subscriber: totals(1), pollMs: 30 });
    await subscription.start();
    const caughtUp = (): Promise<unknown> =>
      eventually(async () => {
        expect((await readCheckpoint(database, 'agent.totals', 1)).position).toBe(await store.head());
      });
    await appendCounted(store, 200);
    await caughtUp();

    expect(await new ProjectionRebuild({ database, store, table: totals(1).table }).run()).toMatchObject({
      isSwitched: true,
      comparison: { outcome: 'compared', differing: 0 },
    });
    await appendCounted(store, 50);
    await caughtUp();
    await rollBackProjection(database, 'agent.totals');
    await appendCounted(store, 50);
    await caughtUp();
    await subscription.stop();

    expect(await rowsOf(database)).toEqual(await foldOfLog(store, 1));
  });

  it.each([
    'events',
    'events_p0',
    'streams',
    'lanes',
    'idempotency_keys',
    'incarnations',
    'checkpoints',
    'projections',
  ])('cannot have %s replaced', async (table) => {
    await expect(register(table)).rejects.toThrow(ProjectionRefused);
  });

  it('cannot name what is no table of its schema', async () => {
    for (const table of [
      'nothing',
      'totals"; drop table totals; --',
      'pg_catalog.pg_class',
      'agent.totals',
      'totals__rebuild',
    ]) {
      await expect(register(table)).rejects.toThrow(ProjectionRefused);
    }
    await expect(database.query("select begin_rebuild('agent.unknown', 1, 1)")).rejects.toThrow('no projection');
    await expect(database.query("select switch_projection('agent.totals', 1, 1)")).rejects.toThrow('has no rebuild');
  });

  it('cannot reach another table through the registry either', async () => {
    await expect(database.query("update projections set table_name = 'streams'")).rejects.toThrow('permission denied');
    await owner.query('create table kept_apart (n integer)');
    for (const table of ['streams', 'kept_apart']) {
      await owner.query("insert into projections (name, table_name, active_version) values ('spec.poisoned', $1, 1)", [
        table,
      ]);
      await expect(database.query("select begin_rebuild('spec.poisoned', 2, 1)")).rejects.toThrow('no read model');
      await owner.query("delete from projections where name = 'spec.poisoned'");
    }
  });

  it('cannot put a temporary table before the registry', async () => {
    await database.transaction(async (transaction) => {
      await transaction.query('create temporary table projections (like agent.projections) on commit drop');
      const rows = await transaction.query(
        "select name from register_projection('agent.totals', 1, 'totals') r, agent.projections",
      );
      expect(rows).toHaveLength(1);
      expect(await transaction.query('select 1 from pg_temp.projections')).toHaveLength(0);
    });
  });

  it('cannot begin an epoch, create tables, or call the helpers of the functions', async () => {
    for (const statement of [
      "select begin_epoch('mine')",
      'create table agent.mine (n integer)',
      'alter table agent.totals add column mine integer',
      'select swap_index_names(0, 0)',
      "select read_model_table('totals')",
    ]) {
      await expect(database.query(statement)).rejects.toThrow(/permission denied|must be owner/);
    }
  });
});
