export {
  contextFrom,
  currentTraceId,
  currentTraceparent,
  injectContext,
  nameHttpRoute,
  traced,
  withSpan,
} from './context.ts';
export type { Carrier, SpanAttributes, SpanOptions, SpanRole } from './context.ts';
export { currentCorrelation, runWithCorrelation } from './correlation.ts';
export type { Correlation } from './correlation.ts';
export { reportError } from './error-reporting.ts';
export type { ErrorOrigin } from './error-reporting.ts';
export { createLogger } from './logger.ts';
export type { Logger, LoggerOptions, LogLevel } from './logger.ts';
export { createMetrics } from './metrics.ts';
export type { Counter, Gauge, Histogram, LabelValues, Metrics } from './metrics.ts';
export { MetricsPortUnavailable } from './metrics-server.ts';
export { protectSecret, redact, REDACTED, redactText } from './redaction.ts';
export { startTelemetry } from './telemetry.ts';
export type { Telemetry, TelemetryOptions } from './telemetry.ts';
export { ATTRIBUTE, LABEL, LOG_FIELD, METRIC } from './telemetry-names.ts';
