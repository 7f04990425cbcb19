import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { metrics as metricsApi } from '@opentelemetry/api';
import { agentId, correlationId, streamId, tenantId, type StreamId, type TenantId } from '#libs/kernel';
import type { AgentDefinition, Detector, Finding } from '#libs/agent-kit';
import { businessSettingsSchema, type BusinessSettings } from '#libs/business-settings';
import {
  canonicalJson,
  createCheckpoint,
  Database,
  fingerprintOf,
  migrate,
  PostgresEventStore,
  readCheckpoint,
  readModelDataSource,
  START,
  Subscription,
  type RecordedEvent,
} from '#libs/event-store';
import { createLogger, createMetrics } from '#libs/observability';
import { createTestDatabase, eventually, fixedClock, sequentialIds, type TestDatabase } from '#libs/testing';
import { Decisions2026112200011 } from '../../migrations/0002-decisions.ts';
import { Agents2026112300010 } from '../../migrations/0010-agents.ts';
import { SETTINGS_CHANGED, settingsStreamId } from '../settings-events.ts';
import { agentCheckpoint, AgentRun, type AgentRunTools } from './agent-run.ts';
import { rulesOnly } from './domain/decision-maker.ts';
import { recordedDecisionSchema } from './finding-events.ts';
import { situationProjection, situationRows } from './read-models/situations/situation.projection.ts';

jest.setTimeout(60_000);

type Book = { stock: Map<string, number>; entered: number };
const HOME = tenantId('demo');
const DAY_MS = 86_400_000;
const START_MS = Date.parse('2026-03-02T08:00:00Z');

const found = (subject: string, state: string, grade: number): Finding => ({
  subject,
  state,
  grade,
  evidence: { figures: [{ name: 'state', value: state }], positions: [] },
  byRules: () => ({
    action: { kind: 'publish-report', report: 'spec', from: '2026-01-01', to: '2026-01-01' },
    confidence: 0.9,
    reasoning: `${subject} is ${state}`,
  }),
});

const low: Detector<Book> = {
  id: 'low',
  decisionType: 'low_stock_alert',
  kind: 'situation',
  onFact: {
    types: ['steward.inventory.stock-moved.v1'],
    look: ({ book, fact, settings }) => {
      if (fact.type !== 'steward.inventory.stock-moved.v1') return { looked: [], findings: [] };
      const subject = `item:${fact.data.sku}`;
      const stock = book.stock.get(fact.data.sku) ?? 0;
      const state = stock <= 0 ? 'out' : stock < settings.agents.inventory.orderCost ? 'low' : undefined;
      return {
        looked: [subject],
        findings: state === undefined ? [] : [found(subject, state, state === 'out' ? 2 : 1)],
      };
    },
  },
};
const daily: Detector<Book> = {
  id: 'daily',
  decisionType: 'daily_report',
  kind: 'occurrence',
  onSchedule: {
    schedule: { every: 'day', at: '06:00' },
    look: ({ window, book }) => ({ looked: [], findings: [found(`day:${window.id}`, `${book.entered} entered`, 1)] }),
  },
};
const broken: Detector<Book> = {
  id: 'broken',
  decisionType: 'never',
  kind: 'occurrence',
  onFact: {
    types: ['steward.inventory.stock-moved.v1'],
    look: () => {
      throw new Error('it divides by zero');
    },
  },
};

function agentWith(...detectors: Detector<Book>[]): AgentDefinition<Book> {
  return {
    id: agentId('spec_agent'),
    name: 'Spec agent',
    handles: ['steward.inventory.stock-moved.v1'],
    detectors,
    isEnabled: () => true,
    bookKeeping: {
      version: 1,
      open: () => ({ stock: new Map(), entered: 0 }),
      enter: (book, fact) => {
        if (fact.type !== 'steward.inventory.stock-moved.v1') return;
        book.entered += 1;
        book.stock.set(fact.data.sku, (book.stock.get(fact.data.sku) ?? 0) + fact.data.quantity.value);
      },
    },
  };
}

const signal = new AbortController().signal;

/** The log of one installation, and agents that begin anew whenever they are opened. */
class Installation {
  readonly store: PostgresEventStore;
  readonly database: Database;
  readonly clock = fixedClock('2026-06-01T00:00:00Z');
  /** What was added to the metric of assessments. */
  readonly counted: string[] = [];
  private readonly tools: AgentRunTools;
  private readonly situations: Subscription;
  private readonly server: TestDatabase;

