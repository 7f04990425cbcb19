import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { correlationId, streamId, tenantId } from '#libs/kernel';
import { createTestDatabase, execute, sequentialIds, type ServiceLogins, type TestDatabase } from '#libs/testing';
import { position } from '../event-store.ts';
import { Database } from '../postgres/database.ts';
import { PostgresEventStore } from '../postgres/postgres-event-store.ts';
import { prepareSchema } from './prepare-schema.ts';

class Stock2026112300901 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('create table stock (sku text primary key, n bigserial)');
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only.'));
  }
}

jest.setTimeout(30_000);

const LOG = [
  'events',
  'streams',
  'lanes',
  'idempotency_keys',
  'incarnations',
  'event_types',
  'signed_heads',
  'signed_heads_end',
];
/** Functions that only other functions and triggers of the log use, or its owner. */
const NOT_FOR_SERVICES = ['begin_epoch', 'read_model_table', 'refuse_change', 'swap_index_names'];

describe("a service's role", () => {
  let testDatabase: TestDatabase;
  let agent: ServiceLogins;
  let health: ServiceLogins;
  let service: Database;
  let owner: Database;
  let store: PostgresEventStore;

  beforeAll(async () => {
    testDatabase = await createTestDatabase();
    [agent, health] = [await testDatabase.loginsOf('agent'), await testDatabase.loginsOf('health')];
    for (const [schema, logins] of Object.entries({ agent, health })) {
      await prepareSchema({
        ...logins,
        schema,
        applicationName: 'spec',
        migrations: [Stock2026112300901],
        allowOwner: false,
      });
    }
    service = new Database({ url: agent.url, schema: 'agent', applicationName: 'spec' });
    owner = new Database({ url: agent.ownerUrl, schema: 'agent', applicationName: 'spec' });
    store = new PostgresEventStore({ database: service, ids: sequentialIds() });
    await append('before');
  });

  afterAll(async () => {
    await store.close();
    await Promise.all([service.close(), owner.close()]);
    await testDatabase.drop();
  });

  async function append(key: string): Promise<unknown> {
    return store.append({
      tenant: tenantId('demo'),
      streamId: streamId('item', 'flour'),
      expected: 'any',
      idempotencyKey: key,
      events: [{ type: 'counted', typeVersion: 1, data: { n: 1 } }],
      metadata: { correlationId: correlationId('c-1'), actor: 'spec', occurredAt: '2026-01-01T12:00:00.000Z' },
    });
  }

  it('appends, and reads what was appended', async () => {
    await append('one');

    const read = await store.readAll({ after: position((await store.head()) - 1), limit: 10 });
    expect(read.map(({ type }) => type)).toEqual(['counted']);
  });

  it('writes read models, and what it needs beside them', async () => {
    await service.transaction(async (connection) => {
      await connection.query("insert into stock (sku) values ('flour') on conflict (sku) do update set n = stock.n");
      await connection.query("update stock set sku = 'rye'");
      await connection.query('delete from stock');
      await connection.query("insert into checkpoints (name, version, epoch, position) values ('spec', 1, 1, 0)");
    });
  });

  it('can write to no table beside read models but these, so that a new one is not forgotten', async () => {
    const writable = await service.query<{ name: string }>(
      `select c.relname as name from pg_class c
       where c.relnamespace = 'agent'::regnamespace and c.relkind in ('r', 'p')
         and has_table_privilege(c.oid, 'insert, update, delete') order by 1`,
    );
    expect(writable.map(({ name }) => name)).toEqual([
      'checkpoints',
      'leases',
      'projection_rebuilds',
      'snapshots',
      'stock',
    ]);
  });

  describe.each(LOG)('on %s', (table) => {
    it.each([
      ['insert', (name: string) => `insert into ${name} select * from ${name} limit 1`],
      ['update', (name: string) => `update ${name} set ${COLUMN[name] ?? ''} = ${COLUMN[name] ?? ''}`],
      ['delete', (name: string) => `delete from ${name}`],
      ['truncate', (name: string) => `truncate ${name} cascade`],
      ['lock', (name: string) => `lock table ${name} in access exclusive mode`],
      ['trigger', (name: string) => `create trigger t before insert on ${name} execute function agent.refuse_change()`],
    ])('is refused %s', async (_, statement) => {
      const refused = service.transaction((connection) => connection.query(statement(table)));
      await expect(refused).rejects.toThrow(/permission denied for (table|function)/);
    });
  });

  it.each([
    ['disable the triggers', 'alter table events disable trigger all', /must be owner of table events/],
    [
      'switch off triggers for a session',
      'set session_replication_role = replica',
      /permission denied to set parameter/,
    ],
    ['drop a table of the log', 'drop table events', /must be owner of table events/],
    ['detach a partition', 'alter table events detach partition events_p0', /must be owner of table events/],
    ['write into a partition', 'delete from events_p0', /permission denied for table events_p0/],
    ['truncate a partition', 'truncate events_p0', /permission denied for table events_p0/],
    ['alter a table', 'alter table stock add column more text', /must be owner of table stock/],
    ['truncate a read model', 'truncate stock', /permission denied for table stock/],
    ['make a table', 'create table more (id integer)', /permission denied for schema agent/],
    ['make a function', 'create function f() returns int language sql return 1', /permission denied for schema agent/],
    ['replace a function', 'drop function refuse_change() cascade', /must be owner of function refuse_change/],
    ['make a schema', 'create schema mine', /permission denied for database/],
    [
      'forge a migration',
      "insert into migrations (timestamp, name) values (1, 'x')",
      /permission denied for table migrations/,
    ],
    [
      'register its own projections',
      "update projections set table_name = 'x'",
      /permission denied for table projections/,
    ],
    ['begin an epoch', "select begin_epoch('spec')", /permission denied for function begin_epoch/],
    ['read another service', 'select from health.stock', /permission denied for schema health/],
    [
      'append to another service',
      "select health.lock_lane(0, '{}', '{}', '{}', '{}')",
      /permission denied for schema health/,
    ],
    ['make a role', 'create role mine', /permission denied to create role/],
    ['read the passwords', 'select from pg_authid', /permission denied for table pg_authid/],
    ['run a program', "copy stock from program 'true'", /permission denied to COPY|must be superuser/],
  ])('may not %s', async (_, statement, refusal) => {
    await expect(service.query(statement)).rejects.toThrow(refusal);
  });

  it('gives itself no right, although Postgres only warns of that', async () => {
    await service.query('grant all on events to current_user');

    const [row] = await service.query(
      "select has_table_privilege('events', 'insert, update, delete, truncate') as may",
    );
    expect(row).toEqual({ may: false });
  });

  it('may not become anybody else', async () => {
    for (const other of [agent.ownerUrl, health.url, testDatabase.url]) {
      const role = new URL(other).username;
      await expect(service.query(`set role "${role}"`)).rejects.toThrow(/permission denied to set role/);
      await expect(service.query(`set session authorization "${role}"`)).rejects.toThrow(/permission denied to set/);
      await expect(service.query(`grant "${role}" to current_user`)).rejects.toThrow(
        /must have admin option|permission denied|must be superuser/,
      );
    }
  });

  it('does not get at the log through a temporary table of the same name', async () => {
    const before = await store.head();
    await service.transaction(async (connection) => {
      await connection.query('create temporary table lanes (lane int, position bigint, hash bytea)');
      await connection.query('create temporary table events (like agent.events)');
      await connection.query("insert into pg_temp.lanes values (0, 0, 'x')");
      const [row] = await connection.query<{ state: { position: number } }>(
        "select agent.lock_lane(0, '{}', '{}', '{}', '{}') as state",
      );
      expect(row?.state.position).toBe(before);
      await connection.query('drop table pg_temp.lanes, pg_temp.events');
    });
  });

  it('finds every function of the log to be one that it may call, or one that it may not', async () => {
    const functions = await owner.query<{ name: string; isOpen: boolean; isDefiner: boolean; path: string | null }>(
      `select p.proname as name, has_function_privilege($1, p.oid, 'execute') as "isOpen", p.prosecdef as "isDefiner",
         (select c from unnest(p.proconfig) c where c like 'search_path=%') as path
       from pg_proc p where p.pronamespace = 'agent'::regnamespace order by 1`,
      [new URL(agent.url).username],
    );

    expect(functions.filter(({ isOpen }) => !isOpen).map(({ name }) => name)).toEqual(NOT_FOR_SERVICES);
    // Whatever runs with the owner's rights looks into the log's schema first, and into temporary tables last.
    const definers = functions.filter(({ isDefiner }) => isDefiner);
    expect(definers.length).toBeGreaterThan(0);
    expect(definers.filter(({ path }) => path !== 'search_path=agent, pg_temp')).toEqual([]);
    expect(functions.filter(({ isOpen, isDefiner }) => isOpen && !isDefiner)).toEqual([]);
  });

  it.each([
    'update events set slot = 1',
    'delete from events',
    'truncate events',
    'delete from events_p0',
    'truncate events_p0',
  ])('and even the owner is refused: %s', async (statement) => {
    await expect(owner.query(statement)).rejects.toThrow(/events are immutable/);
  });

  it('leaves PUBLIC without any right', async () => {
    const stranger = await testDatabase.loginsOf('stranger');
    const nobody = new Database({ url: stranger.url, schema: 'agent', applicationName: 'spec' });
    try {
      await expect(nobody.query('select from agent.stock')).rejects.toThrow(/permission denied for schema agent/);
      await execute(testDatabase.url, `grant usage on schema agent to "${new URL(stranger.url).username}"`);
      await expect(nobody.query('select from agent.stock')).rejects.toThrow(/permission denied for table stock/);
      await expect(nobody.query("select lock_lane(0, '{}', '{}', '{}', '{}')")).rejects.toThrow(
        /permission denied for function/,
      );
    } finally {
      await nobody.close();
    }
  });
});

/** A column of each table of the log. */
const COLUMN: Readonly<Record<string, string>> = {
  events: 'slot',
  streams: 'version',
  lanes: 'position',
  idempotency_keys: 'fingerprint',
  incarnations: 'reason',
  event_types: 'first_position',
  signed_heads: 'hash',
  signed_heads_end: 'number',
};
