import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { createTestDatabase, type TestDatabase } from '#libs/testing';
import { Database } from './database.ts';
import { migrate, readModelDataSource, type MigrationClass } from './migrate.ts';

/** Neither of its statements can run twice, and it is slow enough for others to meet it. */
class Stock2026112300001 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('create table stock (sku text primary key)');
    await queryRunner.query('select pg_sleep(0.2)');
    await queryRunner.query("insert into stock (sku) values ('flour')");
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only.'));
  }
}

class Broken2026112300002 implements MigrationInterface {
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
        start(schema, [Stock2026112300001]),
      ),
    );

    expect(ran.filter((names) => names.length > 0)).toEqual([
      ['LogTables2026112200001', 'Stock2026112300001'],
      ['LogTables2026112200001', 'Stock2026112300001'],
    ]);
    for (const schema of ['agent', 'health']) {
      expect(await rowsOf(schema, 'select sku from stock')).toEqual([{ sku: 'flour' }]);
      expect(await rowsOf(schema, 'select count(*) as lives from incarnations')).toEqual([{ lives: 1 }]);
    }
  });

  it('leave nothing of one that fails, and let the next start go on from there', async () => {
    await expect(start('agent', [Stock2026112300001, Broken2026112300002])).rejects.toThrow(/no_such_function/);

    expect(await rowsOf('agent', "select to_regclass('half') as half")).toEqual([{ half: null }]);
    expect(await start('agent', [Stock2026112300001])).toEqual([]);
  });
});
