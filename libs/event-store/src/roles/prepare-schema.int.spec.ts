import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { fnv1a } from '#libs/kernel';
import { createTestDatabase, eventually, execute, type ServiceLogins, type TestDatabase } from '#libs/testing';
import { StoreUnavailable } from '../errors.ts';
import { Database } from '../postgres/database.ts';
import { prepareSchema, type SchemaOptions } from './prepare-schema.ts';
import { LoginRefused, RightsMissing, RoleMayAlterEvents, RoleUnnamed, SchemaOutOfDate } from './role-errors.ts';

class Stock2026112300901 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('create table stock (sku text primary key, n bigserial)');
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only.'));
  }
}

class More2026112300902 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('create table more (id integer)');
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only.'));
  }
}

jest.setTimeout(30_000);

describe('a service that starts on its schema', () => {
  let testDatabase: TestDatabase;
  let logins: ServiceLogins;
  beforeEach(async () => {
    testDatabase = await createTestDatabase();
    logins = await testDatabase.loginsOf('agent');
  });
  afterEach(() => testDatabase.drop());

  const start = (options: Partial<SchemaOptions>) =>
    prepareSchema({
      url: logins.url,
      schema: 'agent',
      applicationName: 'spec',
      migrations: [Stock2026112300901],
      allowOwner: false,
      ...options,
    });
  const asOwner = (options: Partial<SchemaOptions> = {}) => start({ ownerUrl: logins.ownerUrl, ...options });

  async function query(url: string, text: string): Promise<object[]> {
    const database = new Database({ url, schema: 'agent', applicationName: 'spec' });
    try {
      return await database.query(text);
    } finally {
      await database.close();
    }
  }

  it('is brought up to date by its owner, and can work with what was made', async () => {
    const { ran, granted, danger } = await asOwner();

    expect(ran).toContain('Stock2026112300901');
    expect(granted.join('\n')).toMatch(/grant select on table .*events.* to /);
    expect(danger).toBeUndefined();
    expect(await query(logins.url, "insert into stock (sku) values ('flour') returning n")).toEqual([{ n: 1 }]);
  });

  it('changes nothing the second time', async () => {
    await asOwner();

    expect(await asOwner()).toEqual({ ran: [], granted: [] });
  });

  it('gets what a later migration makes, too', async () => {
    await asOwner();
    const { ran, granted } = await asOwner({ migrations: [Stock2026112300901, More2026112300902] });

    expect(ran).toEqual(['More2026112300902']);
    expect(granted).toEqual([expect.stringContaining('on table agent.more to ')]);
    expect(await query(logins.url, 'select * from more')).toEqual([]);
  });

  it('gets back what was taken, and loses what it does not need', async () => {
    await asOwner();
    await execute(testDatabase.url, 'revoke all on agent.stock from public, "' + roleOf(logins.url) + '"');
    await execute(testDatabase.url, 'grant update, truncate on agent.events to public, "' + roleOf(logins.url) + '"');
    await asOwner();

    await expect(query(logins.url, 'select from stock')).resolves.toEqual([]);
    await expect(query(logins.url, 'truncate events')).rejects.toThrow(/permission denied/);
    await expect(query(logins.url, 'update events set slot = 1')).rejects.toThrow(/permission denied/);
  });

  it('runs eight times at once, twice each for two services, and each migration once', async () => {
    const health = await testDatabase.loginsOf('health');
    const starts = await Promise.all([1, 2, 3, 4].flatMap(() => [asOwner(), asOwner({ ...health, schema: 'health' })]));

    expect(starts.filter(({ ran }) => ran.length > 0)).toHaveLength(2);
    expect(starts.filter(({ granted }) => granted.length > 0)).toHaveLength(2);
  });

  it('waits for whoever prepares the database now, longer than for any other lock', async () => {
    const impatient = new URL(logins.ownerUrl);
    impatient.searchParams.set('options', '-c search_path=agent -c lock_timeout=100');
    const other = new Database({ url: testDatabase.url, schema: 'public', applicationName: 'spec' });
    const started = await other.transaction(async (connection) => {
      await connection.query('select pg_advisory_xact_lock($1)', [fnv1a('steward/migrations') | 0]);
      const start = asOwner({ ownerUrl: impatient.href });
      start.catch(() => undefined);
      await eventually(async () => {
        const waiting = "select from pg_locks where locktype = 'advisory' and not granted";
        expect(await query(testDatabase.url, waiting)).toHaveLength(1);
      });
      await connection.query('select pg_sleep(0.3)');
      return { start };
    });
    await other.close();

    expect((await started.start).ran).toContain('Stock2026112300901');
  });

  it('starts without the owner when all migrations have run', async () => {
    await asOwner();

    expect(await start({})).toEqual({ ran: [], granted: [] });
  });

  it.each([
    ['nothing was migrated', [], /LogTables2026112200001.*npm run migrate -- agent/s],
    ['the code has a newer migration', [More2026112300902], /missing: More2026112300902\. Run "npm run migrate/],
  ])('refuses without the owner when %s', async (_, newer, message) => {
    if (newer.length > 0) await asOwner();
    const refused = start({ migrations: [Stock2026112300901, ...newer] });

    await expect(refused).rejects.toThrow(SchemaOutOfDate);
    await expect(refused).rejects.toThrow(message);
  });

  describe('as a role that owns the schema', () => {
    it('brings it up to date itself, and says what that role could do', async () => {
      const { ran, danger } = await start({ url: logins.ownerUrl, allowOwner: true });

      expect(ran).toContain('Stock2026112300901');
      expect(danger).toBe('owns the schema or may make it');
    });

    it('is warned of a superuser', async () => {
      expect(await start({ url: testDatabase.url, allowOwner: true })).toMatchObject({ danger: 'is a superuser' });
    });

    it('is refused in production, before anything is made', async () => {
      for (const url of [testDatabase.url, logins.ownerUrl]) {
        await expect(start({ url })).rejects.toThrow(RoleMayAlterEvents);
      }
      expect(await query(testDatabase.url, "select to_regnamespace('agent') as agent")).toEqual([{ agent: null }]);
    });

    it('is refused in production with the same URL as the owner', async () => {
      await expect(asOwner({ url: logins.ownerUrl })).rejects.toThrow(RoleMayAlterEvents);
    });

    it.each(['insert', 'update', 'delete', 'truncate', 'trigger', 'update (data)'])(
      'is refused in production as a role that somebody gave %s',
      async (right) => {
        await asOwner();
        await execute(testDatabase.url, `grant ${right} on agent.events to "${roleOf(logins.url)}"`);

        await expect(start({})).rejects.toThrow(/may write the table events/);
      },
    );
  });

  describe('is told what to do', () => {
    it('when the role is missing and the owner may not make it', async () => {
      const missing = withRole(logins.url, 'nobody_made_this');
      const refused = asOwner({ url: missing });

      await expect(refused).rejects.toThrow(RightsMissing);
      await expect(refused).rejects.toThrow(/create role "nobody_made_this" login .*password '<as in its URL>'/);
    });

    it('when the owner may not make the schema', async () => {
      await execute(
        testDatabase.url,
        `revoke create on database ${databaseOf(logins.url)} from "${roleOf(logins.ownerUrl)}"`,
      );

      await expect(asOwner()).rejects.toThrow(/\n {2}grant create on database test_\w+ to test_\w+_owner;/);
    });

    it('when the password is wrong, without showing it', async () => {
      const wrong = new URL(logins.url);
      wrong.password = 'hunter2';

      await expect(start({ url: wrong.href })).rejects.toThrow(LoginRefused);
      await expect(asOwner({ url: wrong.href })).rejects.not.toThrow(/hunter2/);
    });

    it('when a URL names no user', async () => {
      await expect(asOwner({ url: withRole(logins.url, '') })).rejects.toThrow(RoleUnnamed);
    });

    it('when the server is away', async () => {
      const away = new URL(logins.url);
      away.port = '1';

      await expect(start({ url: away.href })).rejects.toThrow(StoreUnavailable);
      await expect(start({ ownerUrl: away.href })).rejects.toThrow(StoreUnavailable);
    });
  });

  it('has its role made by an owner that may make roles, with the password of the URL', async () => {
    await execute(testDatabase.url, `alter role "${roleOf(logins.ownerUrl)}" createrole`);
    const made = withRole(logins.url, `${databaseOf(logins.url)}_made`);
    try {
      const { granted } = await asOwner({ url: made });

      expect(granted[0]).toBe(`made the role ${roleOf(made)}`);
      expect(await query(made, 'select from stock')).toEqual([]);
    } finally {
      await execute(testDatabase.url, `drop owned by "${roleOf(made)}"`);
      await execute(testDatabase.url, `drop role "${roleOf(made)}"`);
    }
  });
});

const roleOf = (url: string): string => new URL(url).username;
const databaseOf = (url: string): string => new URL(url).pathname.slice(1);

function withRole(url: string, role: string): string {
  const changed = new URL(url);
  changed.username = role;
  if (role === '') changed.password = '';
  return changed.href;
}
