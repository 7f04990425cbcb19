import { connect } from 'node:net';
import { Body, Controller, Get, Inject, Module, Param, Post, Query } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import type { Problem } from '#libs/contracts';
import { DomainError } from '#libs/kernel';
import { currentCorrelation } from '#libs/observability';
import { eventually } from '#libs/testing';
import { baseConfiguration } from '../configuration/base-configuration.ts';
import { HealthRegistry } from '../health/health-registry.ts';
import { Operation } from '../openapi/operation.decorator.ts';
import { CurrentPrincipal } from '../security/access.decorators.ts';
import { generateApiKey } from '../security/api-keys.ts';
import { requireTenant } from '../security/principal.ts';
import type { Principal } from '../security/principal.ts';
import { createHttpApplication } from './create-http-application.ts';
import type { HttpConfiguration } from './create-http-application.ts';
import { systemClock } from './request-ids.ts';
import { currentRequestContext } from './request-context.ts';

const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

class LedgerDown extends DomainError {
  readonly kind = 'unavailable';
  readonly code = 'ledger/down';
  readonly retryAfterMs = 1_500;
}

/** Lets a spec hold a request open until it has looked around. */
class Gate {
  readonly entered = Promise.withResolvers<undefined>();
  readonly open = Promise.withResolvers<undefined>();
}

const saleSchema = z.object({ item: z.string(), quantity: z.int().positive() });
const listSchema = z.object({ limit: z.coerce.number().int().max(100).default(10) });
const idSchema = z.string().regex(/^[a-z]+$/);
const done = { 201: { description: 'Done.' } };
const read = { 200: { description: 'Here it is.' } };

@Controller('v1')
class SalesController {
  constructor(@Inject(Gate) private readonly gate: Gate) {}

  @Post('sales')
  @Operation({ summary: 'Sell', access: ['publisher'], answers: done })
  sell(@Body({ schema: saleSchema }) sale: z.infer<typeof saleSchema>): object {
    return { sale, correlationId: currentRequestContext()?.correlationId, logged: currentCorrelation() };
  }

  @Get('sales')
  @Operation({ summary: 'List sales', access: ['reader'], answers: read })
  list(@Query({ schema: listSchema }) query: z.infer<typeof listSchema>): object {
    return query;
  }

  @Get('sales/:id')
  @Operation({ summary: 'One sale', access: ['reader'], answers: read })
  one(@Param('id', { schema: idSchema }) id: string): object {
    return { id };
  }

  @Get('tenants/:tenant')
  @Operation({ summary: 'A tenant', access: ['reader'], answers: read })
  tenant(@Param('tenant') tenant: string, @CurrentPrincipal() principal: Principal): object {
    requireTenant(principal, tenant);
    return { tenant, keyId: principal.keyId };
  }

  @Get('defect')
  @Operation({ summary: 'Break', access: ['reader'], answers: read })
  defect(): object {
    throw new TypeError('connect postgresql://steward:hunter2@db failed');
  }

  @Get('down')
  @Operation({ summary: 'Be down', access: ['reader'], answers: read })
  down(): object {
    throw new LedgerDown('The ledger does not answer.');
  }

  @Get('slow')
  @Operation({ summary: 'Wait', access: ['reader'], answers: read })
  async slow(): Promise<object> {
    this.gate.entered.resolve(undefined);
    await this.gate.open.promise;
    return { finished: true };
  }
}

@Module({ controllers: [SalesController], providers: [Gate] })
class SalesModule {}

const keys = { till: generateApiKey(), clerk: generateApiKey(), boss: generateApiKey() };
const entries = [
  { id: 'till-7', tenant: 'demo', roles: ['publisher' as const], sha256: keys.till.sha256 },
  { id: 'clerk', tenant: 'demo', roles: ['reader' as const], sha256: keys.clerk.sha256 },
  { id: 'boss', tenant: '*', roles: ['operator' as const], sha256: keys.boss.sha256 },
];

