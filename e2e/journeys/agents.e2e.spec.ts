import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Assessor, type Assessed } from '#libs/agent-kit';
import { readSettingsFile } from '#libs/business-settings';
import {
  Database,
  position,
  PostgresEventStore,
  readCheckpoint,
  START,
  type EventStore,
  type RecordedEvent,
} from '#libs/event-store';
import { spawnOwned, type OwnedProcess } from '#libs/embedded-servers';
import { tenantId } from '#libs/kernel';
import { eventually, sequentialIds } from '#libs/testing';
import { agentCheckpoint } from '../../apps/agent-service/src/agents/agent-run.ts';
import { loggedFactOf } from '../../apps/agent-service/src/agents/logged-fact.ts';
import { recordedDecisionSchema } from '../../apps/agent-service/src/agents/finding-events.ts';
import { DATABASE } from '../../deploy/local/local-logins.ts';
import type { Label } from '../../simulation/label.ts';
import { AGENTS } from '../../tools/evaluate/agents.ts';
import { startSystem, type RunningSystem } from './running-system.ts';

jest.setTimeout(240_000);

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const RESTAURANT = join(ROOT, 'config', 'restaurant.yaml');
const HISTORY_DAYS = 40;

type Decided = Readonly<{ agentId: string; key: string; state: string; at: string }>;

describe('three agents on a simulated restaurant, killed in the middle', () => {
  let system: RunningSystem;
  let folder: string;
  let database: Database;
  let store: EventStore;

  const simulate = (...more: string[]): Promise<OwnedProcess> =>
    spawnOwned(process.execPath, {
      args: [
        join(ROOT, 'simulation', 'main.ts'),
        ...['--url', system.services.agent.url, '--labels', join(folder, 'labels'), '--state', join(folder, 'state')],
        ...['--history', String(HISTORY_DAYS), '--seed', '5', ...more],
      ],
      cwd: ROOT,
      env: { PATH: process.env['PATH'] },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  const log = async (): Promise<readonly RecordedEvent[]> => {
    const events: RecordedEvent[] = [];
    for (let after = START; ;) {
      const more = await store.readAll({ after, limit: 2_000 });
      const last = more.at(-1);
      if (!last) return events;
      events.push(...more);
      after = position(last.position);
    }
  };
  const decided = async (): Promise<readonly Decided[]> =>
    (await log())
      .filter(({ type }) => type === 'agent.decision-made')
      .map(({ data }) => {
        const { agentId, finding, businessTime } = recordedDecisionSchema.parse(data);
        return { agentId, key: finding?.key ?? '', state: finding?.state ?? '', at: businessTime ?? '' };
      });
  const assessedAll = async (): Promise<void> => {
    const facts = (await log()).filter((event) => loggedFactOf(event) !== undefined);
    const last = facts.at(-1)?.position ?? 0;
    await eventually(
      async () => {
        for (const { id } of AGENTS) {
          expect((await readCheckpoint(database, agentCheckpoint(id), 1)).position).toBeGreaterThanOrEqual(last);
        }
      },
      { withinMs: 60_000 },
    );
  };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'steward-agents-'));
    system = await startSystem({ BUSINESS_SETTINGS: RESTAURANT });
    database = new Database({ url: system.postgres.urlOf(DATABASE), schema: 'agent', applicationName: 'spec' });
    store = new PostgresEventStore({ database, ids: sequentialIds() });
  });
  afterAll(async () => {
    await database.close();
    await system.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('each decides something that was planted, while it is killed and started again', async () => {
    const history = await simulate('--days', String(HISTORY_DAYS + 1), '--speed', '20000');
    for (let kill = 0; kill < 3; kill += 1) {
      const before = (await decided()).length;
      await eventually(
        async () => {
          expect((await decided()).length).toBeGreaterThan(before + 20);
        },
        { withinMs: 60_000 },
      );
      await system.services.agent.kill9();
      await system.services.agent.start();
    }
    await history.exited;
    await assessedAll();

    const labels = readFileSync(join(folder, 'labels'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Label);
    const answered = new Set<string>();
    for (const { type, data } of await log()) {
      if (type !== 'agent.decision-made') continue;
      const { agentId, decisionType, subjectRef } = recordedDecisionSchema.parse(data);
      if (labels.some((label) => label.subjectRef === subjectRef && label.decisionTypes.includes(decisionType)))
        answered.add(agentId);
    }
    expect([...answered].toSorted()).toEqual(['accounting_agent', 'hr_agent', 'inventory_agent']);
  });

  it('decides nothing twice, forgets nothing: exactly what the log leads to without any interruption', async () => {
    const { settings } = readSettingsFile(RESTAURANT);
    const facts = (await log()).flatMap((event) => loggedFactOf(event) ?? []);
    const expected = AGENTS.flatMap((any) =>
      any.use((agent) => {
        const assessor = new Assessor(agent, tenantId('demo'), { settings });
        const handled = new Set<string>(agent.handles);
        return facts
          .filter(({ type }) => handled.has(type))
          .flatMap((fact): readonly Assessed[] => assessor.take(fact))
          .flatMap((one) =>
            one.kind === 'decide'
              ? [{ agentId: agent.id, key: one.key, state: one.finding.state, at: new Date(one.atMs).toISOString() }]
              : [],
          );
      }),
    );
    const lastFactAt = new Date(Math.max(...facts.map(({ occurredAtMs }) => occurredAtMs))).toISOString();
    // What schedules asked for after the last fact has come by the clock on the wall.
    const made = (await decided()).filter(({ at }) => at <= lastFactAt);

    expect(expected.length).toBeGreaterThan(100);
    for (const { id } of AGENTS) {
      expect(made.filter(({ agentId }) => agentId === id)).toEqual(expected.filter(({ agentId }) => agentId === id));
    }
  });

  it('stopped and started again, it decides nothing anew', async () => {
    const before = await decided();
    await system.services.agent.stop();
    await system.services.agent.start();
    await assessedAll();
    expect((await decided()).slice(0, before.length)).toEqual(before);
    const keys = (await decided()).map(({ agentId, key, state, at }) => `${agentId} ${key} ${state} ${at}`);
    expect(new Set(keys).size).toBe(keys.length);
  });
});
