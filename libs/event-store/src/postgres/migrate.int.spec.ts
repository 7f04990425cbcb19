import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { createTestDatabase, type TestDatabase } from '#libs/testing';
import { StoreUnavailable } from '../errors.ts';
import { LOG_MIGRATIONS } from '../migrations/log-migrations.ts';
import { LoginRefused } from '../roles/role-errors.ts';
import { Database } from './database.ts';
import { migrate, readModelDataSource, type MigrationClass } from './migrate.ts';

/** Neither of its statements can run twice, and it is slow enough for others to meet it. */
class Stock2099010100001 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('create table stock (sku text primary key)');
    await queryRunner.query('select pg_sleep(0.2)');
    await queryRunner.query("insert into stock (sku) values ('flour')");
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only.'));
  }
}

class Broken2099010100002 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('create table half (id integer)');
    await queryRunner.query('select no_such_function()');
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only.'));
  }
}

jest.setTimeout(30_000);

describe('the migrations of a service', () => {
  let testDatabase: TestDatabase;
  beforeEach(async () => {
    testDatabase = await createTestDatabase();
  });
  afterEach(() => testDatabase.drop());

  /** What one process does at its start. */
  async function start(schema: string, migrations: readonly MigrationClass[]): Promise<readonly string[]> {
    const options = { url: testDatabase.url, schema, applicationName: schema, migrations, entities: [] };
    const dataSource = await readModelDataSource(options).initialize();
    try {
      return await migrate(dataSource, options);
    } finally {
      await dataSource.destroy();
    }
  }

  async function rowsOf(schema: string, query: string): Promise<object[]> {
    const database = new Database({ url: testDatabase.url, schema, applicationName: 'spec' });
    try {
      return await database.query(query);
    } finally {
      await database.close();
    }
  }

  it('run once although four instances of two services start at the same time', async () => {
    const ran = await Promise.all(
      ['agent', 'health', 'agent', 'health', 'agent', 'health', 'agent', 'health'].map((schema) =>
        start(schema, [Stock2099010100001]),
      ),
    );

    const all = [...LOG_MIGRATIONS.map(({ name }) => name), 'Stock2099010100001'];
    expect(ran.filter((names) => names.length > 0)).toEqual([all, all]);
    for (const schema of ['agent', 'health']) {
      expect(await rowsOf(schema, 'select sku from stock')).toEqual([{ sku: 'flour' }]);
      expect(await rowsOf(schema, 'select count(*) as lives from incarnations')).toEqual([{ lives: 1 }]);
    }
  });

  it('leave nothing of one that fails, and let the next start go on from there', async () => {
    await expect(start('agent', [Stock2099010100001, Broken2099010100002])).rejects.toThrow(/no_such_function/);

    expect(await rowsOf('agent', "select to_regclass('half') as half")).toEqual([{ half: null }]);
    expect(await start('agent', [Stock2099010100001])).toEqual([]);
  });

  it('say what to do when the server is away, or does not let anybody in', async () => {
    const options = { schema: 'agent', applicationName: 'spec', migrations: [], entities: [] };
    const dataSource = readModelDataSource({ ...options, url: testDatabase.url });
    const [away, stranger] = [new URL(testDatabase.url), new URL(testDatabase.url)];
    away.port = '1';
    stranger.password = 'hunter2';

    await expect(migrate(dataSource, { ...options, url: away.href })).rejects.toThrow(StoreUnavailable);
    await expect(migrate(dataSource, { ...options, url: stranger.href })).rejects.toThrow(LoginRefused);
  });
});