class Recorder {
  readonly lines: { level: string; fields: object; message: string }[] = [];
  readonly answered: object[] = [];
  readonly durations: number[] = [];
  readonly reported: unknown[] = [];
  readonly debug = this.#take('debug');
  readonly info = this.#take('info');
  readonly warn = this.#take('warn');
  readonly error = this.#take('error');
  readonly fatal = this.#take('fatal');

  #take(level: string) {
    return (fields: object, message: string): void => {
      this.lines.push({ level, fields, message });
    };
  }

  readonly apiRequests = {
    add: (count: number, labels: object): void => {
      this.answered.push({ count, ...labels });
    },
  };

  readonly apiRequestDuration = {
    record: (seconds: number): void => {
      this.durations.push(seconds);
    },
  };

  report(error: unknown): void {
    this.reported.push(error);
  }
}

type Running = Readonly<{
  application: NestFastifyApplication;
  url: string;
  health: HealthRegistry;
  recorder: Recorder;
  gate: Gate;
}>;

async function start(overrides: Partial<HttpConfiguration> = {}): Promise<Running> {
  const recorder = new Recorder();
  const health = new HealthRegistry({ clock: systemClock, cacheMs: 0, timeoutMs: 100 });
  const application = await createHttpApplication(SalesModule, {
    configuration: { ...baseConfiguration.parse({}), API_KEYS: entries, ...overrides },
    logger: recorder,
    metrics: recorder,
    reporter: recorder,
    health,
    description: { title: 'Sales', version: '1', description: 'A sample.' },
    asyncapi: { asyncapi: '3.0.0' },
    schemas: { 'steward.sales.order-completed/1': { type: 'object' } },
  });
  await application.listen(0, '127.0.0.1');
  return { application, url: await application.getUrl(), health, recorder, gate: application.get(Gate) };
}

const bearer = (key: string) => ({ authorization: `Bearer ${key}` });
const post = (key: string, body: string, type = 'application/json', more: Record<string, string> = {}) => ({
  method: 'POST',
  body,
  headers: { ...bearer(key), 'content-type': type, ...more },
});

async function problemOf(response: Response): Promise<Problem> {
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  const problem = (await response.json()) as Problem;
  expect(problem.status).toBe(response.status);
  expect(problem.instance).toBe(`urn:uuid:${response.headers.get('x-request-id') ?? ''}`);
  expect(problem.traceId).toBe(response.headers.get('x-trace-id'));
  expect(problem.correlationId).toBe(response.headers.get('x-correlation-id'));
  return problem;
}

