import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { chmod } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPostgres, type EmbeddedPostgres } from '#libs/embedded-servers';
import { Database, migrateService, PostgresEventStore } from '#libs/event-store';
import { correlationId, streamId, tenantId } from '#libs/kernel';
import { sequentialIds } from '#libs/testing';
import { serviceMigrations } from '../../tools/migrate/service-migrations.ts';
import { DATABASE, localLogins, POSTGRES_FOLDER, runningLocalLogins, type LocalLogins } from './local-logins.ts';
import { prepareDatabase } from './prepare-database.ts';

const ROOT = join(import.meta.dirname, '../..');

jest.setTimeout(60_000);

/** What the launcher does on data of before services had roles: everything belongs to the superuser. */
describe('an installation without roles', () => {
  let folder: string;
  let server: EmbeddedPostgres;
  let logins: LocalLogins;
  const prepare = () =>
    prepareDatabase({ root: ROOT, names: ['agent', 'recovery'], adminUrl: server.urlOf(DATABASE), logins });

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'steward-local-'));
    await chmod(folder, 0o755);
    server = await startPostgres({ dataDir: join(folder, POSTGRES_FOLDER), fast: true });
    await server.createDatabase(DATABASE);
    const url = server.urlOf(DATABASE);
    await migrateService({ url, schema: 'agent', migrations: await serviceMigrations(ROOT, 'agent') });
    await withStore(url, append);
  });
  afterAll(async () => {
    await server.kill9();
    rmSync(folder, { recursive: true, force: true });
  });

  async function withStore<Result>(url: string, work: (store: PostgresEventStore) => Promise<Result>): Promise<Result> {
    const database = new Database({ url, schema: 'agent', applicationName: 'spec' });
    const store = new PostgresEventStore({ database, ids: sequentialIds() });
    try {
      return await work(store);
    } finally {
      await store.close();
      await database.close();
    }
  }

  async function append(store: PostgresEventStore): Promise<number> {
    await store.append({
      tenant: tenantId('demo'),
      streamId: streamId('item', 'flour'),
      expected: 'any',
      events: [{ type: 'counted', typeVersion: 1, data: { number: 1 } }],
      metadata: { correlationId: correlationId('c-1'), actor: 'spec', occurredAt: '2026-01-01T12:00:00.000Z' },
    });
    return store.head();
  }

  it('is not known to tools before it has logins', () => {
    expect(runningLocalLogins(folder)).toBeUndefined();
  });

  it('gets them, and its services go on from the same data', async () => {
    logins = localLogins(folder, server.port);
    const done = await prepare();

    expect(done).toContain('agent: made the role steward_agent');
    expect(done).toContainEqual(expect.stringMatching(/^agent: gave \d+ things in agent to steward_owner$/));
    expect(await withStore(logins.services.agent, append)).toBe(2);
    // Who may not look into a schema finds nothing there.
    await expect(withStore(logins.services.recovery, append)).rejects.toThrow(/does not exist/);
  });

  it('has nothing to do at the next start, and is known to tools while it runs', async () => {
    expect(await prepare()).toEqual([]);
    expect(runningLocalLogins(folder)).toEqual(logins);

    await server.stop();
    expect(runningLocalLogins(folder)).toBeUndefined();
  });
});
