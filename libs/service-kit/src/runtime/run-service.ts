import { readFileSync } from 'node:fs';
import { createLogger, startTelemetry, type Telemetry } from '#libs/observability';
import type { BaseConfiguration } from '../configuration/base-configuration.ts';
import { ConfigurationInvalid } from '../configuration/configuration.errors.ts';
import { guardProcess } from '../shutdown/process-guard.ts';
import { ShutdownSequence } from '../shutdown/shutdown-sequence.ts';
import type { ServiceDefinition } from './service-definition.ts';

/** As in package.json; a spec compares them. */
export const VERSION = '0.1.0';

/**
 * Runs a service until a signal ends it: reads the configuration, starts telemetry, and only then loads
 * the rest, so that drivers are instrumented. A wrong configuration or a failed start ends the process with 1.
 */
export async function runService(definition: ServiceDefinition): Promise<void> {
  const configuration = configurationOrExit(definition);
  const { name } = definition;
  const serviceName = `${name}-service`;
  const logger = createLogger({
    service: serviceName,
    level: configuration.LOG_LEVEL,
    instanceId: configuration.INSTANCE_ID,
  });
  const sequence = new ShutdownSequence({ logger, graceMs: configuration.SHUTDOWN_GRACE_MS });
  let telemetry: Telemetry | undefined;
  guardProcess({ process, sequence, logger, flush: async () => telemetry?.shutdown() });
  try {
    telemetry = await startTelemetry({
      serviceName,
      serviceVersion: VERSION,
      instanceId: configuration.INSTANCE_ID,
      environment: configuration.ENVIRONMENT,
      prometheusPort: configuration.PROMETHEUS_PORT,
      prometheusHost: configuration.HOST,
      otlpEndpoint: configuration.OTEL_EXPORTER_OTLP_ENDPOINT,
      sentryDsn: configuration.SENTRY_DSN,
      logger,
    });
    sequence.add({ phase: 'flush', name: 'telemetry', run: () => telemetry?.shutdown() });
    const { composeService } = await import('./compose-service.ts');
    const parts = await definition.load();
    await composeService({ definition, version: VERSION, configuration, parts, logger, telemetry, sequence });
  } catch (error) {
    logger.fatal({ err: error }, `${serviceName} could not start`);
    await sequence.run('start failed');
    process.exit(1);
  }
}

function configurationOrExit({ readConfiguration, name }: ServiceDefinition): BaseConfiguration {
  try {
    // Each service has its own schema unless told otherwise.
    return readConfiguration({ DATABASE_SCHEMA: name, ...process.env }, (path) => readFileSync(path, 'utf8'));
  } catch (error) {
    if (!(error instanceof ConfigurationInvalid)) throw error;
    process.stderr.write(`${name}-service cannot start.\n${error.message}\n`);
    process.exit(1);
  }
}
