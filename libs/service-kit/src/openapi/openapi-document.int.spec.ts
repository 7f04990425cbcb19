import { Body, Controller, Get, HttpCode, Module, Param, Post, Query } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Validator } from '@seriousme/openapi-schema-validator';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { baseConfiguration } from '../configuration/base-configuration.ts';
import { HealthRegistry } from '../health/health-registry.ts';
import { createHttpApplication } from '../http/create-http-application.ts';
import { systemClock } from '../http/request-ids.ts';
import { CurrentPrincipal } from '../security/access.decorators.ts';
import type { Principal } from '../security/principal.ts';
import { Operation } from './operation.decorator.ts';

const lineSchema = z.object({ sku: z.string(), quantity: z.number().positive() }).meta({ id: 'Line' });
const orderSchema = z
  .object({
    kind: z.literal('order'),
    placedAt: z.iso.datetime(),
    note: z.string().nullable(),
    lines: z.array(lineSchema).min(1),
    limit: z.coerce.number().default(3),
  })
  .meta({ id: 'Order', description: 'What a guest wants.' });
const acceptedSchema = z.object({ position: z.int() });
const listSchema = z.object({
  limit: z.coerce.number().int().min(1).max(100).default(20).describe('At most so many.'),
  after: z.string().optional(),
});
const orderIdSchema = z.uuid();

@Controller('v1/orders')
class OrdersController {
  @Post()
  @HttpCode(202)
  @Operation({
    summary: 'Place an order',
    description: 'The same order again is harmless.',
    access: ['publisher', 'operator'],
    consumes: ['application/json', 'application/cloudevents+json'],
    answers: {
      202: { description: 'Accepted.', schema: acceptedSchema },
      207: { description: 'Accepted in part.', schema: z.array(acceptedSchema) },
    },
    problems: ['conflict', 'refused', 'unavailable'],
  })
  place(@Body({ schema: orderSchema }) order: z.infer<typeof orderSchema>, @CurrentPrincipal() by: Principal): object {
    return { position: order.lines.length, by };
  }

  @Get()
  @Operation({
    summary: 'List orders',
    access: ['reader'],
    answers: { 200: { description: 'A page.', schema: z.object({ data: z.array(orderSchema) }) } },
  })
  list(@Query({ schema: listSchema }) query: z.infer<typeof listSchema>): object {
    return query;
  }

  @Get(':orderId')
  @Operation({
    summary: 'One order',
    access: ['reader'],
    answers: { 200: { description: 'It.', schema: orderSchema } },
    problems: ['not-found'],
  })
  one(@Param('orderId', { schema: orderIdSchema }) orderId: string): object {
    return { orderId };
  }
}

@Module({ controllers: [OrdersController] })
class OrdersModule {}

const silent = () => undefined;
const documentSchema = z.looseObject({
  openapi: z.string(),
  paths: z.record(z.string(), z.record(z.string(), z.looseObject({ responses: z.record(z.string(), z.unknown()) }))),
  components: z.looseObject({ schemas: z.record(z.string(), z.unknown()) }),
});

