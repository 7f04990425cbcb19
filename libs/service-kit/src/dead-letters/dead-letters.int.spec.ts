import { Module, type DynamicModule } from '@nestjs/common';
import { Server, type CustomTransportStrategy } from '@nestjs/microservices';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Validator } from '@seriousme/openapi-schema-validator';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { problemSchema, type Problem } from '#libs/contracts';
import { startThrowAwayNats, type EmbeddedNats, type ThrowAway } from '#libs/embedded-servers';
import { Database, migrate, readModelDataSource } from '#libs/event-store';
import {
  BUS_MIGRATIONS,
  connectBus,
  deadLetterDetailSchema,
  deadLetterItemSchema,
  deadLetterPageSchema,
  type Bus,
  type DeadLetterItem,
} from '#libs/messaging';
import { createTestDatabase, eventually, type TestDatabase } from '#libs/testing';
import { baseConfiguration } from '../configuration/base-configuration.ts';
import { HealthRegistry } from '../health/health-registry.ts';
import { createHttpApplication } from '../http/create-http-application.ts';
import { systemClock } from '../http/request-ids.ts';
import { RequestInvalid } from '../problems/http.errors.ts';
import { BUS, CONFIGURATION, DATABASE, LOGGER } from '../runtime/tokens.ts';
import { generateApiKey } from '../security/api-keys.ts';
import type { Role } from '../security/principal.ts';
import { DeadLettersModule } from './dead-letters.module.ts';

const keys = {
  reader: generateApiKey(),
  operator: generateApiKey(),
  approver: generateApiKey(),
  watcher: generateApiKey(),
  boss: generateApiKey(),
};
const entry = (id: keyof typeof keys, tenant: string, role: Role) => ({
  id,
  tenant,
  roles: [role],
  sha256: keys[id].sha256,
});
const configuration = {
  ...baseConfiguration.parse({}),
  API_KEYS: [
    entry('reader', 'demo', 'reader'),
    entry('operator', 'demo', 'operator'),
    entry('approver', 'demo', 'approver'),
    entry('watcher', '*', 'reader'),
    entry('boss', '*', 'operator'),
  ],
};

const lines: { fields: object; message: string }[] = [];
const note = (fields: object, message: string): void => {
  lines.push({ fields, message });
};
const silent = () => undefined;
const logger = { debug: silent, info: note, warn: note, error: note, fatal: note };

@Module({})
class Tools {
  static with(database: Database, bus: Bus): DynamicModule {
    const providers = [
      { provide: DATABASE, useValue: database },
      { provide: BUS, useValue: bus },
      { provide: LOGGER, useValue: logger },
      { provide: CONFIGURATION, useValue: configuration },
    ];
    return { module: Tools, global: true, providers, exports: providers.map(({ provide }) => provide) };
  }
}

@Module({})
class Root {
  static with(database: Database, bus: Bus): DynamicModule {
    return { module: Root, imports: [Tools.with(database, bus), DeadLettersModule.of('health')] };
  }
}

/** Hands the spec what Nest found. */
class Handlers extends Server<Record<string, never>> implements CustomTransportStrategy {
  listen(callback: () => void): void {
    callback();
  }
  close(): Promise<void> {
    return Promise.resolve();
  }
  on(): never {
    throw new Error('no events');
  }
  unwrap(): never {
    throw new Error('no server');
  }
}

let testDatabase: TestDatabase;
let database: Database;
let nats: ThrowAway<EmbeddedNats>;
let bus: Bus;
let application: NestFastifyApplication;
let url: string;
const handlers = new Handlers();

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  nats = await startThrowAwayNats();
  const options = {
    url: testDatabase.url,
    schema: 'health',
    applicationName: 'spec',
    migrations: [...BUS_MIGRATIONS],
    entities: [],
  };
  const dataSource = await readModelDataSource(options).initialize();
  await migrate(dataSource, options);
  await dataSource.destroy();
  database = new Database(options);
  bus = await connectBus({ url: nats.server.url, name: 'spec' });
  application = await createHttpApplication(Root.with(database, bus), {
    configuration,
    logger: { ...logger, info: silent, warn: silent },
    health: new HealthRegistry({ clock: systemClock }),
    description: { title: 'Health', version: '1', description: 'A sample.' },
  });
  application.connectMicroservice({ strategy: handlers }, { inheritAppConfig: true });
  await application.startAllMicroservices();
  await application.listen(0, '127.0.0.1');
  url = await application.getUrl();
}, 60_000);

