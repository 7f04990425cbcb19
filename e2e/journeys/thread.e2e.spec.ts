import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { jetstream } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { Parser as AsyncApiParser } from '@asyncapi/parser';
import { Validator as OpenApiValidator } from '@seriousme/openapi-schema-validator';
import { z } from 'zod';
import { anItemRegistered, aStockMovement, eventually } from '#libs/testing';
import { SERVICES, startSystem, type RunningSystem } from './running-system.ts';

jest.setTimeout(180_000);

/** The client's own trace: everything below happens in it. */
const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736';
const TRACE = { traceparent: `00-${TRACE_ID}-00f067aa0ba902b7-01` };
const page = z.object({ data: z.array(z.looseObject({})) });
const stockMoved = (id: string, sku: string, movement: 'in' | 'out', quantity: number) =>
  aStockMovement({ id, sku, movement, quantity });

describe('one event through all four services', () => {
  let system: RunningSystem;
  let bus: NatsConnection;

  const call = async (url: string, options: { body?: unknown; type?: string } = {}) => {
    const answer = await fetch(url, {
      method: options.body === undefined ? 'GET' : 'POST',
      headers: {
        ...TRACE,
        ...(options.body === undefined ? {} : { 'content-type': options.type ?? 'application/json' }),
      },
      ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
    });
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  };
  const list = async (url: string) => page.parse((await call(url)).body).data;
  const publish = (events: readonly object[]) =>
    call(`${system.services.agent.url}/v1/events`, { body: events, type: 'application/cloudevents-batch+json' });
  const decisionsAbout = (sku: string) => list(`${system.services.agent.url}/v1/decisions?subject=item:${sku}`);
  const messages = async (stream: string) => {
    const consumer = await jetstream(bus).consumers.get(stream);
    const fetched = await consumer.fetch({ max_messages: 1_000, expires: 1_000 });
    const found: { subject: string; event: Record<string, unknown> }[] = [];
    for await (const message of fetched) found.push({ subject: message.subject, event: message.json() });
    return found;
  };

  beforeAll(async () => {
    system = await startSystem();
    bus = await connect({ servers: system.nats.url });
  });
  afterAll(async () => {
    await bus.close();
    await system.stop();
  });

  it('decides once on what a client published, and can say why', async () => {
    const answer = await publish([
      anItemRegistered('VEG001'),
      stockMoved('m-1', 'VEG001', 'in', 30),
      stockMoved('m-2', 'VEG001', 'out', 22),
    ]);
    expect(answer).toMatchObject({ status: 200, body: { accepted: 3, duplicates: 0, rejected: 0 } });

    const [decision] = await eventually(async () => {
      const found = await decisionsAbout('VEG001');
      expect(found).toHaveLength(1);
      return found;
    });

    expect(decision).toMatchObject({
      agentId: 'inventory_agent',
      decisionType: 'reorder',
      decidedBy: 'rules',
      traceId: TRACE_ID,
      action: { kind: 'reorder', sku: 'VEG001', quantity: { value: 40, unit: 'each' } },
    });
    const { body } = await call(`${system.services.agent.url}/v1/decisions/${String(decision?.['decisionId'])}`);
    expect(body['events']).toMatchObject([{ id: 'registered-VEG001' }, { id: 'm-1' }, { id: 'm-2' }]);
  });

  it('publishes the decision for others, once', async () => {
    await eventually(async () => {
      const made = (await messages('EVT_AGENT')).filter(
        ({ event }) => event['type'] === 'steward.agent.decision-made.v1',
      );
      expect(made).toHaveLength(1);
      expect(made[0]?.event).toMatchObject({ source: 'urn:steward:agent', subject: 'item:VEG001', tenantid: 'demo' });
    });
  });

  it('lets a client read at once what it wrote', async () => {
    const { agent } = system.services;
    for (let round = 1; round <= 5; round += 1) {
      const written = await fetch(`${agent.url}/v1/events`, {
        method: 'POST',
        headers: { 'content-type': 'application/cloudevents+json' },
        body: JSON.stringify(stockMoved(`read-${round}`, 'READ01', 'in', 1)),
      });
      const position = written.headers.get('log-position') ?? '';

      const read = await fetch(`${agent.url}/v1/stock?sku=READ01`, { headers: { 'wait-for-position': position } });

      expect(page.parse(await read.json()).data).toMatchObject([{ onHand: round }]);
    }
  });

  it('raises an alert when an agent is stopped and resolves it when it goes on, once each', async () => {
    const { agent, health } = system.services;
    await call(`${agent.url}/v1/agents/inventory_agent/pause`, { body: { reason: 'stock-taking' } });
    await eventually(
      async () => {
        expect(await list(`${health.url}/v1/alerts?status=firing`)).toMatchObject([{ name: 'agent-unhealthy' }]);
      },
      { withinMs: 15_000 },
    );

    await call(`${agent.url}/v1/agents/inventory_agent/resume`, { body: {} });
    await eventually(
      async () => {
        expect(await list(`${health.url}/v1/alerts?status=resolved`)).toMatchObject([{ name: 'agent-unhealthy' }]);
      },
      { withinMs: 15_000 },
    );

    await eventually(async () => {
      const alerts = await messages('ALERTS');
      expect(alerts.map(({ event }) => event['type'])).toEqual([
        'steward.health.alert-raised.v1',
        'steward.health.alert-resolved.v1',
      ]);
      expect(alerts[0]?.subject).toMatch(/^alerts\.demo\.warning\.agent-unhealthy$/);
    });
  });

  it('makes the daily backup when it is asked for, proves it, and records that it succeeded', async () => {
    const { maintenance, recovery } = system.services;
    const asked = await call(`${maintenance.url}/v1/tasks/daily-backup`, { body: {} });
    expect(asked.status).toBe(202);

    await eventually(
      async () => {
        expect(await list(`${recovery.url}/v1/backups`)).toMatchObject([{ status: 'verified' }]);
        expect(await list(`${maintenance.url}/v1/tasks`)).toMatchObject([
          { task: 'daily-backup', status: 'completed' },
        ]);
      },
      { withinMs: 60_000, everyMs: 200 },
    );
  });

  it('shows all of it as one trace across the four services', async () => {
    await eventually(
      () => {
        const services = new Set(
          system.collector
            .spans()
            .filter(({ traceId }) => traceId === TRACE_ID)
            .map(({ service }) => service),
        );
        expect([...services].sort()).toEqual(SERVICES.map((name) => `${name}-service`).sort());
      },
      { withinMs: 15_000 },
    );
  });

  it.each(SERVICES)('serves valid documents of %s-service', async (name) => {
    const { url } = system.services[name];
    const openapi = await new OpenApiValidator().validate((await call(`${url}/openapi.json`)).body);
    const { document, diagnostics } = await new AsyncApiParser().parse(
      JSON.stringify((await call(`${url}/asyncapi.json`)).body),
    );
    const schema = await call(`${url}/schemas/steward.agent.decision-made.v1/1.json`);

    expect(openapi).toMatchObject({ valid: true });
    expect({ isValid: document !== undefined, diagnostics }).toMatchObject({ isValid: true });
    expect(schema).toMatchObject({ status: 200, body: { title: expect.any(String), type: 'object' } });
  });

  it('loses nothing and does nothing twice when every service is killed under load', async () => {
    const { agent } = system.services;
    const sku = 'LOAD01';
    const batches = Array.from({ length: 20 }, (_, batch) =>
      Array.from({ length: 50 }, (_item, index) => stockMoved(`load-${batch}-${index}`, sku, 'in', 1)),
    );
    await publish([anItemRegistered(sku)]);
    const sendUntilTaken = async (events: readonly object[]): Promise<void> => {
      await eventually(
        async () => {
          expect((await publish(events)).status).toBe(200);
        },
        { withinMs: 60_000, everyMs: 50 },
      );
    };

    const sending = (async () => {
      for (const batch of batches) await sendUntilTaken(batch);
    })();
    for (const name of SERVICES) {
      await system.services[name].kill9();
      await system.services[name].start();
    }
    await sending;
    await sendUntilTaken(batches.flat());

    await eventually(async () => {
      expect(await list(`${agent.url}/v1/stock?sku=${sku}`)).toMatchObject([{ onHand: 1_000 }]);
    });
    await publish([stockMoved('load-out', sku, 'out', 995)]);
    await eventually(
      async () => {
        expect(await decisionsAbout(sku)).toHaveLength(1);
      },
      { withinMs: 20_000 },
    );
    await publish([stockMoved('load-out-2', sku, 'out', 1)]);
    await eventually(async () => {
      const agents = await list(`${agent.url}/v1/agents`);
      const running = { status: 'running', consecutiveFailures: 0 };
      expect(agents).toMatchObject([running, running, running]);
      expect(await list(`${agent.url}/v1/stock?sku=${sku}`)).toMatchObject([{ onHand: 4 }]);
    });
    expect(await decisionsAbout(sku)).toHaveLength(1);
    expect(await decisionsAbout('VEG001')).toHaveLength(1);
  });

  it('stops when it is told to', async () => {
    const codes = await Promise.all(SERVICES.map((name) => system.services[name].stop()));

    expect(codes).toEqual([0, 0, 0, 0]);
  });
});
