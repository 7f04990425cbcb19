import { trace } from '@opentelemetry/api';
import {
  captureException,
  close,
  dedupeIntegration,
  initWithoutDefaultIntegrations,
  isInitialized,
  linkedErrorsIntegration,
  nodeContextIntegration,
  withScope,
} from '@sentry/node';
import type { ErrorEvent } from '@sentry/node';
import { currentCorrelation } from './correlation.ts';
import { redact } from './redaction.ts';
import { LABEL, LOG_FIELD } from './telemetry-names.ts';

export type ErrorReportingOptions = Readonly<{
  dsn: string;
  serviceName: string;
  serviceVersion: string;
  instanceId: string;
  environment: string;
}>;

/** Which part of the service failed; both become tags to filter by. */
export type ErrorOrigin = Readonly<{ component: string; agentId?: string }>;

/**
 * Starts reporting to Sentry. Only what links and describes errors is switched on: spans belong to OpenTelemetry, and
 * breadcrumbs of console and HTTP would carry payloads out.
 */
export function startErrorReporting(options: ErrorReportingOptions): void {
  initWithoutDefaultIntegrations({
    dsn: options.dsn,
    environment: options.environment,
    release: `${options.serviceName}@${options.serviceVersion}`,
    serverName: options.instanceId,
    integrations: [linkedErrorsIntegration(), dedupeIntegration(), nodeContextIntegration()],
    enableRuntimeChannelInjection: false,
    sendClientReports: false,
    beforeSend: redactEvent,
  });
}

/**
 * Reports a failure with its component, trace, correlation id and tenant. Secrets are redacted before anything leaves.
 * Does nothing without a DSN, never throws and never waits for the network.
 */
export function reportError(error: unknown, origin: ErrorOrigin): void {
  if (!isInitialized()) return;
  const span = trace.getActiveSpan()?.spanContext();
  const correlation = currentCorrelation();
  withScope((scope) => {
    scope.setTag('component', origin.component);
    if (origin.agentId !== undefined) scope.setTag(LABEL.agentId, origin.agentId);
    if (correlation !== undefined) scope.setTag(LOG_FIELD.correlationId, correlation.correlationId);
    if (correlation?.tenant !== undefined) scope.setTag(LOG_FIELD.tenant, correlation.tenant);
    if (span !== undefined) scope.setContext('trace', { trace_id: span.traceId, span_id: span.spanId });
    captureException(error);
  });
}

/** Sends what is queued, waiting `timeoutMs` at the most, and stops reporting. */
export async function stopErrorReporting(timeoutMs: number): Promise<void> {
  if (isInitialized()) await close(timeoutMs);
}

function redactEvent(event: ErrorEvent): ErrorEvent {
  const safe: unknown = redact(event);
  return isErrorEvent(safe) ? safe : { type: undefined, message: 'An error whose report could not be redacted.' };
}

function isErrorEvent(value: unknown): value is ErrorEvent {
  return typeof value === 'object' && value !== null;
}
