import type { IncomingHttpHeaders } from 'node:http';
import { correlationId } from '#libs/kernel';
import type { CorrelationId, IdSource } from '#libs/kernel';
import { randomBytes } from 'node:crypto';
import { currentTraceId } from '#libs/observability';
import type { Authenticator } from '../security/authenticator.ts';
import type { RequestContext } from './request-context.ts';

export type ContextPorts = Readonly<{ ids: IdSource; authenticator: Authenticator }>;

/** Printable ASCII without spaces: safe in headers, logs and message headers. */
const CORRELATION_ID = /^[\x21-\x7e]{1,128}$/;
const TRACEPARENT = /^[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/** Begins the context of a request. Ids of the caller that are malformed are replaced, never refused. */
export function contextFromHeaders(headers: IncomingHttpHeaders, { ids, authenticator }: ContextPorts): RequestContext {
  const requestId = ids.next();
  const traceparent = one(headers['traceparent']);
  const remoteTrace = traceparent === undefined ? undefined : TRACEPARENT.exec(traceparent)?.[1];
  return {
    requestId,
    correlationId: correlationOf(one(headers['x-correlation-id'])) ?? correlationId(requestId),
    traceId: tracedHere() ?? remoteTrace ?? randomBytes(16).toString('hex'),
    traceparent: remoteTrace === undefined ? undefined : traceparent,
    principal: authenticator.identify(headers),
  };
}

/** The running trace; a tracer that is switched off has one of zeros. */
function tracedHere(): string | undefined {
  const traceId = currentTraceId();
  return traceId === undefined || /^0+$/.test(traceId) ? undefined : traceId;
}

function one(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header;
}

function correlationOf(header: string | undefined): CorrelationId | undefined {
  return header !== undefined && CORRELATION_ID.test(header) ? correlationId(header) : undefined;
}
