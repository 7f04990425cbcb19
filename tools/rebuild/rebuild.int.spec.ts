import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Database, migrate, PostgresEventStore, readModelDataSource, Subscription } from '#libs/event-store';
import { DecisionMadeV1 } from '#libs/contracts';
import { correlationId, streamId, tenantId } from '#libs/kernel';
import { createTestDatabase, eventually, sequentialIds, type TestDatabase } from '#libs/testing';
import { situationProjection } from '../../apps/agent-service/src/agents/read-models/situations/situation.projection.ts';
import { serviceMigrations } from '../migrate/service-migrations.ts';

const ROOT = join(import.meta.dirname, '../..');
const SITUATIONS = 30;

jest.setTimeout(60_000);

const decisionAbout = (number: number) => ({
  ...DecisionMadeV1.sample,
  subjectRef: `item:${number}`,
  evidencePositions: [1],
  finding: {
    key: `reorder:item:${number}`,
    detector: 'reorder',
    kind: 'situation',
    change: 'opened',
    state: 'low',
    grade: 2,
  },
});

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
    for (let number = 0; number < SITUATIONS; number += 1) {
      await store.append({
        tenant: tenantId('demo'),
        streamId: streamId('finding', `inventory_agent:reorder:${number}`),
        expected: 'no-stream',
        events: [{ type: 'agent.decision-made', typeVersion: 1, data: decisionAbout(number) }],
        metadata: { correlationId: correlationId('c'), actor: 'spec', occurredAt: '2026-01-01T12:00:00.000Z' },
      });
    }
    subscription = new Subscription({ database, store, subscriber: situationProjection, pollMs: 50 });
    await subscription.start();
    await eventually(async () => {
      expect(await database.query('select 1 from situations')).toHaveLength(SITUATIONS);
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
        `agent.situations  table situations: version 1 at position ${SITUATIONS}; this release has version 1`,
      ),
    });
    expect(out).toContain('agent.stock-levels  table stock_levels: never folded');
  });

  it('rebuilds one, switches, and rolls back', async () => {
    const rebuilt = await run('agent', 'situations', '--yes');
    expect(rebuilt).toMatchObject({ code: 0, err: '' });
    expect(rebuilt.out).toContain(`Old and new rows at position ${SITUATIONS}: all ${SITUATIONS} rows are the same.`);
    expect(rebuilt.out).toContain('situations shows version 1 now.');

    const rolledBack = await run('agent', 'situations', '--roll-back', '--yes');
    expect(rolledBack).toMatchObject({ code: 0, err: '' });
    expect(rolledBack.out).toContain('situations shows version 1 as of position 30');
    expect(await database.query('select 1 from situations')).toHaveLength(SITUATIONS);
  });

  it('shows planted differences, switches nothing, and says how to go on', async () => {
    await database.query("update situations set is_open = false where stream_id like '%reorder:7'");

    const refused = await run('agent', 'situations', '--yes');
    expect(refused).toMatchObject({ code: 1, err: expect.stringContaining('--accept-differences') });
    const compared = await run('agent', 'situations', '--compare-only');
    expect(compared).toMatchObject({ code: 0 });
    expect(compared.out).toContain('0 rows missing, 0 more, 1 differing');
    expect(compared.out).toContain('old {"is_open":false}');
    expect(await database.query('select 1 from situations where not is_open')).toHaveLength(1);

    expect(await run('agent', 'situations', '--yes', '--accept-differences')).toMatchObject({ code: 0 });
    expect(await database.query('select 1 from situations where not is_open')).toHaveLength(0);
  });

  it.each([
    [['agent', 'nothing'], 'agent has no projection "nothing"; it has agent.stock-levels'],
    [['agent', 'situations'], 'Nobody can be asked here: add --yes'],
  ])('refuses %j', async (args, message) => {
    expect(await run(...args)).toMatchObject({ code: 2, err: expect.stringContaining(message) });
  });
});