describe('the OpenAPI document of a running service', () => {
  let application: NestFastifyApplication;
  let document: z.infer<typeof documentSchema>;

  beforeAll(async () => {
    application = await createHttpApplication(OrdersModule, {
      configuration: baseConfiguration.parse({}),
      logger: { debug: silent, info: silent, warn: silent, error: silent, fatal: silent },
      health: new HealthRegistry({ clock: systemClock }),
      description: { title: 'Orders', version: '1.2.3', description: 'A sample.' },
    });
    await application.listen(0, '127.0.0.1');
    const response = await fetch(`${await application.getUrl()}/openapi.json`);
    document = documentSchema.parse(await response.json());
  });
  afterAll(() => application.close());

  const operation = (path: string, method: string) => document.paths[path]?.[method];

  it('is valid OpenAPI 3.1 without a dangling reference', async () => {
    const validator = new Validator();
    const result = await validator.validate(structuredClone(document));

    expect(result).toMatchObject({ valid: true });
    expect(document.openapi).toBe('3.1.0');
    expect(references(document).filter((reference) => resolve(document, reference) === undefined)).toEqual([]);
  });

  it('is what a validator would refuse if an operation lost its answers', async () => {
    const broken = structuredClone(document);
    Reflect.deleteProperty(broken.paths['/v1/orders'] ?? {}, 'get');
    Reflect.set(broken.paths['/v1/orders'] ?? {}, 'get', { responses: 'none' });

    expect(await new Validator().validate(broken)).toMatchObject({ valid: false });
  });

  it('describes body, query and path by their schemas', () => {
    expect(operation('/v1/orders', 'post')?.['requestBody']).toMatchObject({
      required: true,
      content: {
        'application/json': { schema: { $ref: '#/components/schemas/Order' } },
        'application/cloudevents+json': { schema: { $ref: '#/components/schemas/Order' } },
      },
    });
    expect(operation('/v1/orders', 'get')?.['parameters']).toEqual([
      expect.objectContaining({ name: 'limit', in: 'query', required: false }),
      expect.objectContaining({ name: 'after', in: 'query', required: false }),
    ]);
    expect(operation('/v1/orders/{orderId}', 'get')?.['parameters']).toEqual([
      expect.objectContaining({
        name: 'orderId',
        in: 'path',
        required: true,
        schema: expect.objectContaining({ format: 'uuid' }),
      }),
    ]);
  });

  it('shares schemas that have a name', () => {
    expect(JSON.stringify(document.components.schemas)).not.toContain('additionalProperties":false');
    expect(document.components.schemas).toMatchObject({
      Order: {
        required: ['kind', 'placedAt', 'note', 'lines'],
        type: 'object',
        description: 'What a guest wants.',
        properties: {
          note: { type: ['string', 'null'] },
          lines: { items: { $ref: '#/components/schemas/Line' } },
        },
      },
      Line: { type: 'object', required: ['sku', 'quantity'] },
      Problem: { type: 'object' },
    });
  });

  it('lists the problems of each operation, those of the edge included', () => {
    const problemsOf = (path: string, method: string) =>
      Object.entries(operation(path, method)?.responses ?? {})
        .filter(([, answer]) => JSON.stringify(answer).includes('#/components/responses/Problem'))
        .map(([status]) => Number(status));

    expect(problemsOf('/v1/orders', 'post')).toEqual([400, 401, 403, 409, 413, 415, 422, 429, 500, 503]);
    expect(problemsOf('/v1/orders', 'get')).toEqual([401, 403, 422, 429, 500]);
    expect(problemsOf('/v1/orders/{orderId}', 'get')).toEqual([401, 403, 404, 422, 429, 500]);
    expect(problemsOf('/health/live', 'get')).toEqual([429, 500]);
  });

  it('says who may call what', () => {
    expect(operation('/v1/orders', 'post')).toMatchObject({
      security: [{ bearer: [] }, { header: [] }],
      description: 'The same order again is harmless.\n\nNeeds the role publisher or operator.',
    });
    expect(operation('/health', 'get')?.['security']).toEqual([]);
  });

  it('names media types other than JSON', () => {
    expect(operation('/schemas/{type}/{file}', 'get')?.responses['200']).toMatchObject({
      content: { 'application/schema+json': { schema: { type: 'object' } } },
    });
  });

  it('keeps its own notes to itself', () => {
    expect(JSON.stringify(document)).not.toContain('x-steward');
  });
});

function references(node: unknown): string[] {
  if (typeof node !== 'object' || node === null) return [];
  return Object.entries(node).flatMap(([key, value]: [string, unknown]) =>
    key === '$ref' && typeof value === 'string' ? [value] : references(value),
  );
}

function resolve(document: object, reference: string): unknown {
  let node: unknown = document;
  for (const key of reference.replace('#/', '').split('/')) {
    node = typeof node === 'object' && node !== null ? Reflect.get(node, key) : undefined;
  }
  return node;
}