  private constructor(server: TestDatabase) {
    this.server = server;
    this.database = new Database({ url: server.url, schema: 'agent', applicationName: 'spec' });
    const ids = sequentialIds();
    const { database } = this;
    this.store = new PostgresEventStore({ database, ids });
    this.situations = new Subscription({ database, store: this.store, subscriber: situationProjection, pollMs: 20 });
    this.tools = {
      ...{ database, store: this.store, ids, clock: this.clock, maker: rulesOnly, home: HOME },
      logger: createLogger({ service: 'spec', level: 'fatal', instanceId: 'spec' }),
      metrics: {
        ...createMetrics(metricsApi.getMeter('spec')),
        assessments: {
          add: (count, { outcome }) => {
            this.counted.push(`${count} ${outcome}`);
          },
        },
      },
    };
  }

  static async open(): Promise<Installation> {
    const server = await createTestDatabase();
    const migrations = [Decisions2026112200011, Agents2026112300010];
    const models = { url: server.url, schema: 'agent', applicationName: 'spec', entities: [], migrations };
    const dataSource = await readModelDataSource(models).initialize();
    await migrate(dataSource, models);
    await dataSource.destroy();
    const installation = new Installation(server);
    await installation.situations.start();
    await createCheckpoint(installation.database, agentCheckpoint('spec_agent'), 1);
    return installation;
  }

  async close(): Promise<void> {
    await this.situations.stop();
    await this.database.close();
    await this.server.drop();
  }

  async moved(sku: string, value: number, occurredAtMs: number, tenant: TenantId = HOME): Promise<void> {
    const data = { sku, movement: 'adjustment', quantity: { value, unit: 'each' } };
    await this.append(tenant, { stream: streamId('item', sku), type: 'inventory.stock-moved', data, occurredAtMs });
  }

  async settingsChanged(settings: BusinessSettings, tenant: TenantId = HOME): Promise<void> {
    const data = { settings, origin: 'api', contentHash: fingerprintOf(canonicalJson(settings)) };
    await this.append(tenant, { stream: settingsStreamId(), type: SETTINGS_CHANGED, data, occurredAtMs: START_MS });
  }

  /** As the runner does it: the situations are known up to the log's end before an agent begins. */
  async agent(definition = agentWith(low, daily)): Promise<AgentRun<Book>> {
    const head = await this.store.head();
    await eventually(async () => {
      const { name, version } = situationRows;
      expect((await readCheckpoint(this.database, name, version)).position).toBeGreaterThanOrEqual(head);
    });
    return AgentRun.open(definition, this.tools);
  }

  async events(type: string): Promise<readonly RecordedEvent[]> {
    return (await this.store.readAll({ after: START, limit: 10_000 })).filter((event) => event.type === type);
  }

  async decided(): Promise<string[]> {
    return (await this.events('agent.decision-made')).map(({ data, tenant }) => {
      const { finding, subjectRef, businessTime } = recordedDecisionSchema.parse(data);
      return `${tenant} ${businessTime?.slice(0, 16) ?? ''} ${subjectRef} ${finding?.change ?? ''} ${finding?.state ?? ''}`;
    });
  }

  private async append(
    tenant: TenantId,
    {
      stream,
      type,
      data,
      occurredAtMs,
    }: Readonly<{ stream: StreamId; type: string; data: object; occurredAtMs: number }>,
  ): Promise<void> {
    await this.store.append({
      tenant,
      streamId: stream,
      expected: 'any',
      events: [{ type, typeVersion: 1, data }],
      metadata: { correlationId: correlationId('c'), actor: 'spec', occurredAt: new Date(occurredAtMs).toISOString() },
    });
  }
}

async function runToTheEnd(run: AgentRun<Book>): Promise<void> {
  while ((await run.next(signal)).hasMore);
}

/** Ten days of two items that run low, out and full again; told what happens after each step. */
async function tenDays(installation: Installation, afterEach: () => Promise<void>): Promise<void> {
  for (let day = 0; day < 10; day += 1) {
    const at = START_MS + day * DAY_MS;
    await installation.moved('A', day % 4 === 0 ? 100 : -30, at);
    await installation.moved('B', day % 3 === 0 ? 60 : -25, at + 3_600_000);
    await afterEach();
    await installation.moved('A', day % 4 === 0 ? -30 : -5, at + 7_200_000);
    await afterEach();
  }
}

let installation: Installation;
beforeEach(async () => {
  installation = await Installation.open();
});
afterEach(() => installation.close());

