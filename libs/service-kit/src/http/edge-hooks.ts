import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { IdSource } from '#libs/kernel';
import { nameHttpRoute } from '#libs/observability';
import { HEALTH_PATHS } from '../health/health-paths.ts';
import type { Logger, RequestMetrics } from '../ports.ts';
import {
  ContentEncodingUnsupported,
  MethodNotAllowed,
  RouteNotFound,
  ServiceStopping,
} from '../problems/http.errors.ts';
import type { Authenticator } from '../security/authenticator.ts';
import { Unauthenticated } from '../security/security.errors.ts';
import { contextFromHeaders } from './context-from-headers.ts';
import { logFieldsOf } from './log-fields.ts';
import { requestContextOf, runInRequestContext } from './request-context.ts';
import { RouteTable } from './route-table.ts';

export type EdgePorts = Readonly<{
  logger: Logger;
  authenticator: Authenticator;
  ids: IdSource;
  metrics?: RequestMetrics | undefined;
  /** Whether the process has begun to stop. */
  isStopping: () => boolean;
}>;

const API_HEADERS: Readonly<Record<string, string>> = {
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
};

/**
 * Finds out who asks and gives the request its context, its ids in the answer, and the headers of an API. Must be the first
 * hook. A wrong key is refused later, so that guesses are counted too.
 */
export function openContexts(instance: FastifyInstance, ports: EdgePorts): void {
  instance.addHook('onRequest', (request, reply, done) => {
    const context = contextFromHeaders(request.headers, ports);
    reply.headers({
      ...API_HEADERS,
      'x-correlation-id': context.correlationId,
      'x-trace-id': context.traceId,
      'x-request-id': context.requestId,
    });
    if (request.routeOptions.url !== undefined) nameHttpRoute(request.routeOptions.url);
    runInRequestContext(request, context, () => {
      done();
    });
  });
}

/**
 * Turns away what no operation will take, before its body is read: unknown paths and methods, callers without a valid key,
 * compressed bodies, and requests that arrive on old connections while the server closes.
 */
export function refuseEarly(instance: FastifyInstance): void {
  const routes = new RouteTable();
  let isClosing = false;
  instance.addHook('onRoute', ({ method, url }) => {
    for (const one of [method].flat()) routes.add(one, url);
  });
  instance.addHook('preClose', (done) => {
    isClosing = true;
    done();
  });
  instance.addHook('onRequest', (request, _reply, done) => {
    done(isClosing ? new ServiceStopping() : refusalOf(request, routes));
  });
}

function refusalOf(request: FastifyRequest, routes: RouteTable): Error | undefined {
  if (request.is404) {
    const allowed = routes.methodsAt(request.url);
    return allowed.length > 0 ? new MethodNotAllowed(request.method, allowed) : new RouteNotFound(request.method);
  }
  const isPublic = request.routeOptions.config.isPublic === true;
  if (!isPublic && !requestContextOf(request)?.principal) return new Unauthenticated();
  const encoding = request.headers['content-encoding'];
  return encoding === undefined || encoding === 'identity' ? undefined : new ContentEncodingUnsupported();
}

/** Tells clients to leave as soon as the process has begun to stop, so that no connection outlives it. */
export function closeConnectionsWhenStopping(instance: FastifyInstance, { isStopping }: EdgePorts): void {
  let isClosing = false;
  instance.addHook('preClose', (done) => {
    isClosing = true;
    done();
  });
  instance.addHook('onSend', (_request, reply, payload, done) => {
    if (isClosing || isStopping()) reply.header('connection', 'close');
    done(null, payload);
  });
}

/** One log line and one count for each answered request, by route template. */
export function recordRequests(instance: FastifyInstance, { logger, metrics }: EdgePorts): void {
  instance.addHook('onResponse', (request, reply, done) => {
    const endpoint = request.is404 ? 'unmatched' : (request.routeOptions.url ?? 'unmatched');
    const { statusCode: status, elapsedTime } = reply;
    metrics?.apiRequests.add(1, { method: request.method, endpoint, status });
    metrics?.apiRequestDuration.record(elapsedTime / 1_000);
    const level = HEALTH_PATHS.has(endpoint) ? 'debug' : 'info';
    const durationMs = Math.round(elapsedTime * 10) / 10;
    logger[level]({ ...logFieldsOf(request), status, durationMs }, 'request answered');
    done();
  });
}