describe('the HTTP edge', () => {
  let running: Running;
  const at = (path: string, init?: RequestInit) => fetch(`${running.url}${path}`, init);
  beforeAll(async () => {
    running = await start({ BODY_LIMIT_BYTES: 2_048, BATCH_BODY_LIMIT_BYTES: 4_096 });
  });
  afterAll(() => running.application.close());

  describe('reads bodies', () => {
    const good = '{"item":"tea","quantity":2}';

    it.each(['application/json', 'application/json; charset=utf-8', 'application/cloudevents+json', 'text/json'])(
      'takes %s',
      async (type) => {
        const response = await at('/v1/sales', post(keys.till.key, good, type));

        expect(response.status).toBe(201);
        expect(await response.json()).toMatchObject({ sale: { item: 'tea', quantity: 2 } });
      },
    );

    it('names the place where JSON goes wrong', async () => {
      const response = await at('/v1/sales', post(keys.till.key, '{"item":"tea",,}'));

      expect(response.status).toBe(400);
      expect(await problemOf(response)).toMatchObject({
        code: 'http/malformed-json',
        errors: [{ pointer: '#', detail: expect.stringContaining('at character 14') }],
      });
    });

    it('says that JSON ends too early', async () => {
      const response = await at('/v1/sales', post(keys.till.key, '{"item":"t'));

      expect(response.status).toBe(400);
      expect((await problemOf(response)).code).toBe('http/malformed-json');
    });

    it.each([
      ['{"__proto__":{"isAdmin":true},"item":"tea","quantity":2}', 'http/malformed-json'],
      ['', 'http/empty-body'],
    ])('refuses %j as malformed', async (body, code) => {
      const response = await at('/v1/sales', post(keys.till.key, body));

      expect(response.status).toBe(400);
      expect((await problemOf(response)).code).toBe(code);
    });

    it('refuses bytes that are not UTF-8', async () => {
      const init = post(keys.till.key, '');
      const response = await at('/v1/sales', { ...init, body: new Uint8Array([0x22, 0xff, 0x22]) });

      expect(response.status).toBe(400);
      expect((await problemOf(response)).detail).toContain('not UTF-8');
    });

    it('points at every value that breaks the schema', async () => {
      const response = await at('/v1/sales', post(keys.till.key, '{"item":3,"quantity":0}'));

      expect(response.status).toBe(422);
      expect((await problemOf(response)).errors?.map(({ pointer }) => pointer)).toEqual(['#/item', '#/quantity']);
    });

    it('refuses what is too large, with more room for a batch', async () => {
      const large = JSON.stringify({ item: 'x'.repeat(3_000), quantity: 1 });

      const refused = await at('/v1/sales', post(keys.till.key, large));
      const batch = await at('/v1/sales', post(keys.till.key, large, 'application/cloudevents-batch+json'));

      expect(refused.status).toBe(413);
      expect((await problemOf(refused)).code).toBe('http/body-too-large');
      expect(batch.status).toBe(201);
    });

    it.each(['text/plain', 'application/x-www-form-urlencoded', 'application/xml', 'application/jsonx'])(
      'does not take %s',
      async (type) => {
        const response = await at('/v1/sales', post(keys.till.key, good, type));

        expect(response.status).toBe(415);
        expect((await problemOf(response)).code).toBe('http/unsupported-media-type');
      },
    );

    it('does not take compressed bodies', async () => {
      const gzip = { 'content-encoding': 'gzip' };
      const response = await at('/v1/sales', post(keys.till.key, good, 'application/json', gzip));

      expect(response.status).toBe(415);
      expect(response.headers.get('accept-encoding')).toBe('identity');
      await problemOf(response);
    });
  });

  describe('reads queries and paths', () => {
    it('hands over what the schema made of them', async () => {
      const response = await at('/v1/sales?limit=7', { headers: bearer(keys.clerk.key) });

      expect(await response.json()).toEqual({ limit: 7 });
    });

    it.each([
      ['/v1/sales?limit=1000', '#/query/limit'],
      ['/v1/sales/UPPER', '#/path/id'],
    ])('answers 422 to %s', async (path, pointer) => {
      const response = await at(path, { headers: bearer(keys.clerk.key) });

      expect(response.status).toBe(422);
      expect((await problemOf(response)).errors?.[0]?.pointer).toBe(pointer);
    });

    it('knows no other paths', async () => {
      const response = await at('/v1/sails?password=1');

      expect(response.status).toBe(404);
      expect((await problemOf(response)).code).toBe('http/route-not-found');
    });

    it('says which methods a path takes', async () => {
      const response = await at('/v1/sales', { method: 'DELETE', headers: bearer(keys.till.key) });

      expect(response.status).toBe(405);
      expect(response.headers.get('allow')).toBe('GET, HEAD, POST');
      expect((await problemOf(response)).code).toBe('http/method-not-allowed');
    });

    it('answers a path that is no URL', async () => {
      const response = await at('/v1/sales/%zz', { headers: bearer(keys.clerk.key) });

      expect(response.status).toBe(400);
      expect(response.headers.get('content-type')).toBe('application/problem+json');
    });

    it('answers a path parameter that is endless', async () => {
      const response = await at(`/v1/sales/${'a'.repeat(700)}`, { headers: bearer(keys.clerk.key) });

      expect(response.status).toBe(414);
      expect(response.headers.get('content-type')).toBe('application/problem+json');
    });

    it('answers bytes that are no HTTP with a problem', async () => {
      const text = await rawExchange(running.url, 'HELLO?\r\n\r\n');

      expect(text).toMatch(/^HTTP\/1\.1 400 Bad Request\r\ncontent-type: application\/problem\+json/);
      expect(text).toContain('http/malformed-request');
    });
  });

  describe('knows who asks', () => {
    it.each([
      ['no key', {}],
      ['a wrong key', bearer(generateApiKey().key)],
      ['half a key', bearer(keys.clerk.key.slice(0, 20))],
      ['another scheme', { authorization: 'Basic c3R3Og==' }],
      ['a wrong X-API-Key', { 'x-api-key': 'stw_' }],
    ])('answers 401 to %s, always the same', async (_, headers) => {
      const response = await at('/v1/sales', { headers });

      expect(response.status).toBe(401);
      expect(response.headers.get('www-authenticate')).toBe('Bearer realm="steward"');
      const problem = await problemOf(response);
      expect(problem).toEqual({
        instance: problem.instance,
        traceId: problem.traceId,
        correlationId: problem.correlationId,
        type: 'urn:steward:problem:security/unauthenticated',
        title: 'Nobody knows who asks',
        status: 401,
        code: 'security/unauthenticated',
        detail: expect.stringContaining('no valid API key'),
      });
    });

    it('answers 401 before it reads the body', async () => {
      const response = await at('/v1/sales', post(generateApiKey().key, '{"item"', 'text/plain'));

      expect(response.status).toBe(401);
    });

    it('takes the key from either header', async () => {
      const one = await at('/v1/tenants/demo', { headers: bearer(keys.clerk.key) });
      const other = await at('/v1/tenants/demo', { headers: { 'x-api-key': keys.clerk.key } });

      expect(await one.json()).toEqual({ tenant: 'demo', keyId: 'clerk' });
      expect(await other.json()).toEqual({ tenant: 'demo', keyId: 'clerk' });
    });

    it('answers 403 to a key without the role', async () => {
      const response = await at('/v1/sales', post(keys.clerk.key, '{"item":"tea","quantity":2}'));

      expect(response.status).toBe(403);
      expect((await problemOf(response)).code).toBe('security/role-missing');
    });

    it('answers 403 to a key of another tenant', async () => {
      const response = await at('/v1/tenants/acme', { headers: bearer(keys.clerk.key) });

      expect(response.status).toBe(403);
      expect((await problemOf(response)).code).toBe('security/tenant-forbidden');
    });

    it('lets an operator of every tenant read', async () => {
      const response = await at('/v1/tenants/acme', { headers: bearer(keys.boss.key) });

      expect(await response.json()).toEqual({ tenant: 'acme', keyId: 'boss' });
    });
  });

  describe('names requests', () => {
    it('echoes the correlation id and hands it to the handler, also after a body was read', async () => {
      const sent = { 'x-correlation-id': 'order-42' };
      const body = '{"item":"tea","quantity":2}';
      const response = await at('/v1/sales', post(keys.till.key, body, 'application/json', sent));

      expect(response.headers.get('x-correlation-id')).toBe('order-42');
      expect(await response.json()).toMatchObject({
        correlationId: 'order-42',
        logged: { correlationId: 'order-42', tenant: 'demo' },
      });
    });

    it.each(['', 'two words', 'x'.repeat(129)])('replaces the correlation id %j', async (id) => {
      const response = await at('/health/live', { headers: { 'x-correlation-id': id } });

      expect(response.headers.get('x-correlation-id')).toMatch(UUID_V7);
    });

    it('stays in the trace of the caller', async () => {
      const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
      const response = await at('/health/live', { headers: { traceparent: `00-${traceId}-00f067aa0ba902b7-01` } });

      expect(response.headers.get('x-trace-id')).toBe(traceId);
    });

    it('counts and logs by route template', async () => {
      const { recorder } = running;
      recorder.answered.length = 0;
      await at('/v1/sales/tea', { headers: bearer(keys.clerk.key) });
      await at('/v1/unknown/secret-path');

      await eventually(() => recorder.answered.length === 2);
      expect(recorder.answered).toEqual([
        { count: 1, method: 'GET', endpoint: '/v1/sales/:id', status: 200 },
        { count: 1, method: 'GET', endpoint: 'unmatched', status: 404 },
      ]);
      expect(recorder.durations.at(-1)).toBeLessThan(5);
      const line = recorder.lines.findLast(({ message }) => message === 'request answered');
      expect(line?.fields).toMatchObject({ route: 'unmatched', status: 404 });
      expect(JSON.stringify(recorder.lines)).not.toContain('secret-path');
    });

    it('sends the headers of an API', async () => {
      const response = await at('/v1/unknown');

      expect(response.headers.get('x-content-type-options')).toBe('nosniff');
      expect(response.headers.get('cache-control')).toBe('no-store');
    });
  });

  describe('fails', () => {
    it('without a word about a defect, which is logged and reported', async () => {
      const response = await at('/v1/defect', { headers: bearer(keys.clerk.key) });

      expect(response.status).toBe(500);
      const problem = await problemOf(response);
      expect(problem.code).toBe('service/defect');
      expect(JSON.stringify(problem)).not.toMatch(/hunter2|TypeError|postgresql/);
      expect(running.recorder.reported).toContainEqual(expect.any(TypeError));
      expect(running.recorder.lines).toContainEqual(
        expect.objectContaining({ level: 'error', fields: expect.objectContaining({ code: 'service/defect' }) }),
      );
    });

    it('with Retry-After while a dependency is down', async () => {
      const response = await at('/v1/down', { headers: bearer(keys.clerk.key) });

      expect(response.status).toBe(503);
      expect(response.headers.get('retry-after')).toBe('2');
      expect(await problemOf(response)).toMatchObject({ code: 'ledger/down', retryAfterSeconds: 2 });
    });
  });

  describe('serves documents', () => {
    it.each(['/openapi.json', '/asyncapi.json', '/schemas/steward.sales.order-completed/1.json'])(
      'has %s without a key',
      async (path) => {
        const response = await at(path);

        expect(response.status).toBe(200);
        expect(await response.json()).toEqual(expect.any(Object));
      },
    );

    it.each(['/schemas/steward.sales.order-completed/2.json', '/schemas/__proto__/1.json'])(
      'has no %s',
      async (path) => {
        const response = await at(path);

        expect(response.status).toBe(404);
        expect((await problemOf(response)).code).toBe('documents/not-found');
      },
    );
  });
});