afterAll(async () => {
  await application.close();
  await bus.close();
  await nats.remove();
  await database.close();
  await testDatabase.drop();
});

beforeEach(async () => {
  await database.query('delete from parked_messages');
  lines.length = 0;
});

type Row = Readonly<{ tenant?: string | null; state?: string; stream?: string; consumer?: string; code?: string }>;
let positions = 0;

async function park(row: Row = {}): Promise<number> {
  positions += 1;
  const { tenant = 'demo', state = 'dead', stream = null, consumer = 'health_evt_agent', code = 'defect' } = row;
  const [inserted] = await database.query<{ id: number }>(
    `insert into parked_messages (consumer, source, epoch, position, stream_key, tenant, subject, headers, payload, state, code, reason)
     values ($1, 'agent', 1, $2, $3, $4, 'evt.agent.demo.5.item.decision-made.OIL001', '{"Correlation-Id":"c-1"}', '{}', $5, $6, 'broken')
     returning id`,
    [consumer, positions, stream, tenant, state, code],
  );
  return inserted?.id ?? 0;
}

type Who = keyof typeof keys;
const get = (who: Who, path = '') =>
  fetch(`${url}/v1/dead-letters${path}`, { headers: { 'x-api-key': keys[who].key } });
const post = (who: Who, path: string, body: object = {}) =>
  fetch(`${url}/v1/dead-letters${path}`, {
    method: 'POST',
    headers: { 'x-api-key': keys[who].key, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

async function listed(who: Who, path = ''): Promise<number[]> {
  const response = await get(who, path);
  expect(response.status).toBe(200);
  return deadLetterPageSchema.parse(await response.json()).data.map(({ deadLetterId }) => deadLetterId);
}

async function problemOf(response: Response, status: number): Promise<Problem> {
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  const problem = problemSchema.parse(await response.json());
  expect(problem.status).toBe(status);
  return problem;
}

async function stateOf(id: number): Promise<unknown> {
  const [row] = await database.query<{ state: string }>('select state from parked_messages where id = $1', [id]);
  return row?.state;
}

describe('GET /v1/dead-letters', () => {
  it('lists in pages, newest first, by state, consumer and code', async () => {
    const one = await park({ code: 'stock/unknown-item' });
    const two = await park({ consumer: 'health_business' });
    const three = await park({ state: 'retrying' });
    const discarded = await park({ state: 'discarded' });

    expect(await listed('reader')).toEqual([three, two, one]);
    expect(await listed('reader', '?state=discarded')).toEqual([discarded]);
    expect(await listed('reader', '?consumer=health_business')).toEqual([two]);
    expect(await listed('reader', '?code=stock/unknown-item')).toEqual([one]);

    const first = deadLetterPageSchema.parse(await (await get('reader', '?limit=2')).json());
    expect(first).toMatchObject({ hasMore: true, data: [{ deadLetterId: three }, { deadLetterId: two }] });
    expect(await listed('reader', `?limit=2&after=${first.nextCursor ?? ''}`)).toEqual([one]);
  });

  it.each([
    ['?state=gone', '#/query/state'],
    ['?limit=0', '#/query/limit'],
    ['?after=nowhere', '#/query/after'],
    ['?tenant=NO', '#/query/tenant'],
    ['/zero', '#/path/id'],
    ['/0', '#/path/id'],
  ])('answers 422 to %s', async (path, pointer) => {
    expect((await problemOf(await get('boss', path), 422)).errors?.[0]?.pointer).toBe(pointer);
  });

  it('names the streams that are blocked, and what each waits for', async () => {
    const head = await park({ stream: 'demo/item-OIL001' });
    const behind = await park({ stream: 'demo/item-OIL001', state: 'waiting' });
    const other = await park({ stream: 'demo/item-EGG001', state: 'retrying' });
    await park();

    const { data } = deadLetterPageSchema.parse(await (await get('reader', '/blocked')).json());
    expect(data).toMatchObject([
      { deadLetterId: head, state: 'dead', stream: 'demo/item-OIL001', blocks: { waiting: 1, oldest: behind } },
      { deadLetterId: other, state: 'retrying', blocks: { waiting: 0 } },
    ]);
    const first = deadLetterPageSchema.parse(await (await get('reader', '/blocked?limit=1')).json());
    expect(await listed('reader', `/blocked?after=${first.nextCursor ?? ''}`)).toEqual([other]);
  });

  it('shows one with its content', async () => {
    const id = await park();

    const detail = deadLetterDetailSchema.parse(await (await get('reader', `/${id}`)).json());
    expect(detail).toMatchObject({ deadLetterId: id, message: { headers: { 'Correlation-Id': 'c-1' }, body: '{}' } });
    expect((await problemOf(await get('reader', '/999999'), 404)).code).toBe('dead-letter/not-found');
  });
});

describe('a key', () => {
  it('of a tenant sees and decides on that tenant only; one of every tenant, on all or on the one it names', async () => {
    const own = await park();
    const other = await park({ tenant: 'acme' });
    const nobodys = await park({ tenant: null });

    expect(await listed('reader')).toEqual([own]);
    expect(await listed('watcher')).toEqual([nobodys, other, own]);
    expect(await listed('watcher', '?tenant=acme')).toEqual([other]);
    await problemOf(await get('reader', '?tenant=acme'), 403);
    await problemOf(await get('reader', `/${other}?tenant=acme`), 403);
    for (const id of [other, nobodys]) {
      await problemOf(await get('reader', `/${id}`), 404);
      await problemOf(await post('operator', `/${id}/redrive`), 404);
      await problemOf(await post('operator', `/${id}/discard`, { reason: 'no' }), 404);
      await problemOf(await post('operator', `/${id}/discard?tenant=acme`, { reason: 'no' }), 403);
    }
    const many = await post('operator', '/redrive', { consumer: 'health_evt_agent' });
    expect(await many.json()).toEqual({ redriven: 1 });
    expect(await stateOf(other)).toBe('dead');
    await problemOf(await post('boss', `/${other}/redrive?tenant=demo`), 404);
    expect((await post('boss', `/${nobodys}/redrive`)).status).toBe(202);
    expect((await post('boss', `/${other}/redrive?tenant=acme`)).status).toBe(202);
  });

  it('needs the role operator to decide, and reader to look', async () => {
    const id = await park();

    for (const path of ['/redrive', `/${id}/redrive`, `/${id}/discard`])
      expect((await problemOf(await post('reader', path, { reason: 'no', code: 'x' }), 403)).code).toBe(
        'security/role-missing',
      );
    for (const path of ['', '/blocked', `/${id}`]) await problemOf(await get('approver', path), 403);
    expect((await fetch(`${url}/v1/dead-letters`)).status).toBe(401);
    expect(await stateOf(id)).toBe('dead');
  });
});

describe('a decision', () => {
  it('to re-drive wakes the holders, is noted with who made it, and is made once', async () => {
    const id = await park();
    const woken: string[] = [];
    const stop = bus.subscribe('parked.>', ({ subject }) => woken.push(subject));
    await bus.ping();

    const response = await post('operator', `/${id}/redrive`);

    expect(response.status).toBe(202);
    expect(deadLetterItemSchema.parse(await response.json())).toMatchObject({ deadLetterId: id, state: 'retrying' });
    expect(lines).toMatchObject([
      { fields: { by: 'key:operator', deadLetterId: id }, message: 'a dead letter was re-driven' },
    ]);
    await eventually(() => {
      expect(woken).toEqual(['parked.health']);
    });
    stop();
    const again = await problemOf(await post('operator', `/${id}/redrive`), 409);
    expect(again).toMatchObject({ code: 'dead-letter/not-dead', detail: expect.stringContaining('is retrying') });
    expect(lines).toHaveLength(1);
  });

  it('to re-drive many says how many, and names at least one thing', async () => {
    const one = await park({ code: 'stock/unknown-item' });
    const other = await park();
    const request = { code: 'stock/unknown-item', failedBefore: '2100-01-01T00:00:00Z' };

    expect(await (await post('boss', '/redrive', request)).json()).toEqual({ redriven: 1 });

    expect([await stateOf(one), await stateOf(other)]).toEqual(['retrying', 'dead']);
    expect(lines).toMatchObject([{ fields: { by: 'key:boss', scope: '*', ...request, redriven: 1 } }]);
    const refused = await problemOf(await post('boss', '/redrive'), 422);
    expect(refused.errors?.[0]?.detail).toBe('must name at least one of consumer, code, failedBefore');
    await problemOf(await post('boss', '/redrive', { conusmer: 'x' }), 422);
    await problemOf(await post('boss', '/redrive', { failedBefore: 'yesterday' }), 422);
    const long = await post('boss', '/redrive', { failedBefore: '0000-01-01T00:00:00Z' });
    expect(await long.json()).toEqual({ redriven: 0 });
    expect(await stateOf(other)).toBe('dead');
  });

  it('to discard is kept with who, when and why', async () => {
    const id = await park();

    const response = await post('operator', `/${id}/discard`, { reason: 'The item never existed.' });

    expect(response.status).toBe(200);
    const item: DeadLetterItem = deadLetterItemSchema.parse(await response.json());
    expect(item).toMatchObject({
      state: 'discarded',
      settled: { by: 'key:operator', reason: 'The item never existed.' },
    });
    expect(await (await get('reader', `/${id}`)).json()).toMatchObject({ settled: item.settled });
    expect(lines).toMatchObject([
      {
        fields: { by: 'key:operator', reason: 'The item never existed.', deadLetterId: id },
        message: 'a dead letter was discarded',
      },
    ]);
    await problemOf(await post('operator', `/${id}/discard`, { reason: 'again' }), 409);
  });

  it.each([
    ['nothing', {}],
    ['empty text', { reason: '' }],
    ['blank text', { reason: ' \n' }],
    ['text that cannot be stored', { reason: 'a\u0000b' }],
    ['a novel', { reason: 'x'.repeat(2_001) }],
  ])('to discard needs a reason, which %s is not', async (_, body) => {
    const id = await park();

    expect((await problemOf(await post('operator', `/${id}/discard`, body), 422)).errors?.[0]?.pointer).toBe(
      '#/reason',
    );
    expect(await stateOf(id)).toBe('dead');
  });
});

describe('beside the operations', () => {
  it('the bus is asked by query.<service>.list-dead-letters, for the default tenant unless it names one', async () => {
    const own = await park({ tenant: configuration.DEFAULT_TENANT });
    const other = await park({ tenant: 'acme' });
    const handler = handlers.getHandlers().get('query.health.list-dead-letters');
    const ask = async (query: object) => deadLetterPageSchema.parse(await handler?.(query));

    expect(await ask({})).toMatchObject({ data: [{ deadLetterId: own }], hasMore: false });
    expect(await ask({ tenant: 'acme', limit: 1 })).toMatchObject({ data: [{ deadLetterId: other }] });
    await expect(ask({ state: 'gone' })).rejects.toBeInstanceOf(RequestInvalid);
  });

  it('they are described in /openapi.json', async () => {
    const document = (await (await fetch(`${url}/openapi.json`)).json()) as { paths: Record<string, object> };

    expect(await new Validator().validate(structuredClone(document))).toMatchObject({ valid: true });
    expect(Object.keys(document.paths).filter((path) => path.startsWith('/v1/dead-letters'))).toEqual([
      '/v1/dead-letters',
      '/v1/dead-letters/blocked',
      '/v1/dead-letters/{id}',
      '/v1/dead-letters/redrive',
      '/v1/dead-letters/{id}/redrive',
      '/v1/dead-letters/{id}/discard',
    ]);
    expect(document.paths['/v1/dead-letters/{id}/discard']).toMatchObject({
      post: {
        responses: { 200: {}, 404: {}, 409: {}, 422: {} },
        description: expect.stringContaining('role operator'),
      },
    });
  });
});
