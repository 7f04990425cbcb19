import { AsyncLocalStorage } from 'node:async_hooks';
import { randomBytes } from 'node:crypto';
import { correlationId } from '#libs/kernel';
import type { CorrelationId, EventId } from '#libs/kernel';
import { runWithCorrelation } from '#libs/observability';
import type { FastifyRequest } from 'fastify';
import type { Principal } from '../security/principal.ts';
import { systemIds } from './request-ids.ts';

/** What is known of the request that is being handled. */
export interface RequestContext {
  /** UUIDv7 of this one request; the `instance` of its problem. */
  readonly requestId: EventId;
  /** From `x-correlation-id`, else a fresh UUIDv7. Goes into every command and event that the request sets in motion. */
  readonly correlationId: CorrelationId;
  /** 32 hex digits: of the tracer, else of `traceparent`, else fresh. */
  readonly traceId: string;
  /** The W3C header as it came, when it was well-formed. */
  readonly traceparent: string | undefined;
  /** Who asks; undefined without a valid key, which only public operations allow. */
  readonly principal: Principal | undefined;
}

const storage = new AsyncLocalStorage<RequestContext>();
const contexts = new WeakMap<object, RequestContext>();

/** The context of the request on whose behalf this code runs, across awaits; undefined outside of any. */
export function currentRequestContext(): RequestContext | undefined {
  return storage.getStore();
}

/** The context of a request that passed the edge. */
export function requestContextOf(request: FastifyRequest): RequestContext | undefined {
  return contexts.get(request.raw);
}

/** The context of a request, or a fresh one for requests that failed before they got theirs. */
export function contextOrFresh(request: FastifyRequest): RequestContext {
  return requestContextOf(request) ?? freshContext();
}

/** A context for something that is no proper request, such as bytes that are no HTTP. */
export function freshContext(): RequestContext {
  const id = systemIds.next();
  return {
    requestId: id,
    correlationId: correlationId(id),
    traceId: randomBytes(16).toString('hex'),
    traceparent: undefined,
    principal: undefined,
  };
}

/** Runs `next`, and all that it sets in motion, within the context; logs and spans carry its correlation and tenant. */
export function runInRequestContext(request: FastifyRequest, context: RequestContext, next: () => void): void {
  contexts.set(request.raw, context);
  const tenant = context.principal?.tenant;
  const correlation = { correlationId: context.correlationId, tenant: tenant === '*' ? undefined : tenant };
  storage.run(context, () => {
    runWithCorrelation(correlation, next);
  });
}
