import { Controller, Get, HttpCode, Module, NotFoundException, Param, Post } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Validator } from '@seriousme/openapi-schema-validator';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { correlationId, streamId, tenantId } from '#libs/kernel';
import { position, type EventStore, type LogProgress } from '#libs/event-store';
import { eventually } from '#libs/testing';
import { baseConfiguration } from '../configuration/base-configuration.ts';
import { HealthRegistry } from '../health/health-registry.ts';
import { createHttpApplication } from '../http/create-http-application.ts';
import { systemClock } from '../http/request-ids.ts';
import { Operation } from '../openapi/operation.decorator.ts';
import { generateApiKey } from '../security/api-keys.ts';
import { notingPositions, writtenPosition } from './log-trail.ts';
import { PositionGate } from './position-gate.ts';

const log = { epoch: 1, head: 10, projected: 10 };
let looks = 0;
const look = (): Promise<LogProgress> => {
  looks += 1;
  return Promise.resolve({
    epoch: log.epoch,
    head: position(log.head),
    subscribers: [{ name: 'orders', position: position(log.projected) }],
  });
};

const unused = (): never => {
  throw new Error('not part of this spec');
};
const store: EventStore = notingPositions({
  append: () => {
    log.head += 1;
    const at = position(log.head);
    return Promise.resolve({ outcome: 'appended', streamVersion: 1, firstPosition: at, lastPosition: at });
  },
  transaction: unused,
  readStream: unused,
  readAll: unused,
  readByPositions: unused,
  head: unused,
  onCommit: unused,
});

const done = { 200: { description: 'Done.' } };
let reads = 0;

@Controller('v1/orders')
class OrdersController {
  @Post()
  @HttpCode(200)
  @Operation({ summary: 'Place', access: ['publisher'], answers: done })
  async place(): Promise<object> {
    await store.append({
      tenant: tenantId('demo'),
      streamId: streamId('order', '1'),
      expected: 'any',
      events: [{ type: 'order.placed', typeVersion: 1, data: {} }],
      metadata: { correlationId: correlationId('spec'), actor: 'spec', occurredAt: '2026-11-22T09:30:00Z' },
    });
    return { ...writtenPosition() };
  }

  @Post('again')
  @HttpCode(204)
  @Operation({ summary: 'Change nothing', access: ['publisher'], answers: { 204: { description: 'Nothing.' } } })
  again(): void {
    return undefined;
  }

  @Get(':id')
  @Operation({ summary: 'One', access: ['reader'], answers: done, problems: ['not-found'] })
  one(@Param('id') id: string): object {
    reads += 1;
    if (id === 'none') throw new NotFoundException('There is no such order.');
    return { id, projected: log.projected };
  }
}

@Module({ controllers: [OrdersController] })
class OrdersModule {}

const silent = () => undefined;
const key = generateApiKey();
let application: NestFastifyApplication;
let url: string;
let gate: PositionGate;

beforeAll(async () => {
  gate = new PositionGate({ look, clock: systemClock, waitMs: 300 });
  application = await createHttpApplication(OrdersModule, {
    configuration: baseConfiguration.parse({
      API_KEYS: JSON.stringify([{ id: 'till', tenant: 'demo', roles: ['publisher', 'reader'], sha256: key.sha256 }]),
    }),
    logger: { debug: silent, info: silent, warn: silent, error: silent, fatal: silent },
    health: new HealthRegistry({ clock: systemClock }),
    description: { title: 'Orders', version: '1.0.0', description: 'A sample.' },
    positions: gate,
  });
  await application.listen(0, '127.0.0.1');
  url = await application.getUrl();
});
afterAll(() => application.close());
beforeEach(() => {
  Object.assign(log, { epoch: 1, head: 10, projected: 10 });
  gate.appended(position(100)); // what an earlier test knew is old news
});

async function call(path: string, headers: Readonly<Record<string, string>> = {}, method = 'GET') {
  const answer = await fetch(`${url}${path}`, { method, headers: { 'x-api-key': key.key, ...headers } });
  const text = await answer.text();
  const body: unknown = text === '' ? undefined : JSON.parse(text);
  return { status: answer.status, body, headers: answer.headers, position: answer.headers.get('log-position') };
}

