import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import {
  agentItemSchema,
  decisionDetailSchema,
  decisionPageSchema,
  heartbeatSchema,
  heartbeatSubject,
  ingestResultSchema,
  parseStructured,
  stockPageSchema,
  type DecisionItem,
} from '#libs/contracts';
import { claudeAnswers, eventually, startFakeClaude, type FakeClaude } from '#libs/testing';
import { kill, openSurroundings, type RunningService, type Surroundings } from './running-service.contract.ts';

const PATIENCE = { withinMs: 20_000, everyMs: 20 };
const AGENT = 'inventory_agent';
const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736';

jest.setTimeout(60_000);

let surroundings: Surroundings;
let service: RunningService;
let claude: FakeClaude;
let counter = 0;

beforeAll(async () => {
  claude = await startFakeClaude();
  surroundings = await openSurroundings();
  service = await surroundings.start({ INSTANCE_ID: 'first' });
}, 60_000);

afterAll(async () => {
  await surroundings.close();
  await claude.close();
}, 30_000);

/** Publishes one business event, and tells where in the log it is. */
async function publish(type: string, data: object, headers: Readonly<Record<string, string>> = {}): Promise<number> {
  counter += 1;
  const answer = await fetch(`${service.url}/v1/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/cloudevents+json', ...headers },
    body: JSON.stringify({
      specversion: '1.0',
      id: `event-${counter}`,
      source: '/spec',
      type: `steward.${type}.v1`,
      time: '2026-11-22T09:30:00Z',
      data,
    }),
  });
  expect(answer.status).toBe(202);
  return ingestResultSchema.parse(await answer.json()).position ?? 0;
}

const each = (value: number) => ({ value, unit: 'each' });

/** An item with a reorder point of 10 and a usual order of 40. */
const register = (sku: string) =>
  publish('inventory.item-registered', {
    sku,
    name: `Item ${sku}`,
    category: 'vegetables',
    unit: 'each',
    unitCost: { amount: 250, currency: 'USD' },
    reorderPoint: 10,
    reorderQuantity: 40,
  });

const move = (sku: string, movement: 'in' | 'out', quantity: number, headers: Readonly<Record<string, string>> = {}) =>
  publish('inventory.stock-moved', { sku, movement, quantity: each(quantity) }, headers);

/** Puts so much into stock and registers the item, in the eyes of the agent. */
async function stocked(sku: string, quantity: number): Promise<void> {
  await move(sku, 'in', quantity);
  await assessedUpTo(await register(sku));
}

async function get(path: string): Promise<unknown> {
  const answer = await fetch(`${service.url}${path}`);
  expect(answer.status).toBe(200);
  return answer.json();
}

async function decisionsOn(sku: string): Promise<readonly DecisionItem[]> {
  return decisionPageSchema.parse(await get(`/v1/decisions?subject=item:${sku}&limit=200`)).data;
}

/** Waits for so many decisions on an item, newest first. */
async function decided(sku: string, times: number): Promise<readonly DecisionItem[]> {
  return eventually(async () => {
    const decisions = await decisionsOn(sku);
    expect(decisions).toHaveLength(times);
    return decisions;
  }, PATIENCE);
}

/** Until the agent has finished an assessment of the log up to there. */
async function assessedUpTo(position: number): Promise<void> {
  await eventually(async () => {
    const rows = await surroundings.query(
      `select 1 from events where type = 'agent.assessment-completed' and data->>'agentId' = 'inventory_agent'
         and (data->>'logPosition')::bigint >= $1`,
      [position],
    );
    expect(rows.length).toBeGreaterThan(0);
  }, PATIENCE);
}

/** How often the log says that something was decided about an item, whatever the read models say. */
async function decisionsInTheLog(sku: string): Promise<number> {
  const rows = await surroundings.query(
    `select 1 from events where type = 'agent.decision-made' and data->>'subjectRef' = $1`,
    [`item:${sku}`],
  );
  return rows.length;
}

/** Holds the checkpoint of the situations meanwhile, as a slow projection would. */
async function whileSituationsStandStill<Result>(work: () => Promise<Result>): Promise<Result> {
  await surroundings.query('begin');
  try {
    await surroundings.query("select 1 from checkpoints where name = 'agent.situations' for update");
    return await work();
  } finally {
    await surroundings.query('commit');
  }
}

async function failures(): Promise<readonly number[]> {
  const rows = await surroundings.query(
    `select (data->>'consecutiveFailures')::int as count from events
     where type = 'agent.assessment-failed' and data->>'agentId' = 'inventory_agent' order by position`,
  );
  return rows.map(({ count }) => Number(count));
}

const theAgent = async () => agentItemSchema.parse(await get(`/v1/agents/${AGENT}`));

async function turn(what: 'pause' | 'resume'): Promise<void> {
  const answer = await fetch(`${service.url}/v1/agents/${AGENT}/${what}`, { method: 'POST' });
  expect(answer.status).toBe(200);
}

/** The next so many heartbeats of the agent. */
async function heartbeats(count: number): Promise<readonly string[]> {
  const heard: string[] = [];
  const stop = surroundings.bus.subscribe(heartbeatSubject('agent', AGENT), ({ text }) => {
    heard.push(heartbeatSchema.parse(JSON.parse(text)).status);
  });
  try {
    await eventually(() => heard.length >= count, PATIENCE);
  } finally {
    stop();
  }
  return heard;
}

describe('from a business event to a decision', () => {
  it('a low stock is decided once, in the trace and correlation of the event that made it low, and explained', async () => {
    const sku = 'VEG001';
    await stocked(sku, 50);
    expect(await decisionsOn(sku)).toEqual([]);
    await move(sku, 'out', 42, {
      traceparent: `00-${TRACE_ID}-00f067aa0ba902b7-01`,
      'x-correlation-id': 'the-busy-evening',
    });

    const [decision] = await decided(sku, 1);

    expect(decision).toMatchObject({
      agentId: AGENT,
      decisionType: 'reorder',
      decidedBy: 'rules',
      action: { kind: 'reorder', sku, quantity: each(40), urgency: 'medium' },
      traceId: TRACE_ID,
      correlationId: 'the-busy-evening',
    });
    const detail = decisionDetailSchema.parse(await get(`/v1/decisions/${decision?.decisionId ?? ''}`));
    expect(detail.events.map(({ id, type }) => [id, type])).toEqual([
      ['event-1', 'steward.inventory.stock-moved.v1'],
      ['event-2', 'steward.inventory.item-registered.v1'],
      ['event-3', 'steward.inventory.stock-moved.v1'],
    ]);
    expect(stockPageSchema.parse(await get(`/v1/stock?sku=${sku}`)).data).toMatchObject([{ onHand: 8, onOrder: 0 }]);
    const published = await publishedDecisions(sku);
    expect(published).toMatchObject([{ tenantid: 'demo', correlationid: 'the-busy-evening', subject: `item:${sku}` }]);
    expect(published[0]?.traceparent).toContain(TRACE_ID);
  });

  it('is not decided again until stock is on its way and then low again', async () => {
    const sku = 'VEG002';
    await stocked(sku, 9);
    await decided(sku, 1);

    await assessedUpTo(await move(sku, 'out', 1));
    await assessedUpTo(await move(sku, 'out', 1));
    expect(await decisionsInTheLog(sku)).toBe(1);

    const lines = [{ sku, quantity: each(40), unitCost: { amount: 250, currency: 'USD' } }];
    await assessedUpTo(
      await publish('inventory.purchase-order-placed', { purchaseOrderId: 'po-1', supplierId: 'fresh-foods', lines }),
    );
    expect(await decisionsInTheLog(sku)).toBe(1);

    await assessedUpTo(await move(sku, 'out', 38));
    await decided(sku, 2);
    await assessedUpTo(await move(sku, 'out', 1));
    expect(await decisionsInTheLog(sku)).toBe(2);
  });

  it('is decided once although events pour in while it is decided', async () => {
    const sku = 'VEG003';
    await stocked(sku, 60);

    const positions = await Promise.all(Array.from({ length: 55 }, () => move(sku, 'out', 1)));

    await assessedUpTo(Math.max(...positions));
    expect(await decisionsInTheLog(sku)).toBe(1);
    expect(await failures()).toEqual([]);
  });

  it('is decided once although the list of situations lags behind the log', async () => {
    const sku = 'VEG004';
    await stocked(sku, 60);
    await eventually(async () => {
      const [row] = await surroundings.query(`
        select 1 from checkpoints, lanes where name = 'agent.situations' and checkpoints.position = lanes.position`);
      expect(row).toBeDefined();
    });
    const later = await whileSituationsStandStill(async () => {
      await move(sku, 'out', 55);
      await eventually(async () => {
        expect(await decisionsInTheLog(sku)).toBe(1);
      }, PATIENCE);
      const position = await move(sku, 'out', 1);
      await eventually(async () => {
        expect(stockPageSchema.parse(await get(`/v1/stock?sku=${sku}`)).data).toMatchObject([{ onHand: 4 }]);
      });
      await heartbeats(15); // longer than the agent ever waits before it looks again
      return position;
    });

    await assessedUpTo(later);
    expect(await decisionsInTheLog(sku)).toBe(1);
    expect(await failures()).toEqual([]);
  });
});

describe('an agent that is paused', () => {
  it('decides nothing and says so, and decides what it missed once when it is resumed', async () => {
    const sku = 'MEAT001';
    await stocked(sku, 50);
    await turn('pause');
    await eventually(async () => {
      expect((await heartbeats(1)).at(-1)).toBe('paused');
    }, PATIENCE);

    await move(sku, 'out', 45);
    await eventually(async () => {
      expect(stockPageSchema.parse(await get(`/v1/stock?sku=${sku}`)).data).toMatchObject([{ onHand: 5 }]);
    });
    expect(new Set(await heartbeats(8))).toEqual(new Set(['paused']));
    expect(await decisionsInTheLog(sku)).toBe(0);
    expect(await theAgent()).toMatchObject({ status: 'paused', decidesBy: 'rules' });

    await turn('resume');
    await decided(sku, 1);
    await assessedUpTo(await move(sku, 'out', 1));
    expect(await decisionsInTheLog(sku)).toBe(1);
    expect(await theAgent()).toMatchObject({ status: 'running' });
  });
});

describe('an agent that cannot keep what it found', () => {
  it('says how often it failed in a row, and decides once when it can again', async () => {
    const sku = 'FISH001';
    await stocked(sku, 50);
    await surroundings.query('alter table agent_progress rename to agent_progress_away');
    await move(sku, 'out', 45);

    await eventually(async () => {
      expect(await failures()).toEqual([1, 2]);
    }, PATIENCE);
    expect((await heartbeats(1)).at(-1)).toBe('failing');
    await eventually(async () => {
      expect(await theAgent()).toMatchObject({ status: 'failing', consecutiveFailures: 2 });
    }, PATIENCE);
    expect(await decisionsInTheLog(sku)).toBe(0);

    await surroundings.query('alter table agent_progress_away rename to agent_progress');
    await decided(sku, 1);
    await eventually(async () => {
      expect(await theAgent()).toMatchObject({ status: 'running', consecutiveFailures: 0 });
    }, PATIENCE);
    await assessedUpTo(await move(sku, 'out', 1));
    expect(await decisionsInTheLog(sku)).toBe(1);
    expect(await failures()).toEqual([1, 2]);
  });
});

describe('several instances', () => {
  it('make one decision about each item, whichever of them takes the events', async () => {
    const [first, second] = [service, await surroundings.start({ INSTANCE_ID: 'second' })];
    const skus = Array.from({ length: 10 }, (_, item) => `DRY00${item}`);
    const positions = await Promise.all(
      skus.map(async (sku, item) => {
        service = item % 2 === 0 ? first : second;
        await move(sku, 'in', 5);
        return register(sku);
      }),
    );
    service = first;

    await assessedUpTo(Math.max(...positions));

    for (const sku of skus) expect(await decisionsInTheLog(sku)).toBe(1);
    const byBoth = await surroundings.query(
      `select distinct metadata->>'actor' as actor from events
       where type = 'agent.agent-started' and data->>'agentId' = 'inventory_agent'`,
    );
    expect(byBoth).toHaveLength(1); // the lease lets one of them run the agent
    await Promise.all([first, second].map((one) => one.process.stop()));
  });

  it('neither lose nor double a decision when one is stopped and one is killed while Claude is asked', async () => {
    const asking = { ANTHROPIC_API_KEY: claude.apiKey, ANTHROPIC_BASE_URL: claude.url };
    const sku = 'DAIRY001';
    const asked = () => claude.requests.filter(({ path }) => path === '/v1/messages').length;
    claude.answerWith(() => claudeAnswers.never());

    service = await surroundings.start({ ...asking, INSTANCE_ID: 'stopped' });
    await move(sku, 'in', 5);
    await register(sku);
    await eventually(() => asked() === 1, PATIENCE);
    expect(await service.process.stop()).toEqual({ code: 0, signal: null });
    expect(await decisionsInTheLog(sku)).toBe(0);

    service = await surroundings.start({ ...asking, INSTANCE_ID: 'killed' });
    await eventually(() => asked() === 2, PATIENCE);
    await kill(service);
    expect(await decisionsInTheLog(sku)).toBe(0);

    const answer = { quantity: 45, urgency: 'critical', confidence: 0.9, reasoning: '5 left.' };
    claude.answerWith(() => claudeAnswers.json(answer));
    service = await surroundings.start({ ...asking, INSTANCE_ID: 'last' });
    const [decision] = await decided(sku, 1);
    expect(decision).toMatchObject({ decidedBy: 'claude', model: { name: 'claude-sonnet-5-5' }, reasoning: '5 left.' });
    await assessedUpTo(await move(sku, 'out', 1));
    expect(await decisionsInTheLog(sku)).toBe(1);
    expect(await publishedDecisions(sku)).toHaveLength(1);
    expect(asked()).toBe(3);
    expect(await get('/health')).toMatchObject({
      components: { claude_api: { status: 'healthy', model: 'claude-sonnet-5-5' } },
    });
    expect(service.log.join('\n')).not.toContain(claude.apiKey);
  });
});

describe('a log that a newer release wrote to', () => {
  it('keeps this one from starting, which says what it cannot read and what to do', async () => {
    await surroundings.query("insert into event_types values ('agent.decision-made', 2, 1)");

    const said = await surroundings.startInVain({ INSTANCE_ID: 'older' });

    expect(said).toMatch(/agent\.decision-made version 2, first at position 1.*Deploy the release/);
    await surroundings.query('delete from event_types where type_version = 2');
  });
});

/** What the service told others about an item, once it told anything. */
async function publishedDecisions(sku: string) {
  const { manager } = surroundings.bus;
  return eventually(async () => {
    const { state } = await manager.streams.info('EVT_AGENT');
    const messages = await Promise.all(
      Array.from({ length: state.last_seq }, (_, index) => manager.streams.getMessage('EVT_AGENT', { seq: index + 1 })),
    );
    const decisions = messages
      .map((message) => parseStructured(message?.json()))
      .filter(({ type, subject }) => type === 'steward.agent.decision-made.v1' && subject === `item:${sku}`);
    expect(decisions.length).toBeGreaterThan(0);
    return decisions;
  }, PATIENCE);
}
