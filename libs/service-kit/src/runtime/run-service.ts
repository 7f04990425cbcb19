import { readFileSync } from 'node:fs';
import { DomainError } from '#libs/kernel';
import { createLogger, startTelemetry, type Telemetry } from '#libs/observability';
import type { BaseConfiguration } from '../configuration/base-configuration.ts';
import { ConfigurationInvalid } from '../configuration/configuration.errors.ts';
import type { Environment } from '../configuration/load-configuration.ts';
import { guardProcess } from '../shutdown/process-guard.ts';
import { ShutdownSequence } from '../shutdown/shutdown-sequence.ts';
import { readProgram, usageOf, WrongUsage, type Program } from './program.ts';
import type { ServiceDefinition } from './service-definition.ts';

/** As in package.json; a spec compares them. */
export const VERSION = '0.1.0';

/**
 * Runs a service until a signal ends it: reads the configuration, starts telemetry, and only then loads
 * the rest, so that drivers are instrumented. A wrong configuration or a failed start ends the process with 1.
 * With the argument `--migrate` it prepares the database instead, and ends.
 */
export async function runService(definition: ServiceDefinition): Promise<void> {
  switch (programOrExit(definition)) {
    case 'help':
      process.stdout.write(usageOf(definition.name));
      return;
    case 'migrate':
      await migrateOrExit(definition);
      return;
    case 'run':
      await serve(definition);
  }
}

function programOrExit({ name }: ServiceDefinition): Program {
  try {
    return readProgram(process.argv.slice(2));
  } catch (error) {
    if (!(error instanceof WrongUsage)) throw error;
    process.stderr.write(`${error.message}\n\n${usageOf(name)}`);
    process.exit(2);
  }
}

async function migrateOrExit({ name, load }: ServiceDefinition): Promise<void> {
  try {
    const { migrateSchema, readMigrationConfiguration } = await import('./migrate-schema.ts');
    const settings = readMigrationConfiguration(environmentOf(name), readFile);
    const done = await migrateSchema(await load(), settings);
    for (const line of done) process.stdout.write(`${name}: ${line}\n`);
    process.stdout.write(`${name}: the database is up to date.\n`);
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    process.stderr.write(`${name}: the database cannot be prepared.\n${error.message}\n`);
    process.exit(1);
  }
}

async function serve(definition: ServiceDefinition): Promise<void> {
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
    return readConfiguration(environmentOf(name), readFile);
  } catch (error) {
    if (!(error instanceof ConfigurationInvalid)) throw error;
    process.stderr.write(`${name}-service cannot start.\n${error.message}\n`);
    process.exit(1);
  }
}

/** Each service has its own schema unless told otherwise. */
function environmentOf(name: string): Environment {
  return { DATABASE_SCHEMA: name, ...process.env };
}

function readFile(path: string): string {
  return readFileSync(path, 'utf8');
}