describe('a write over HTTP', () => {
  it('says where in the log it wrote, in header and body', async () => {
    expect(await call('/v1/orders', {}, 'POST')).toMatchObject({
      status: 200,
      position: '1:11',
      body: { position: 11 },
    });
  });

  it('that changed nothing says how far the log was', async () => {
    expect(await call('/v1/orders/again', {}, 'POST')).toMatchObject({ status: 204, position: '1:10' });
  });

  it('does not wait', async () => {
    expect(await call('/v1/orders', { 'wait-for-position': '7:999' }, 'POST')).toMatchObject({ status: 200 });
  });
});

describe('a read over HTTP', () => {
  it('says what it contains, also when it finds nothing', async () => {
    log.projected = 9;

    expect(await call('/v1/orders/7', { 'wait-for-position': '9' })).toMatchObject({ status: 200, position: '1:9' });
    expect(await call('/v1/orders/none')).toMatchObject({ status: 404, position: '1:9' });
  });

  it.each(['1:11', '11'])('is answered when the position %s is reached, not before', async (wanted) => {
    log.head = 11;
    const before = { reads, looks };
    const answer = call('/v1/orders/7', { 'wait-for-position': wanted });
    await eventually(() => looks >= before.looks + 3); // it looks again and again
    expect(reads).toBe(before.reads);

    log.projected = 11;
    gate.projected();

    expect(await answer).toMatchObject({ status: 200, position: '1:11', body: { projected: 11 } });
  });

  it('is answered 503 after the limit, with what is behind and when to come again', async () => {
    log.head = 12;
    const answer = await call('/v1/orders/7', { 'wait-for-position': '1:12' });

    expect(answer).toMatchObject({ status: 503, body: { code: 'read-model/behind', retryAfterSeconds: 1 } });
    expect(answer.headers.get('retry-after')).toBe('1');
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(answer.body).toMatchObject({
      detail: expect.stringContaining('The read model orders is at position 1:10 and did not reach 12 within 300 ms'),
    });
  });

  it.each([
    ['1:11', 409, 'read-model/unknown-position'],
    ['11', 409, 'read-model/unknown-position'],
    ['2:5', 409, 'read-model/other-epoch'],
    ['five', 400, 'read-model/malformed-position'],
    ['1:5, 1:6', 400, 'read-model/malformed-position'],
    ['', 400, 'read-model/malformed-position'],
  ])('that waits for "%s" is refused with %d %s', async (wanted, status, code) => {
    expect(await call('/v1/orders/7', { 'wait-for-position': wanted })).toMatchObject({ status, body: { code } });
  });

  it('makes nobody wait who may not read', async () => {
    log.head = 12;
    expect(await call('/v1/orders/7', { 'wait-for-position': '12', 'x-api-key': 'wrong' })).toMatchObject({
      status: 401,
      position: null,
    });
  });

  it.each(['/health', '/health/live', '/openapi.json'])('of %s knows no position and does not wait', async (path) => {
    expect(await call(path, { 'wait-for-position': 'five' })).toMatchObject({ status: 200, position: null });
  });
});

describe('the OpenAPI document of a service with a log', () => {
  const documentSchema = z.looseObject({
    paths: z.record(z.string(), z.record(z.string(), z.looseObject({ parameters: z.array(z.unknown()).optional() }))),
  });
  const documented = async () => documentSchema.parse((await call('/openapi.json')).body);

  it('is valid', async () => {
    expect(await new Validator().validate(structuredClone(await documented()))).toMatchObject({ valid: true });
  });

  it('names the headers of reads and writes, and the refusals of a wait', async () => {
    const { paths } = await documented();
    const position = { 'Log-Position': { $ref: '#/components/headers/LogPosition' } };

    expect(paths['/v1/orders']?.['post']).toMatchObject({ responses: { 200: { headers: position } } });
    expect(paths['/v1/orders']?.['post']?.parameters ?? []).toEqual([]);
    expect(paths['/v1/orders/{id}']?.['get']).toMatchObject({
      parameters: [{ name: 'id' }, { $ref: '#/components/parameters/WaitForPosition' }],
      responses: {
        200: { headers: position },
        400: { $ref: '#/components/responses/Problem400' },
        409: { $ref: '#/components/responses/Problem409' },
        503: { $ref: '#/components/responses/Problem503' },
      },
    });
    expect(JSON.stringify(paths['/health'])).not.toContain('Position');
  });
});
