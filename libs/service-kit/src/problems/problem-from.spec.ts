import { BadRequestException, InternalServerErrorException, NotFoundException } from '@nestjs/common';
import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { problemSchema } from '#libs/contracts';
import { DomainError } from '#libs/kernel';
import type { ErrorKind } from '#libs/kernel';
import { ERROR_POLICY } from './error-policy.ts';
import { MethodNotAllowed, RateLimited, RequestInvalid } from './http.errors.ts';
import { problemFrom } from './problem-from.ts';

const context = {
  requestId: '019ca000-0000-7000-8000-000000000001',
  correlationId: 'order-42',
  traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
};
const from = (error: unknown) => problemFrom(error, context);

class Foreseen extends DomainError {
  readonly code = 'sample/foreseen';
  readonly kind: ErrorKind;
  readonly retryAfterMs: number | undefined;

  constructor(kind: ErrorKind, retryAfterMs?: number) {
    super('The sample happened. Do something else.');
    this.kind = kind;
    this.retryAfterMs = retryAfterMs;
  }
}

/** As Fastify throws them. */
const fastifyError = (code: string, statusCode: number, message = 'Fastify said no') =>
  Object.assign(new Error(message), { name: 'FastifyError', code, statusCode });

describe('the error policy', () => {
  it.each([
    ['malformed', 400, 'dead-letter'],
    ['invalid', 422, 'dead-letter'],
    ['unauthenticated', 401, 'dead-letter'],
    ['forbidden', 403, 'dead-letter'],
    ['not-found', 404, 'dead-letter'],
    ['conflict', 409, 'retry'],
    ['refused', 409, 'acknowledge'],
    ['too-large', 413, 'dead-letter'],
    ['unsupported-format', 415, 'dead-letter'],
    ['rate-limited', 429, 'retry'],
    ['unavailable', 503, 'retry'],
    ['defect', 500, 'retry'],
  ] as const)('answers %s with %i and settles a message by %s', (kind, status, settle) => {
    expect(ERROR_POLICY[kind]).toMatchObject({ status, settle });
  });
});

describe('a problem', () => {
  it('says what a foreseen error says, and which request it was', () => {
    const { problem } = from(new Foreseen('refused'));

    expect(problem).toEqual({
      type: 'urn:steward:problem:sample/foreseen',
      title: ERROR_POLICY.refused.title,
      status: 409,
      detail: 'The sample happened. Do something else.',
      instance: `urn:uuid:${context.requestId}`,
      code: 'sample/foreseen',
      traceId: context.traceId,
      correlationId: 'order-42',
    });
    expect(problemSchema.safeParse(problem).success).toBe(true);
  });

  it.each([
    new TypeError('secret path /etc/steward'),
    new InternalServerErrorException('secret path /etc/steward'),
    fastifyError('FST_ERR_HANDLER_TIMEOUT', 500, 'secret path /etc/steward'),
    'secret path /etc/steward',
    undefined,
  ])('says nothing about a defect: %p', (error) => {
    const { kind, problem } = from(error);

    expect(kind).toBe('defect');
    expect(problem).toMatchObject({ status: 500, code: 'service/defect' });
    expect(JSON.stringify(problem)).not.toMatch(/secret|TypeError|stack/);
  });

  it('points at violations', () => {
    const { problem } = from(new RequestInvalid([{ pointer: '#/a', detail: 'is required' }]));

    expect(problem).toMatchObject({ status: 422, errors: [{ pointer: '#/a', detail: 'is required' }] });
  });

  it('points at what zod found', () => {
    const { error } = z.object({ 'a/b': z.array(z.string()) }).safeParse({ 'a/b': ['x', 1] });

    expect(from(error).problem).toMatchObject({ status: 422, errors: [{ pointer: '#/a~1b/1' }] });
  });

  it.each<[unknown, number, string]>([
    [new BadRequestException('No such day.'), 400, 'http/bad-request'],
    [new NotFoundException('No such page.'), 404, 'http/not-found'],
    [new MethodNotAllowed('PUT', ['GET']), 405, 'http/method-not-allowed'],
    [fastifyError('FST_ERR_CTP_BODY_TOO_LARGE', 413), 413, 'http/body-too-large'],
    [fastifyError('FST_ERR_CTP_INVALID_MEDIA_TYPE', 415), 415, 'http/unsupported-media-type'],
    [fastifyError('FST_ERR_CTP_INVALID_CONTENT_LENGTH', 400), 400, 'http/bad-request'],
    [fastifyError('FST_ERR_MAX_PARAM_LENGTH', 414), 414, 'http/status-414'],
    [new BadRequestException('x', { cause: fastifyError('FST_ERR_CTP_EMPTY_JSON_BODY', 400) }), 400, 'http/empty-body'],
  ])('keeps the status of %p', (error, status, code) => {
    expect(from(error).problem).toMatchObject({ status, code });
  });

  it('says when to come back', () => {
    expect(from(new Foreseen('unavailable')).headers).toEqual({ 'retry-after': '5' });
    expect(from(new Foreseen('unavailable', 1_200)).headers).toEqual({ 'retry-after': '2' });
    expect(from(new RateLimited(10, 42))).toMatchObject({
      headers: { 'retry-after': '42' },
      problem: { retryAfterSeconds: 42 },
    });
    expect(from(new Foreseen('conflict')).headers).toEqual({});
  });

  it('says how to authenticate', () => {
    expect(from(new Foreseen('unauthenticated')).headers).toEqual({ 'www-authenticate': 'Bearer realm="steward"' });
  });
});
