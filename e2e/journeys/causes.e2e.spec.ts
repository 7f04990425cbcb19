import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { jetstream } from '@nats-io/jetstream';
import { connect, headers, type NatsConnection } from '@nats-io/transport-node';
import { z } from 'zod';
import { eventually } from '#libs/testing';
import { startSystem, type RunningSystem } from './running-system.ts';

jest.setTimeout(180_000);

const PATIENCE = { withinMs: 30_000, everyMs: 100 };
/** The client's own trace and correlation: everything below happens in them. */
const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';
const CLIENT_SPAN = 'b7ad6b7169203331';
const CORRELATION = 'inventory of the evening';
const CLIENT = { traceparent: `00-${TRACE_ID}-${CLIENT_SPAN}-01`, 'x-correlation-id': 'inventory-evening' };

const event = z.object({
  id: z.string(),
  type: z.string(),
  correlationid: z.string(),
  causationid: z.string().optional(),
  traceparent: z.string(),
});
type Message = Readonly<{ event: z.output<typeof event>; header: (name: string) => string | undefined }>;

describe('trace, correlation and cause', () => {
  let system: RunningSystem;
  let bus: NatsConnection;

  beforeAll(async () => {
    system = await startSystem();
    bus = await connect({ servers: system.nats.url });
  });
  afterAll(async () => {
    await bus.close();
    await system.stop();
  });

  async function messageOf(stream: string, type: string): Promise<Message> {
    return eventually(async () => {
      const consumer = await jetstream(bus).consumers.get(stream);
      for await (const message of await consumer.fetch({ max_messages: 100, expires: 1_000 })) {
        if (message.json<{ type: string }>().type !== type) continue;
        return { event: event.parse(message.json()), header: (name: string) => message.headers?.get(name) };
      }
      throw new Error(`no ${type} in ${stream} yet`);
    }, PATIENCE);
  }

  it('of a request reach the alert that it leads to, through two services and the bus', async () => {
    const answer = await fetch(`${system.services.agent.url}/v1/agents/inventory_agent/pause`, {
      method: 'POST',
      headers: { ...CLIENT, 'content-type': 'application/json' },
      body: JSON.stringify({ reason: 'stock-taking' }),
    });
    expect(answer.ok).toBe(true);

    const paused = await messageOf('EVT_AGENT', 'steward.agent.agent-paused.v1');
    const noticed = await messageOf('EVT_HEALTH', 'steward.health.agent-became-unhealthy.v1');
    const raised = await messageOf('ALERTS', 'steward.health.alert-raised.v1');

    for (const message of [paused, noticed, raised]) {
      expect(message.event.correlationid).toBe(CLIENT['x-correlation-id']);
      expect(message.header('Correlation-Id')).toBe(CLIENT['x-correlation-id']);
      expect(message.event.traceparent).toContain(TRACE_ID);
      expect(message.header('traceparent')).toContain(TRACE_ID);
      expect(message.header('Causation-Id') ?? '').toBe(message.event.causationid ?? '');
    }
    expect(noticed.event.causationid).toBe(paused.event.id);
    expect(raised.event.causationid).toBe(noticed.event.id);
  });

  it('make one tree of spans, without a part whose parent is missing', async () => {
    const steps = ['send EVT_AGENT', 'process agent-paused', 'send EVT_HEALTH', 'send ALERTS'];
    await eventually(() => {
      const spans = system.collector.spans().filter(({ traceId }) => traceId === TRACE_ID);
      expect(spans.map(({ name }) => name)).toEqual(expect.arrayContaining(steps));
      const known = new Set([CLIENT_SPAN, ...spans.map(({ spanId }) => spanId)]);
      const orphans = spans.filter(({ parentSpanId }) => parentSpanId === undefined || !known.has(parentSpanId));
      expect(orphans.map(({ name }) => name)).toEqual([]);
      expect(new Set(spans.map(({ service }) => service)).size).toBe(2);
    }, PATIENCE);
  });

  it('travel with a query and with its answer', async () => {
    const own = headers();
    own.set('traceparent', CLIENT.traceparent);
    own.set('Correlation-Id', CORRELATION);
    own.set('Causation-Id', 'a-look');
    own.set('Steward-Timeout-Ms', '5000');

    const answer = await bus.request('query.health.list-alerts', '{}', { timeout: 5_000, headers: own });

    expect(answer.json()).toMatchObject({ data: expect.any(Array) });
    expect(answer.headers?.get('Correlation-Id')).toBe(CORRELATION);
    expect(answer.headers?.get('Causation-Id')).toBe('a-look');
    expect(answer.headers?.get('traceparent')).toContain(TRACE_ID);
    expect(answer.headers?.get('traceparent')).not.toBe(CLIENT.traceparent);
  });
});