describe('an agent at work', () => {
  it('decides the same, each situation once, however often it is killed and started again', async () => {
    await tenDays(installation, () => Promise.resolve());
    await runToTheEnd(await installation.agent());
    const expected = await installation.decided();
    expect(expected.length).toBeGreaterThan(12);
    expect(new Set(expected).size).toBe(expected.length);

    const interrupted = await Installation.open();
    let steps = 0;
    await tenDays(interrupted, async () => {
      const run = await interrupted.agent();
      await runToTheEnd(run);
      steps += 1;
      if (steps % 3 === 0) await run.save();
    });
    expect(await interrupted.decided()).toEqual(expected);
    await interrupted.close();
  });

  it('is refused when another instance has assessed meanwhile, and nothing of it is kept', async () => {
    await tenDays(installation, () => Promise.resolve());
    const [one, other] = [await installation.agent(), await installation.agent()];
    await runToTheEnd(one);
    const expected = await installation.decided();

    await expect(other.next(signal)).rejects.toThrow('Another instance has assessed beyond position 0');

    expect(await installation.decided()).toEqual(expected);
  });

  it('gives each turn of a schedule once, over many instances and restarts', async () => {
    await tenDays(installation, async () => {
      for (let instance = 0; instance < 3; instance += 1) await runToTheEnd(await installation.agent(agentWith(daily)));
    });
    const days = (await installation.decided()).map((line) => line.split(' ')[2]);
    expect(days).toEqual(Array.from({ length: 9 }, (_, day) => `day:2026-03-${String(day + 3).padStart(2, '0')}`));
  });

  it('keeps businesses apart', async () => {
    const other = tenantId('other');
    await installation.moved('A', -1, START_MS);
    await installation.moved('A', 500, START_MS, other);
    await runToTheEnd(await installation.agent(agentWith(low)));
    expect(await installation.decided()).toEqual(['demo 2026-03-02T08:00 item:A opened out']);
  });

  it('goes by new settings from their place in the log on, also after a restart', async () => {
    const settings = businessSettingsSchema.parse({
      business: { name: 'Spec', type: 'retail' },
      agents: { inventory: { orderCost: 10 } },
    });
    await installation.settingsChanged(settings);
    await installation.moved('A', 20, START_MS);
    await installation.settingsChanged({
      ...settings,
      agents: { ...settings.agents, inventory: { ...settings.agents.inventory, orderCost: 30 } },
    });
    await runToTheEnd(await installation.agent(agentWith(low)));
    expect(await installation.decided()).toEqual([]);

    await installation.moved('B', 20, START_MS);
    await runToTheEnd(await installation.agent(agentWith(low)));
    expect(await installation.decided()).toEqual(['demo 2026-03-02T08:00 item:B opened low']);
  });

  it('tells of a detector that fails, and goes on with the others', async () => {
    await installation.moved('A', -1, START_MS);
    const run = await installation.agent(agentWith(broken, low));

    expect(await run.next(signal)).toMatchObject({ failedLooks: 1 });

    await installation.moved('A', -1, START_MS + 1_000);
    await run.next(signal);
    const failures = await installation.events('agent.assessment-failed');
    const reason = 'broken: it divides by zero';
    expect(failures.map(({ data }) => data)).toMatchObject([
      { agentId: 'spec_agent', reason, consecutiveFailures: 1 },
      { agentId: 'spec_agent', reason, consecutiveFailures: 2 },
    ]);
    expect(await installation.events('agent.assessment-completed')).toEqual([]);
    expect(installation.counted).toContain('1 look-failed');
    expect(await installation.decided()).toEqual(['demo 2026-03-02T08:00 item:A opened out']);
  });

  it('looks at the morning after the last day of a history that was loaded', async () => {
    await installation.moved('A', 500, START_MS);
    const run = await installation.agent(agentWith(daily));
    await runToTheEnd(run);
    expect(await installation.decided()).toEqual([]);
    installation.clock.advance(11_000);
    await runToTheEnd(run);
    expect(await installation.decided()).toEqual(['demo 2026-03-03T06:00 day:2026-03-03 opened 1 entered']);
  });

  it.each([
    ['begins with the books that were saved, and reads of the log only what came after them', 1, ['E']],
    ['reads the whole log when its book has another form now', 2, ['A', 'B', 'C', 'D', 'E']],
  ])('%s', async (_name, version, expected) => {
    for (const [place, sku] of ['A', 'B', 'C', 'D'].entries()) await installation.moved(sku, 500, START_MS + place);
    const first = await installation.agent();
    await runToTheEnd(first);
    await first.save();

    await installation.moved('E', -1, START_MS + DAY_MS);
    const entered: string[] = [];
    const plain = agentWith(low);
    const watched: AgentDefinition<Book> = {
      ...plain,
      bookKeeping: {
        ...plain.bookKeeping,
        version,
        enter: (book, fact, settings) => {
          if (fact.type === 'steward.inventory.stock-moved.v1') entered.push(fact.data.sku);
          plain.bookKeeping.enter(book, fact, settings);
        },
      },
    };
    const again = await installation.agent(watched);
    await runToTheEnd(again);

    expect(entered).toEqual(expected);
    expect((await installation.decided()).at(-1)).toBe('demo 2026-03-03T08:00 item:E opened out');
  });
});
