import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { z } from 'zod';
import {
  AgentPausedV1,
  AgentResumedV1,
  alertPageSchema,
  AssessmentCompletedV1,
  AssessmentFailedV1,
  componentHealthPageSchema,
  heartbeatSubject,
  parseStructured,
  type AlertItem,
  type CloudEvent,
  type ComponentHealth,
  type EventContract,
  type Heartbeat,
} from '#libs/contracts';
import {
  freePort,
  spawnOwned,
  startThrowAwayNats,
  type EmbeddedNats,
  type OwnedProcess,
  type ThrowAway,
} from '#libs/embedded-servers';
import { streamId } from '#libs/kernel';
import { connectBus, type Bus } from '#libs/messaging';
import {
  createTestDatabase,
  databaseSettings,
  eventually,
  openProducingLog,
  type ProducingLog,
  type TestDatabase,
  type Told,
} from '#libs/testing';

const root = join(import.meta.dirname, '../../..');
const SILENT_AFTER_MS = 2_500;
const HEARTBEAT_MS = 100;
const PATIENCE = { withinMs: 30_000, everyMs: 50 };

type Instance = Readonly<{ process: OwnedProcess; url: string; metricsUrl: string; log: readonly string[] }>;

let database: TestDatabase;
let nats: ThrowAway<EmbeddedNats>;
let bus: Bus;
let instances: Instance[] = [];
let agents: FakeAgents;

beforeAll(async () => {
  await promisify(execFile)(process.execPath, ['node_modules/@nestjs/cli/bin/nest.js', 'build', 'health-service'], {
    cwd: root,
    env: { ...process.env, NODE_OPTIONS: '' },
  });
}, 120_000);

beforeEach(async () => {
  database = await createTestDatabase();
  nats = await startThrowAwayNats();
  bus = await connectBus({ url: nats.server.url, name: 'spec' });
  instances = [await startInstance('one'), await startInstance('two')];
  agents = new FakeAgents(bus, await openProducingLog({ bus, service: 'agent', stream: 'EVT_AGENT' }));
}, 120_000);

afterEach(async () => {
  await agents.stop();
  await Promise.all(instances.map(({ process: one }) => one.stop({ signals: ['SIGKILL'] })));
  await bus.close();
  await nats.remove();
  await database.drop();
}, 60_000);