describe('the rate limit', () => {
  it('answers 429 to the key that exceeds it, and to no other; probes are exempt', async () => {
    const { application, url } = await start({ RATE_LIMIT_PER_MINUTE: 3 });
    const ask = (key: string) => fetch(`${url}/v1/sales`, { headers: bearer(key) });

    const statuses = [];
    for (let count = 0; count < 3; count += 1) statuses.push((await ask(keys.clerk.key)).status);
    const refused = await ask(keys.clerk.key);
    const other = await ask(keys.boss.key);
    for (let count = 0; count < 5; count += 1) statuses.push((await fetch(`${url}/health/live`)).status);
    await application.close();

    expect(statuses).toEqual(Array(8).fill(200));
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await problemOf(refused)).toMatchObject({
      code: 'http/rate-limited',
      retryAfterSeconds: expect.any(Number),
    });
    expect(other.status).toBe(200);
  });

  it('counts wrong keys and unknown paths by address', async () => {
    const { application, url } = await start({ RATE_LIMIT_PER_MINUTE: 2 });
    const guess = () => fetch(`${url}/v1/sales`, { headers: bearer(generateApiKey().key) });

    const statuses = [(await guess()).status, (await fetch(`${url}/nowhere`)).status, (await guess()).status];
    await application.close();

    expect(statuses).toEqual([401, 404, 429]);
  });
});

