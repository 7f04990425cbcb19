import { context, propagation, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { Context, Link, Span } from '@opentelemetry/api';
import { getRPCMetadata, RPCType } from '@opentelemetry/core';
import { DomainError } from '#libs/kernel';
import { currentCorrelation } from './correlation.ts';
import { describeError } from './redaction.ts';
import { ATTRIBUTE } from './telemetry-names.ts';

/** Where trace context travels: headers of a message or request, or the metadata of an event. */
export type Carrier = Record<string, string>;

/** Values of span attributes; an absent one may be `undefined`. Names come from `ATTRIBUTE`. */
export type SpanAttributes = Readonly<Record<string, string | number | boolean | undefined>>;

export type SpanRole = 'internal' | 'server' | 'client' | 'producer' | 'consumer';

export type SpanOptions = Readonly<{
  /** @default 'internal' */
  kind?: SpanRole;
  attributes?: SpanAttributes;
  /** Continues the trace that the carrier holds instead of the one that runs; a carrier without one starts a new trace. */
  parent?: Readonly<Carrier>;
  /**
   * Traces that belong to this work without being its parent: the messages of a batch, or what asked for this a day ago.
   * Carriers without a trace are left out.
   */
  links?: readonly Readonly<Carrier>[];
}>;

const KINDS: Readonly<Record<SpanRole, SpanKind>> = {
  internal: SpanKind.INTERNAL,
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
};

/**
 * Runs `fn` inside a new span, which ends when `fn` has settled; what `fn` throws marks the span and passes through unchanged.
 * Correlation id, cause and tenant are put on it by themselves. Without `startTelemetry` it only runs `fn`.
 *
 * @param name few distinct values: `append`, `process evt.agent`, never an id
 */
export async function withSpan<Result>(
  name: string,
  options: SpanOptions,
  fn: (span: Span) => Result | Promise<Result>,
): Promise<Result> {
  const parent = options.parent === undefined ? context.active() : contextFrom(options.parent);
  const span = trace.getTracer('steward').startSpan(
    name,
    {
      kind: KINDS[options.kind ?? 'internal'],
      attributes: { ...correlationAttributes(), ...options.attributes },
      links: (options.links ?? []).flatMap(linkTo),
    },
    parent,
  );
  try {
    return await context.with(trace.setSpan(parent, span), () => fn(span));
  } catch (error) {
    markFailed(span, error);
    throw error;
  } finally {
    span.end();
  }
}

/** `withSpan` for the usual case: an internal step with attributes. */
export async function traced<Result>(
  name: string,
  attributes: SpanAttributes,
  fn: (span: Span) => Result | Promise<Result>,
): Promise<Result> {
  return withSpan(name, { attributes }, fn);
}

/** Writes the running trace (W3C `traceparent`, `tracestate`) into the carrier; baggage stays here. */
export function injectContext(carrier: Carrier): void {
  propagation.inject(context.active(), carrier);
}

/** The context that a carrier holds, for OpenTelemetry's own API; the root context when it holds none. */
export function contextFrom(carrier: Readonly<Carrier>): Context {
  return propagation.extract(ROOT_CONTEXT, carrier);
}

/** The running trace as a W3C `traceparent`, for an event's metadata; nothing outside of a span. */
export function currentTraceparent(): string | undefined {
  const carrier: Carrier = {};
  injectContext(carrier);
  return carrier['traceparent'];
}

/** 32 hex digits, or nothing outside of a span. */
export function currentTraceId(): string | undefined {
  return trace.getActiveSpan()?.spanContext().traceId;
}

/**
 * Gives the HTTP request that is being answered its route's template (`/v1/decisions/:id`): the span is then named
 * `GET /v1/decisions/:id`. Does nothing outside of an instrumented request.
 */
export function nameHttpRoute(route: string): void {
  const request = getRPCMetadata(context.active());
  if (request?.type === RPCType.HTTP) request.route = route;
}

function correlationAttributes(): SpanAttributes {
  const correlation = currentCorrelation();
  if (correlation === undefined) return {};
  return {
    [ATTRIBUTE.correlationId]: correlation.correlationId,
    [ATTRIBUTE.causationId]: correlation.causationId,
    [ATTRIBUTE.tenant]: correlation.tenant,
  };
}

function linkTo(carrier: Readonly<Carrier>): Link[] {
  const linked = trace.getSpanContext(contextFrom(carrier));
  return linked === undefined ? [] : [{ context: linked }];
}

function markFailed(span: Span, error: unknown): void {
  const { name, message, stack } = describeError(error);
  const type = error instanceof DomainError ? error.code : name;
  span.setAttribute(ATTRIBUTE.errorType, type);
  span.recordException({ name: type, message, ...(stack === undefined ? {} : { stack }) });
  span.setStatus({ code: SpanStatusCode.ERROR, message });
}
