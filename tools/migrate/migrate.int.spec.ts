import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Database } from '#libs/event-store';
import { createTestDatabase, execute, type TestDatabase } from '#libs/testing';

const ROOT = join(import.meta.dirname, '../..');
const TOOL = join(ROOT, 'tools/migrate.ts');
/** What `npm run build` makes, as the container image has it. */
const IMAGE = join(ROOT, 'dist/apps/health-service/main.js');

jest.setTimeout(60_000);

type Finished = Readonly<{ code: number | null; out: string; err: string }>;

describe('preparing a database', () => {
  let database: TestDatabase;
  const roles: string[] = [];
  beforeEach(async () => {
    database = await createTestDatabase();
  });
  afterEach(async () => {
    const made = roles.splice(0);
    for (const role of made) await execute(database.url, `drop owned by ${role}`);
    await database.drop();
    for (const role of made) await execute(adminUrl(), `drop role ${role}`);
  });

  const adminUrl = (): string => Object.assign(new URL(database.url), { pathname: '/postgres' }).href;

  /** The URL of a role that nobody has made yet. */
  function urlOf(part: string): string {
    const url = new URL(database.url);
    url.username = `${url.pathname.slice(1)}_${part}`;
    url.password = `password-of-${part}`;
    roles.push(url.username);
    return url.href;
  }

  async function run(program: string, args: readonly string[], settings: NodeJS.ProcessEnv): Promise<Finished> {
    const child = spawn(process.execPath, [program, ...args], {
      cwd: ROOT,
      env: { PATH: process.env['PATH'], ...settings },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const [out, err] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
    return { code: child.exitCode, out, err };
  }

  async function query(url: string, schema: string, statement: string): Promise<object[]> {
    const connection = new Database({ url, schema, applicationName: 'spec' });
    try {
      return await connection.query(statement);
    } finally {
      await connection.close();
    }
  }

  it('makes roles and schemas of a new server, says so, and has nothing to do the second time', async () => {
    const settings = {
      DATABASE_ADMIN_URL: database.url,
      DATABASE_OWNER_URL: urlOf('owner'),
      AGENT_DATABASE_URL: urlOf('agent'),
      RECOVERY_DATABASE_URL: urlOf('recovery'),
      BACKUP_DATABASE_URL: urlOf('backup'),
    };
    const first = await run(TOOL, ['agent', 'recovery'], settings);

    expect(first).toMatchObject({ code: 0, err: '' });
    expect(first.out).toMatch(/^agent: made the role test_\w+_owner$/m);
    expect(first.out).toMatch(/^agent: ran the migration LogTables2026112200001$/m);
    expect(first.out).toMatch(/^agent: grant select on table agent\.event/m);
    expect(first.out).toMatch(/^recovery: grant pg_read_all_data to "test_\w+_backup"$/m);
    expect(first.out).not.toContain('password-of');
    expect(await query(settings.AGENT_DATABASE_URL, 'agent', 'select count(*) as n from events')).toEqual([{ n: 0 }]);
    expect(await query(settings.BACKUP_DATABASE_URL, 'agent', 'select count(*) as n from events_p0')).toEqual([
      { n: 0 },
    ]);
    await expect(query(settings.RECOVERY_DATABASE_URL, 'agent', 'select from agent.events')).rejects.toThrow(/denied/);
    expect((await run(TOOL, ['agent', 'recovery'], settings)).out).toBe(
      'agent: was up to date.\nrecovery: was up to date.\n',
    );
  });

  it('gives the owner what belonged to somebody else, with all that is in it', async () => {
    await run(TOOL, ['agent'], { DATABASE_URL: database.url });
    await execute(
      database.url,
      "create type agent.mood as enum ('good'); create sequence agent.numbers; create view agent.v as select 1",
    );
    const [owner, agent] = [urlOf('owner'), urlOf('agent')];
    const { code, out } = await run(TOOL, ['agent'], {
      DATABASE_ADMIN_URL: database.url,
      DATABASE_OWNER_URL: owner,
      DATABASE_URL: agent,
    });

    expect(code).toBe(0);
    expect(out).toMatch(/gave \d+ things in agent to test_\w+_owner/);
    expect(
      await query(
        database.url,
        'agent',
        `select relname from pg_class where relnamespace = 'agent'::regnamespace and relowner <> '${new URL(owner).username}'::regrole
         union all select proname from pg_proc where pronamespace = 'agent'::regnamespace and proowner <> '${new URL(owner).username}'::regrole
         union all select typname from pg_type where typnamespace = 'agent'::regnamespace and typowner <> '${new URL(owner).username}'::regrole`,
      ),
    ).toEqual([]);
    await query(owner, 'agent', 'alter table leases add column note text');
  });

  it('gives a role the new password of its URL', async () => {
    const settings = {
      DATABASE_ADMIN_URL: database.url,
      DATABASE_OWNER_URL: urlOf('owner'),
      DATABASE_URL: urlOf('agent'),
    };
    await run(TOOL, ['agent'], settings);
    const changed = settings.DATABASE_URL.replace('password-of-agent', 'another-password');
    const { out } = await run(TOOL, ['agent'], { ...settings, DATABASE_URL: changed });

    expect(out).toMatch(/^agent: gave the role test_\w+_agent the password of its URL$/m);
    expect(await query(changed, 'agent', 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  it('is the same in the image of a service', async () => {
    const { url, ownerUrl } = await database.loginsOf('health');
    const settings = { ENVIRONMENT: 'production', DATABASE_URL: url, DATABASE_OWNER_URL: ownerUrl };
    const first = await run(IMAGE, ['--migrate'], settings);

    expect(first).toMatchObject({ code: 0, err: '' });
    expect(first.out).toMatch(/^health: ran the migration HealthTables\d+$/m);
    expect(await query(url, 'health', 'select from alerts')).toEqual([]);
    expect((await run(IMAGE, ['--migrate'], settings)).out).toBe('health: the database is up to date.\n');
  });

  it('says what an administrator has to run when the owner may not make a role', async () => {
    const { ownerUrl } = await database.loginsOf('health');
    const missing = new URL(ownerUrl);
    missing.username = 'nobody_made_this';
    const settings = { DATABASE_URL: missing.href, DATABASE_OWNER_URL: ownerUrl };

    for (const [program, args] of [[TOOL, ['health']] as const, [IMAGE, ['--migrate']] as const]) {
      const { code, err } = await run(program, args, settings);
      expect(code).toBe(1);
      expect(err).toMatch(/\n {2}create role "nobody_made_this" login .*;\n$/);
      expect(err).not.toContain(missing.password);
    }
  });

  it.each([
    { what: 'an option that there is not', args: ['--fast'], message: /--fast[^]*--help says more/ },
    { what: 'a service that there is not', args: ['agents'], message: /no service "agents"; there are agent, health/ },
    {
      what: 'a URL that is none',
      args: [],
      settings: { DATABASE_URL: 'mysql://me:hunter2@db' },
      message: /DATABASE_URL has no correct value \(not shown\)/,
    },
    {
      what: 'an owner without a service',
      args: ['agent'],
      settings: { DATABASE_OWNER_URL: 'postgresql://o@db/x' },
      message: /neither AGENT_DATABASE_URL nor DATABASE_URL/,
    },
    {
      what: 'an option that the image does not know',
      program: IMAGE,
      args: ['--migrat'],
      message: /--migrat[^]*Usage: node main\.js/,
    },
  ])('refuses $what', async ({ program = TOOL, args, settings = {}, message }) => {
    const { code, err } = await run(program, args, settings);

    expect(code).toBe(2);
    expect(err).toMatch(message);
    expect(err).not.toContain('hunter2');
  });

  it.each([
    ['npm run migrate', TOOL],
    ['the image of a service', IMAGE],
  ])('is explained by %s', async (_, program) => {
    const { code, out } = await run(program, ['--help'], {});

    expect(code).toBe(0);
    for (const name of ['DATABASE_URL', 'DATABASE_OWNER_URL', 'DATABASE_ADMIN_URL', 'BACKUP_DATABASE_URL']) {
      expect(out).toContain(name);
    }
  });
});
