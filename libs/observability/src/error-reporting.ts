import { trace } from '@opentelemetry/api';
import type * as SentrySdk from '@sentry/node';
import { currentCorrelation } from './correlation.ts';
import { redact } from './redaction.ts';
import { LABEL, LOG_FIELD } from './telemetry-names.ts';

type Sentry = typeof SentrySdk;

/** Loaded only where a DSN is given: it takes 0.4 s to load, a fifth of a service's whole start. */
let sentry: Sentry | undefined;

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
export async function startErrorReporting(options: ErrorReportingOptions): Promise<void> {
  sentry = await import('@sentry/node');
  sentry.initWithoutDefaultIntegrations({
    dsn: options.dsn,
    environment: options.environment,
    release: `${options.serviceName}@${options.serviceVersion}`,
    serverName: options.instanceId,
    integrations: [sentry.linkedErrorsIntegration(), sentry.dedupeIntegration(), sentry.nodeContextIntegration()],
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
  if (sentry?.isInitialized() !== true) return;
  const { captureException, withScope } = sentry;
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
  if (sentry?.isInitialized() === true) await sentry.close(timeoutMs);
}

function redactEvent(event: SentrySdk.ErrorEvent): SentrySdk.ErrorEvent {
  const safe: unknown = redact(event);
  return isErrorEvent(safe) ? safe : { type: undefined, message: 'An error whose report could not be redacted.' };
}

function isErrorEvent(value: unknown): value is SentrySdk.ErrorEvent {
  return typeof value === 'object' && value !== null;
}
