import { HttpException } from '@nestjs/common';
import { ZodError } from 'zod';
import { violationsOf } from '#libs/contracts';
import { DomainError } from '#libs/kernel';
import type { ErrorKind } from '#libs/kernel';
import { FrameworkRefusal, RequestInvalid } from './http.errors.ts';

type Refusal = Readonly<{ kind: ErrorKind; code: string; message?: string }>;

/** Fastify's own errors whose words or kind we change. */
const FASTIFY_ERRORS: Readonly<Record<string, Refusal>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: {
    kind: 'too-large',
    code: 'http/body-too-large',
    message: 'The body is larger than this operation takes. Send less at a time.',
  },
  FST_ERR_CTP_INVALID_MEDIA_TYPE: {
    kind: 'unsupported-format',
    code: 'http/unsupported-media-type',
    message: 'The Content-Type is missing or not supported. Send application/json or a CloudEvents media type.',
  },
  FST_ERR_CTP_EMPTY_JSON_BODY: {
    kind: 'malformed',
    code: 'http/empty-body',
    message: 'The Content-Type promises JSON and the body is empty. Send a JSON document.',
  },
};

const KIND_OF_STATUS: Readonly<Record<number, Refusal>> = {
  400: { kind: 'malformed', code: 'http/bad-request' },
  401: { kind: 'unauthenticated', code: 'security/unauthenticated' },
  403: { kind: 'forbidden', code: 'http/forbidden' },
  404: { kind: 'not-found', code: 'http/not-found' },
  409: { kind: 'conflict', code: 'http/conflict' },
  413: { kind: 'too-large', code: 'http/body-too-large' },
  415: { kind: 'unsupported-format', code: 'http/unsupported-media-type' },
  422: { kind: 'invalid', code: 'http/unprocessable' },
  429: { kind: 'rate-limited', code: 'http/rate-limited' },
  503: { kind: 'unavailable', code: 'http/unavailable' },
};

/**
 * The foreseen error that something thrown stands for; undefined when it is a defect.
 * Knows DomainError, ZodError, Nest's HttpException and Fastify's errors. Theirs from 500 on are defects, except 503.
 */
export function foreseen(error: unknown): DomainError | undefined {
  if (error instanceof DomainError) return error;
  if (error instanceof ZodError) return new RequestInvalid(violationsOf(error.issues));
  if (error instanceof HttpException) return foreseen(error.cause) ?? refusalOf(error.getStatus(), error.message);
  return fastifyRefusal(error);
}

function fastifyRefusal(error: unknown): DomainError | undefined {
  if (!(error instanceof Error) || !('statusCode' in error) || typeof error.statusCode !== 'number') return undefined;
  const known = 'code' in error && typeof error.code === 'string' ? FASTIFY_ERRORS[error.code] : undefined;
  return refusalOf(error.statusCode, error.message, known);
}

function refusalOf(status: number, message: string, known?: Refusal): DomainError | undefined {
  const refusal = known ?? KIND_OF_STATUS[status];
  if (refusal) return new FrameworkRefusal({ message, ...refusal, status });
  if (status < 400 || status >= 500) return undefined;
  return new FrameworkRefusal({ kind: 'malformed', code: `http/status-${status}`, status, message });
}