describe('authentication that is off', () => {
  it('takes every request, for any tenant and with every role', async () => {
    const { application, url } = await start({ AUTHENTICATION: 'off', DEFAULT_TENANT: 'acme' });

    const response = await fetch(`${url}/v1/tenants/acme`);
    await application.close();

    expect(await response.json()).toEqual({ tenant: 'acme', keyId: 'development' });
  });
});

describe('health', () => {
  it('is degraded, unhealthy and not ready as its components are', async () => {
    const { application, url, health } = await start();
    const ask = async (path: string) => {
      const response = await fetch(`${url}${path}`);
      return { status: response.status, body: (await response.json()) as { status: string; components?: object } };
    };
    const states = { database: 'healthy' as 'healthy' | 'unhealthy', claude: 'unhealthy' as const };
    health.register({ name: 'database', required: true, check: () => Promise.resolve({ status: states.database }) });
    health.register({
      name: 'claude_api',
      required: false,
      check: () => Promise.reject(new Error('401 for sk-ant-abc123456 at https://user:pw@api')),
    });

    const degraded = await ask('/health');
    const ready = await ask('/health/ready');
    states.database = 'unhealthy';
    const unhealthy = await ask('/health');
    const notReady = [await ask('/health/ready'), await ask('/ready')];
    const live = await ask('/health/live');
    states.database = 'healthy';
    health.beginShutdown();
    const stopping = await ask('/ready');
    await application.close();

    expect(degraded).toMatchObject({ status: 200, body: { status: 'degraded' } });
    expect(degraded.body.components).toMatchObject({
      database: { status: 'healthy' },
      claude_api: { status: 'unhealthy', error: '401 for *** at https://user:***@api' },
    });
    expect(ready).toEqual({ status: 200, body: { status: 'ready' } });
    expect(unhealthy).toMatchObject({ status: 503, body: { status: 'unhealthy' } });
    expect(notReady).toEqual(Array(2).fill({ status: 503, body: { status: 'not-ready' } }));
    expect(live).toEqual({ status: 200, body: { status: 'alive' } });
    expect(stopping).toEqual({ status: 503, body: { status: 'not-ready' } });
  });
});

