import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Database, migrate, PostgresEventStore, readModelDataSource, Subscription } from '#libs/event-store';
import { correlationId, streamId, tenantId } from '#libs/kernel';
import { createTestDatabase, eventually, sequentialIds, type TestDatabase } from '#libs/testing';
import { findingProjection } from '../../apps/agent-service/src/agents/read-models/findings/finding.projection.ts';
import { serviceMigrations } from '../migrate/service-migrations.ts';

const ROOT = join(import.meta.dirname, '../..');
const FINDINGS = 30;

jest.setTimeout(60_000);

describe('npm run rebuild', () => {
  let server: TestDatabase;
  let database: Database;
  let subscription: Subscription;

  beforeAll(async () => {
    server = await createTestDatabase();
    const setUp = { url: server.url, schema: 'agent', applicationName: 'spec', entities: [] };
    const models = { ...setUp, migrations: await serviceMigrations(ROOT, 'agent') };
    const dataSource = await readModelDataSource(models).initialize();
    await migrate(dataSource, models);
    await dataSource.destroy();
    database = new Database(setUp);
    const store = new PostgresEventStore({ database, ids: sequentialIds() });
    for (let number = 0; number < FINDINGS; number += 1) {
      await store.append({
        tenant: tenantId('demo'),
        streamId: streamId('finding', `inventory_agent:reorder:${number}`),
        expected: 'no-stream',
        events: [{ type: 'agent.decision-made', typeVersion: 1, data: {} }],
        metadata: { correlationId: correlationId('c'), actor: 'spec', occurredAt: '2026-01-01T12:00:00.000Z' },
      });
    }
    subscription = new Subscription({ database, store, subscriber: findingProjection, pollMs: 50 });
    await subscription.start();
    await eventually(async () => {
      expect(await database.query('select 1 from findings')).toHaveLength(FINDINGS);
    });
  });
  afterAll(async () => {
    await subscription.stop();
    await database.close();
    await server.drop();
  });

  async function run(...args: string[]): Promise<{ code: number; out: string; err: string }> {
    const child = spawn(process.execPath, ['tools/rebuild.ts', ...args], {
      cwd: ROOT,
      env: { PATH: process.env['PATH'], DATABASE_URL: server.url },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const exit = once(child, 'exit');
    const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
    await exit;
    return { code: child.exitCode ?? -1, out, err };
  }

  it('lists the projections of a service', async () => {
    const { code, out } = await run('agent');
    expect({ code, out }).toEqual({
      code: 0,
      out: expect.stringContaining(
        `agent.findings  table findings: version 1 at position ${FINDINGS}; this release has version 1`,
      ),
    });
    expect(out).toContain('agent.stock-levels  table stock_levels: never folded');
  });

  it('rebuilds one, switches, and rolls back', async () => {
    const rebuilt = await run('agent', 'findings', '--yes');
    expect(rebuilt).toMatchObject({ code: 0, err: '' });
    expect(rebuilt.out).toContain(`Old and new rows at position ${FINDINGS}: all ${FINDINGS} rows are the same.`);
    expect(rebuilt.out).toContain('findings shows version 1 now.');

    const rolledBack = await run('agent', 'findings', '--roll-back', '--yes');
    expect(rolledBack).toMatchObject({ code: 0, err: '' });
    expect(rolledBack.out).toContain('findings shows version 1 as of position 30');
    expect(await database.query('select 1 from findings')).toHaveLength(FINDINGS);
  });

  it('shows planted differences, switches nothing, and says how to go on', async () => {
    await database.query("update findings set is_decided = false where stream_id like '%reorder:7'");

    const refused = await run('agent', 'findings', '--yes');
    expect(refused).toMatchObject({ code: 1, err: expect.stringContaining('--accept-differences') });
    const compared = await run('agent', 'findings', '--compare-only');
    expect(compared).toMatchObject({ code: 0 });
    expect(compared.out).toContain('0 rows missing, 0 more, 1 differing');
    expect(compared.out).toContain('old {"is_decided":false}');
    expect(await database.query('select 1 from findings where not is_decided')).toHaveLength(1);

    expect(await run('agent', 'findings', '--yes', '--accept-differences')).toMatchObject({ code: 0 });
    expect(await database.query('select 1 from findings where not is_decided')).toHaveLength(0);
  });

  it.each([
    [['agent', 'nothing'], 'agent has no projection "nothing"; it has agent.stock-levels'],
    [['agent', 'findings'], 'Nobody can be asked here: add --yes'],
  ])('refuses %j', async (args, message) => {
    expect(await run(...args)).toMatchObject({ code: 2, err: expect.stringContaining(message) });
  });
});
