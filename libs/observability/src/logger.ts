import { trace } from '@opentelemetry/api';
import { pino } from 'pino';
import type { DestinationStream, Logger as PinoLogger } from 'pino';
import { currentCorrelation } from './correlation.ts';
import { redactLine } from './redaction.ts';
import { LOG_FIELD } from './telemetry-names.ts';

/** pino's logger: `logger.info({ position }, 'Projection caught up.')`; `logger.child({ component })` adds fields. */
export type Logger = PinoLogger;

export type LogLevel = 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent';

export type LoggerOptions = Readonly<{
  service: string;
  level: LogLevel;
  instanceId: string;
  /** Takes whole lines. @default stdout, written synchronously so that nothing is lost when the process dies */
  destination?: DestinationStream;
}>;

/**
 * A logger that writes one JSON object per line: ISO time, level as a word, service and instance, the running trace and
 * span, correlation id and tenant. Every line goes through redaction last of all, so no child logger,
 * serializer or error gets around it.
 */
export function createLogger({ service, level, instanceId, destination }: LoggerOptions): Logger {
  return pino(
    {
      level,
      base: { [LOG_FIELD.service]: service, [LOG_FIELD.instance]: instanceId },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      mixin: currentIds,
      hooks: { streamWrite: redactLine },
    },
    destination ?? pino.destination({ fd: 1, sync: true }),
  );
}

function currentIds(): Record<string, string> {
  const span = trace.getActiveSpan()?.spanContext();
  const correlation = currentCorrelation();
  return {
    ...(span === undefined ? {} : { [LOG_FIELD.traceId]: span.traceId, [LOG_FIELD.spanId]: span.spanId }),
    ...(correlation === undefined ? {} : { [LOG_FIELD.correlationId]: correlation.correlationId }),
    ...(correlation?.tenant === undefined ? {} : { [LOG_FIELD.tenant]: correlation.tenant }),
  };
}