describe('two instances of health-service', () => {
  it('raise one alert when an agent and a service go silent, and resolve it once, although one instance is killed', async () => {
    agents.beat('inventory_agent');
    agents.beat('recovery-service', { kind: 'service' });
    await eventually(async () => {
      expect(await statusOf('inventory_agent')).toBe('healthy');
      expect(await statusOf('recovery-service')).toBe('healthy');
    }, PATIENCE);

    agents.hush('inventory_agent');
    agents.hush('recovery-service');
    await eventually(async () => {
      expect((await alerts()).map(({ name, status }) => ({ name, status }))).toEqual(
        expect.arrayContaining([
          { name: 'agent-unhealthy', status: 'firing' },
          { name: 'service-unhealthy', status: 'firing' },
        ]),
      );
    }, PATIENCE);

    await killFirst();
    agents.beat('inventory_agent');
    agents.beat('recovery-service', { kind: 'service' });
    await eventually(async () => {
      expect((await alerts()).map(({ status }) => status)).toEqual(['resolved', 'resolved']);
      expect(await statusOf('inventory_agent')).toBe('healthy');
    }, PATIENCE);

    instances.push(await startInstance('three'));
    agents.beat('hr_agent');
    await noticed('hr_agent');
    for (const name of ['agent-unhealthy', 'service-unhealthy']) {
      expect(await eventsOn('ALERTS', `alerts.demo.critical.${name}`, 2)).toEqual(['alert-raised', 'alert-resolved']);
    }
    expect((await eventsOn('EVT_HEALTH', 'evt.health.demo.', 8)).toSorted()).toEqual([
      'agent-became-unhealthy',
      'agent-recovered',
      'alert-raised',
      'alert-raised',
      'alert-resolved',
      'alert-resolved',
      'component-became-unhealthy',
      'component-recovered',
    ]);
  }, 120_000);

  it('raise one alert for a pause that is told twice, in its trace and correlation, and resolve it when the agent runs', async () => {
    agents.beat('inventory_agent');
    await eventually(async () => {
      expect(await statusOf('inventory_agent')).toBe('healthy');
    }, PATIENCE);

    const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
    const correlationid = 'pause-of-the-owner';
    const pause = await agents.tell(AgentPausedV1, AgentPausedV1.sample, { traceId, correlationid });
    await eventually(async () => {
      expect(await alerts()).toMatchObject([{ severity: 'warning', status: 'firing', labels: { cause: 'paused' } }]);
    }, PATIENCE);
    agents.beat('inventory_agent', { status: 'paused' });
    await agents.tellAgain(pause);
    const [raised] = await cloudEventsOn('ALERTS', 'alerts.demo.warning.agent-unhealthy', 1);
    expect(raised).toMatchObject({ correlationid, tenantid: 'demo' });
    expect(raised?.traceparent).toContain(traceId);

    await agents.tell(AgentResumedV1, AgentResumedV1.sample);
    agents.beat('inventory_agent');
    await eventually(async () => {
      expect((await alerts()).map(({ status }) => status)).toEqual(['resolved']);
    }, PATIENCE);
    expect(await eventsOn('ALERTS', 'alerts.demo.warning.agent-unhealthy', 2)).toEqual([
      'alert-raised',
      'alert-resolved',
    ]);
  }, 120_000);

  it('raise an alert at the third failure, take its acknowledgement once, and refuse it when it is resolved', async () => {
    const { sample } = AssessmentFailedV1;
    await agents.tell(AssessmentFailedV1, { ...sample, consecutiveFailures: 1 });
    await agents.tell(AssessmentFailedV1, { ...sample, consecutiveFailures: 2 });
    const third = await agents.tell(AssessmentFailedV1, { ...sample, consecutiveFailures: 3 });
    await agents.tellAgain(third);
    const [alert] = await eventually(async () => {
      const found = await alerts();
      expect(found).toMatchObject([{ status: 'firing', labels: { cause: 'failing' } }]);
      return found;
    }, PATIENCE);
    const alertId = alert?.alertId ?? '';
    await eventually(async () => {
      expect(await firing()).toBe(1);
    }, PATIENCE);

    expect(await acknowledge(alertId, { note: 'on it' })).toBe(204);
    expect(await acknowledge(alertId)).toBe(204);
    expect(await acknowledge('no-such-alert')).toBe(404);
    await eventually(async () => {
      expect(await alerts('?status=acknowledged')).toHaveLength(1);
      expect(await alerts('?status=firing')).toHaveLength(0);
    }, PATIENCE);
    const answer = await bus.request('query.health.list-alerts', JSON.stringify({ severity: 'critical' }), 5_000);
    expect(alertPageSchema.parse(JSON.parse(answer.text)).data).toEqual(await alerts());

    await agents.tell(AssessmentCompletedV1, AssessmentCompletedV1.sample);
    await eventually(async () => {
      expect((await alerts()).map(({ status }) => status)).toEqual(['resolved']);
      expect(await firing()).toBe(0);
    }, PATIENCE);
    expect(await acknowledge(alertId)).toBe(409);
    expect(await eventsOn('ALERTS', 'alerts.demo.critical.agent-unhealthy', 3)).toEqual([
      'alert-raised',
      'alert-acknowledged',
      'alert-resolved',
    ]);
  }, 120_000);

  it('accuse nobody of the silence in which they were dead or the broker was away', async () => {
    agents.beat('inventory_agent');
    await noticed('inventory_agent');
    agents.hush('inventory_agent');
    await Promise.all(instances.map(({ process: one }) => one.stop({ signals: ['SIGKILL'] })));
    const deadSince = performance.now();
    await eventually(() => performance.now() - deadSince > SILENT_AFTER_MS, PATIENCE);

    instances = [await startInstance('three')];
    await heardItself();
    agents.beat('inventory_agent');
    await noticed('inventory_agent');
    instances.push(await startInstance('four'));
    expect(await alerts()).toEqual([]);

    await nats.server.stop();
    agents.hush('inventory_agent');
    const awaySince = performance.now();
    await eventually(() => performance.now() - awaySince > SILENT_AFTER_MS, PATIENCE);
    await nats.server.restart();
    await heardItself();
    agents.beat('inventory_agent');
    await noticed('inventory_agent');
    expect(await alerts()).toEqual([]);

    agents.hush('inventory_agent');
    await eventually(async () => {
      expect(await alerts('?status=firing')).toHaveLength(1);
    }, PATIENCE);
  }, 120_000);

  it('answer 422 for a cursor of another list, and 404 for an alert that is not there', async () => {
    expect((await fetch(`${anyUrl()}/v1/alerts?after=nonsense`)).status).toBe(422);
    expect((await fetch(`${anyUrl()}/v1/health-states?after=nonsense`)).status).toBe(422);
    expect((await fetch(`${anyUrl()}/v1/alerts/5b1f0c9d2e7a4f38-1`)).status).toBe(404);
    expect(await fetch(`${anyUrl()}/v1/health-states?limit=1`).then((answer) => answer.json())).toMatchObject({
      data: [{ component: 'health-service', kind: 'service' }],
      hasMore: false,
    });
  }, 60_000);
});

