import { LOG_FIELD } from '#libs/observability';
import type { FastifyRequest } from 'fastify';
import { requestContextOf } from './request-context.ts';

/** What every line about a request says of it. The route is its template: a raw URL may hold anything. */
export function logFieldsOf(request: FastifyRequest): Readonly<Record<string, unknown>> {
  const context = requestContextOf(request);
  return {
    [LOG_FIELD.traceId]: context?.traceId,
    [LOG_FIELD.correlationId]: context?.correlationId,
    requestId: context?.requestId,
    keyId: context?.principal?.keyId,
    method: request.method,
    route: request.is404 ? 'unmatched' : request.routeOptions.url,
  };
}
