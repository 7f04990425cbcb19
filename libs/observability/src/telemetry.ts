import { context, diag, DiagLogLevel, metrics as metricsApi, propagation, trace } from '@opentelemetry/api';
import type { DiagLogger } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import type { Resource } from '@opentelemetry/resources';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { startErrorReporting, stopErrorReporting } from './error-reporting.ts';
import { instrumentDrivers } from './instrumentation.ts';
import type { Logger } from './logger.ts';
import { createMetrics } from './metrics.ts';
import type { Metrics } from './metrics.ts';
import { startMetricsServer } from './metrics-server.ts';
import type { MetricsServer } from './metrics-server.ts';

export type TelemetryOptions = Readonly<{
  serviceName: string;
  serviceVersion: string;
  instanceId: string;
  environment: string;
  /** Port of `/metrics`; 0 takes any free one. @default no metrics server */
  prometheusPort?: number | undefined;
  /** @default '0.0.0.0' */
  prometheusHost?: string | undefined;
  /** Base URL of an OTLP/HTTP collector; `/v1/traces` is added. @default spans are made and not exported */
  otlpEndpoint?: string | undefined;
  /** @default errors are not reported */
  sentryDsn?: string | undefined;
  /** Share of new traces that are exported, 0 to 1; traces from outside keep their own decision. @default 1 */
  sampleRatio?: number | undefined;
  /** Hears what goes wrong inside telemetry, e.g. a collector that is away. @default nobody */
  logger?: Logger | undefined;
  /** Beginnings of paths whose requests make no spans. @default /metrics, /health, /ready, /live */
  quietPaths?: readonly string[] | undefined;
  /** Whether `node:http` and `pg` are patched to make spans. @default true */
  instrumentDrivers?: boolean | undefined;
}>;

export interface Telemetry {
  readonly metrics: Metrics;
  /** The port that `/metrics` really listens on; nothing when it is off. */
  readonly metricsPort: number | undefined;
  /** Exports what is queued (10 s at the most), then stops. Never throws; calling it again waits for the first call. */
  shutdown(): Promise<void>;
}

const QUIET_PATHS = ['/metrics', '/health', '/ready', '/live'];
const SHUTDOWN_MS = 10_000;

/**
 * Starts traces, metrics and error reporting of this process: once, and before its first work, whatever was imported.
 *
 * @throws MetricsPortUnavailable
 */
export async function startTelemetry(options: TelemetryOptions): Promise<Telemetry> {
  const server = await serveMetrics(options);
  if (options.logger !== undefined) diag.setLogger(diagnosticsTo(options.logger), DiagLogLevel.WARN);
  const resource = describeProcess(options);
  const tracerProvider = startTracing(options, resource);
  const meterProvider = new MeterProvider({ resource, readers: server === undefined ? [] : [server.reader] });
  metricsApi.setGlobalMeterProvider(meterProvider);
  const stopInstrumenting =
    options.instrumentDrivers === false ? () => undefined : instrumentDrivers(options.quietPaths ?? QUIET_PATHS);
  const { sentryDsn: dsn } = options;
  if (dsn !== undefined) await startErrorReporting({ ...options, dsn });

  const stop = async (): Promise<void> => {
    const flushed = await Promise.allSettled([
      tracerProvider.shutdown(),
      stopErrorReporting(SHUTDOWN_MS),
      server?.close(),
      meterProvider.shutdown(),
    ]);
    for (const result of flushed) {
      if (result.status === 'rejected')
        options.logger?.warn({ err: asError(result.reason) }, 'Telemetry did not flush.');
    }
    stopInstrumenting();
    for (const api of [trace, context, propagation, metricsApi, diag]) api.disable();
  };
  let stopping: Promise<void> | undefined;
  return {
    metrics: createMetrics(meterProvider.getMeter('steward')),
    metricsPort: server?.port,
    shutdown: () => (stopping ??= stop()),
  };
}

async function serveMetrics(options: TelemetryOptions): Promise<MetricsServer | undefined> {
  if (options.prometheusPort === undefined) return undefined;
  return startMetricsServer(options.prometheusHost ?? '0.0.0.0', options.prometheusPort);
}

function describeProcess(options: TelemetryOptions): Resource {
  return resourceFromAttributes({
    'service.name': options.serviceName,
    'service.namespace': 'steward',
    'service.version': options.serviceVersion,
    'service.instance.id': options.instanceId,
    'deployment.environment.name': options.environment,
  });
}

function startTracing(options: TelemetryOptions, resource: Resource): TracerProvider {
  const { otlpEndpoint, sampleRatio = 1 } = options;
  const provider = new TracerProvider({
    resource,
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(sampleRatio) }),
    spanProcessors:
      otlpEndpoint === undefined
        ? []
        : [
            new BatchSpanProcessor({
              exporter: new OTLPTraceExporter({ url: `${otlpEndpoint.replace(/\/+$/, '')}/v1/traces` }),
              exportTimeoutMillis: SHUTDOWN_MS,
            }),
          ],
  });
  trace.setGlobalTracerProvider(provider);
  context.setGlobalContextManager(new AsyncLocalStorageContextManager());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  return provider;
}

function diagnosticsTo(logger: Logger): DiagLogger {
  const log = logger.child({ component: 'telemetry' });
  return {
    error: (message, ...details) => {
      log.error({ details }, message);
    },
    warn: (message, ...details) => {
      log.warn({ details }, message);
    },
    info: (message, ...details) => {
      log.info({ details }, message);
    },
    debug: (message, ...details) => {
      log.debug({ details }, message);
    },
    verbose: (message, ...details) => {
      log.trace({ details }, message);
    },
  };
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