/** Agents as others see them: their heartbeats, and the log of agent-service. */
class FakeAgents {
  private readonly timers = new Map<string, NodeJS.Timeout>();
  private readonly through: Bus;
  private readonly log: ProducingLog;

  constructor(through: Bus, log: ProducingLog) {
    this.through = through;
    this.log = log;
  }

  beat(component: string, changes: Partial<Heartbeat> = {}): void {
    this.hush(component);
    const say = (): void => {
      const heartbeat: Heartbeat = {
        service: 'agent',
        instanceId: 'spec',
        component,
        kind: 'agent',
        status: 'running',
        at: new Date().toISOString(),
        ...changes,
      };
      this.through.publish(heartbeatSubject('agent', component), JSON.stringify(heartbeat));
    };
    say();
    this.timers.set(component, setInterval(say, HEARTBEAT_MS));
  }

  hush(component: string): void {
    clearInterval(this.timers.get(component));
    this.timers.delete(component);
  }

  async tell<Data extends object>(
    contract: EventContract<Data>,
    data: Data,
    { traceId, correlationid }: { readonly traceId?: string; readonly correlationid?: string } = {},
  ): Promise<Told> {
    return this.log.tell(contract.type, data, {
      stream: streamId('agent', 'inventory_agent'),
      ...(correlationid === undefined ? {} : { correlationId: correlationid }),
      ...(traceId === undefined ? {} : { traceparent: `00-${traceId}-00f067aa0ba902b7-01` }),
    });
  }

  async tellAgain(told: Told): Promise<void> {
    await this.log.tellAgain(told);
  }

  async stop(): Promise<void> {
    for (const component of [...this.timers.keys()]) this.hush(component);
    await this.log.close();
  }
}

