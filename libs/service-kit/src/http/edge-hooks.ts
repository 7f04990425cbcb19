import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { IdSource } from '#libs/kernel';
import type { Logger, RequestMetrics, TraceSource } from '../ports.ts';
import {
  ContentEncodingUnsupported,
  MethodNotAllowed,
  RouteNotFound,
  ServiceStopping,
} from '../problems/http.errors.ts';
import type { Authenticator } from '../security/authenticator.ts';
import { Unauthenticated } from '../security/security.errors.ts';
import { contextFromHeaders } from './context-from-headers.ts';
import { requestContextOf, runInRequestContext } from './request-context.ts';
import { RouteTable } from './route-table.ts';

export type EdgePorts = Readonly<{
  logger: Logger;
  authenticator: Authenticator;
  ids: IdSource;
  metrics?: RequestMetrics | undefined;
  traces?: TraceSource | undefined;
  /** Whether the process has begun to stop. */
  isStopping: () => boolean;
}>;

const API_HEADERS: Readonly<Record<string, string>> = {
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
};

/** Gives every request its context, ids in the answer, and the headers of an API. Must be the first hook. */
export function openContexts(instance: FastifyInstance, ports: EdgePorts): void {
  instance.addHook('onRequest', (request, reply, done) => {
    const context = contextFromHeaders(request.headers, ports);
    reply.headers({
      ...API_HEADERS,
      'x-correlation-id': context.correlationId,
      'x-trace-id': context.traceId,
      'x-request-id': context.requestId,
    });
    runInRequestContext(request, context, () => {
      done();
    });
  });
}

/** Finds out who asks, before anything is counted or read. A wrong key is answered later, so that guesses are counted too. */
export function identifyCallers(instance: FastifyInstance, { authenticator }: EdgePorts): void {
  instance.addHook('onRequest', (request, _reply, done) => {
    const context = requestContextOf(request);
    if (context) context.principal = authenticator.identify(request.headers);
    done();
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
    metrics?.requestAnswered({ method: request.method, endpoint, status, durationSeconds: elapsedTime / 1_000 });
    const context = requestContextOf(request);
    const isProbe = endpoint.startsWith('/health') || endpoint === '/ready';
    logger[isProbe ? 'debug' : 'info'](
      {
        requestId: context?.requestId,
        correlationId: context?.correlationId,
        traceId: context?.traceId,
        keyId: context?.principal?.keyId,
        method: request.method,
        route: endpoint,
        status,
        durationMs: Math.round(elapsedTime * 10) / 10,
      },
      'request answered',
    );
    done();
  });
}