describe('closing', () => {
  it('finishes the request in flight, tells the client to leave, and takes no new ones', async () => {
    const { application, url, gate } = await start();
    const inFlight = fetch(`${url}/v1/slow`, { headers: bearer(keys.clerk.key) });
    await gate.entered.promise;

    const closed = application.close();
    await eventually(() => !application.getHttpServer().listening);
    const late = await fetch(`${url}/health/live`).then(
      () => 'answered',
      () => 'refused',
    );
    gate.open.resolve(undefined);
    const response = await inFlight;
    await closed;

    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ finished: true });
    expect(response.headers.get('connection')).toBe('close');
    expect(late).toBe('refused');
  });

  it('answers 503 to a request that was still arriving', async () => {
    const { application, url } = await start();
    let arrivedBytes = () => 0;
    application.getHttpServer().on('connection', (socket: Socket) => {
      arrivedBytes = () => socket.bytesRead;
    });

    const text = await rawExchange(url, 'GET /health/live HTTP/1.1\r\nHost: x\r\n', async (socket) => {
      await eventually(() => arrivedBytes() > 0);
      void application.close();
      await eventually(() => !application.getHttpServer().listening);
      socket.write('\r\n');
    });

    expect(text).toMatch(/^HTTP\/1\.1 503 /);
    expect(text).toMatch(/content-type: application\/problem\+json/);
    expect(text).toMatch(/connection: close/i);
    expect(text).toContain('http/service-stopping');
  });

  it('sends clients away as soon as the shutdown has begun, while it still answers them', async () => {
    const { application, url, health } = await start();
    const before = await fetch(`${url}/v1/sales`, { headers: bearer(keys.clerk.key) });

    health.beginShutdown();
    const after = await fetch(`${url}/v1/sales`, { headers: bearer(keys.clerk.key) });
    await application.close();

    expect([before.status, before.headers.get('connection')]).toEqual([200, 'keep-alive']);
    expect([after.status, after.headers.get('connection')]).toEqual([200, 'close']);
  });
});

type Socket = ReturnType<typeof connect>;

/** Writes bytes to the server and collects its answer until it closes the connection. */
async function rawExchange(url: string, bytes: string, then?: (socket: Socket) => Promise<void>): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  const ended = new Promise<void>((resolve, reject) => {
    socket.on('close', () => {
      resolve();
    });
    socket.on('error', reject);
  });
  socket.write(bytes);
  await then?.(socket);
  await ended;
  return Buffer.concat(chunks).toString();
}