async function startInstance(name: string): Promise<Instance> {
  const [port, metricsPort] = [await freePort(), await freePort()];
  const owned = await spawnOwned(process.execPath, {
    args: ['--enable-source-maps', 'dist/apps/health-service/main.js'],
    cwd: root,
    env: {
      PATH: process.env['PATH'],
      ENVIRONMENT: 'development',
      INSTANCE_ID: name,
      PORT: String(port),
      PROMETHEUS_PORT: String(metricsPort),
      ...(await databaseSettings(database, 'health')),
      NATS_URL: nats.server.url,
      HEARTBEAT_INTERVAL_MS: String(HEARTBEAT_MS),
      SILENCE_WATCH_INTERVAL_MS: '100',
      AGENT_SILENT_AFTER_MS: String(SILENT_AFTER_MS),
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const log: string[] = [];
  if (owned.child.stdout) createInterface(owned.child.stdout).on('line', (line) => log.push(line));
  const url = `http://127.0.0.1:${port}`;
  await eventually(async () => {
    if (!owned.isRunning()) throw new Error(`${name} ended:\n${log.slice(-5).join('\n')}`);
    expect((await fetch(`${url}/health`)).status).toBe(200);
  }, PATIENCE);
  return { process: owned, url, metricsUrl: `http://127.0.0.1:${metricsPort}/metrics`, log };
}

async function killFirst(): Promise<void> {
  const killed = instances.shift();
  killed?.process.signal('SIGKILL');
  await killed?.process.exited;
}

function anyUrl(): string {
  const [first] = instances;
  if (!first) throw new Error('no instance runs');
  return first.url;
}

async function alerts(query = ''): Promise<readonly AlertItem[]> {
  const answer = await fetch(`${anyUrl()}/v1/alerts${query}`);
  return alertPageSchema.parse(await answer.json()).data;
}

async function states(): Promise<readonly ComponentHealth[]> {
  const answer = await fetch(`${anyUrl()}/v1/health-states`);
  return componentHealthPageSchema.parse(await answer.json()).data;
}

async function statusOf(component: string): Promise<string | undefined> {
  return (await states()).find((state) => state.component === component)?.status;
}

/** Until heartbeats of the component have been written since now: the whole way to the table works. */
async function noticed(component: string): Promise<void> {
  await heardAfter(component, new Date());
}

/** Until health-service has listened for a good while, and long less than a silence takes. */
async function heardItself(): Promise<void> {
  await heardAfter('health-service', new Date(Date.now() + SILENT_AFTER_MS / 5));
}

async function heardAfter(component: string, time: Date): Promise<void> {
  await eventually(async () => {
    const state = (await states()).find((one) => one.component === component);
    expect(Date.parse(state?.lastHeartbeatAt ?? '')).toBeGreaterThan(time.getTime());
  }, PATIENCE);
}

async function acknowledge(alertId: string, body?: object): Promise<number> {
  const answer = await fetch(`${anyUrl()}/v1/alerts/${alertId}/acknowledgement`, {
    method: 'POST',
    ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
  return answer.status;
}

async function firing(): Promise<number> {
  const [first] = instances;
  const text = await fetch(first?.metricsUrl ?? '').then((answer) => answer.text());
  return Number(/^steward_alerts_firing\{severity="critical"\} (\d+)/m.exec(text)?.[1]);
}

/** All events of a stream under a subject, in the stream's order, once there are at least so many. */
async function cloudEventsOn(stream: string, subject: string, atLeast: number): Promise<CloudEvent[]> {
  return eventually(async () => {
    const { state } = await bus.manager.streams.info(stream);
    const messages = await Promise.all(
      Array.from({ length: state.last_seq }, (_, index) => bus.manager.streams.getMessage(stream, { seq: index + 1 })),
    );
    const found = messages.flatMap((message) =>
      message?.subject.startsWith(subject) === true ? [parseStructured(message.json())] : [],
    );
    expect(found.length).toBeGreaterThanOrEqual(atLeast);
    return found;
  }, PATIENCE);
}

async function eventsOn(stream: string, subject: string, atLeast: number): Promise<string[]> {
  const found = await cloudEventsOn(stream, subject, atLeast);
  return found.map(({ type }) => z.string().parse(type.split('.')[2]));
}
