import type { BaseConfiguration } from '../configuration/base-configuration.ts';
import { Database, migrate, PostgresEventStore, readModelDataSource } from '#libs/event-store';
import { BusTables2026112200002, connectBus, provisionStreams } from '#libs/messaging';
import type { Telemetry } from '#libs/observability';
import { HealthRegistry } from '../health/health-registry.ts';
import { systemClock, systemIds } from '../http/request-ids.ts';
import type { Logger } from '../ports.ts';
import type { ShutdownSequence } from '../shutdown/shutdown-sequence.ts';
import type { Runtime } from './runtime.module.ts';
import type { ServiceName, ServiceParts } from './service-definition.ts';

export type OpenRuntimeOptions = Readonly<{
  name: ServiceName;
  configuration: BaseConfiguration;
  parts: ServiceParts;
  logger: Logger;
  telemetry: Telemetry;
  sequence: ShutdownSequence;
}>;

const SECONDS_PER_MS = 1 / 1_000;

/** Connects to Postgres and NATS, brings both up to date, and adds their ends to the shutdown. */
export async function openRuntime(options: OpenRuntimeOptions): Promise<Runtime> {
  const { configuration, logger, telemetry, sequence } = options;
  const runtime = { ...options, clock: systemClock, ids: systemIds, metrics: telemetry.metrics };
  const { database, dataSource } = await openDatabase(options);
  const store = new PostgresEventStore({
    database,
    ids: systemIds,
    onBatch: (appends) => {
      telemetry.metrics.appendBatchSize.record(appends);
    },
  });
  sequence.add({ phase: 'finish', name: 'append queue', run: () => store.close() });
  const bus = await openBus(options);
  const health = new HealthRegistry({ clock: systemClock });
  health.register({
    name: 'database',
    required: true,
    check: async () => {
      const startedAt = performance.now();
      await database.query('select 1');
      return { status: 'healthy', latencyMs: Math.round(performance.now() - startedAt) };
    },
  });
  health.register({
    name: 'nats',
    required: true,
    check: async () => ({ status: 'healthy', latencyMs: await bus.ping(), version: bus.serverVersion }),
  });
  logger.info({ nats: bus.serverVersion, schema: configuration.DATABASE_SCHEMA }, 'connected');
  return { ...runtime, database, dataSource, store, bus, health };
}

async function openDatabase({
  name,
  configuration,
  parts,
  logger,
  telemetry,
  sequence,
}: OpenRuntimeOptions): Promise<Pick<Runtime, 'database' | 'dataSource'>> {
  const connection = {
    url: configuration.DATABASE_URL,
    schema: configuration.DATABASE_SCHEMA,
    applicationName: `${name}-service`,
  };
  const models = {
    ...connection,
    migrations: [BusTables2026112200002, ...parts.migrations],
    entities: parts.entities,
  };
  const dataSource = readModelDataSource(models);
  await dataSource.initialize();
  sequence.add({ phase: 'release', name: 'read models', run: () => dataSource.destroy() });
  const migrated = await migrate(dataSource, models);
  if (migrated.length > 0) logger.info({ migrations: migrated }, 'schema is up to date');
  const database: Database = new Database({
    ...connection,
    poolSize: configuration.DATABASE_POOL_SIZE + configuration.DATABASE_MAX_OVERFLOW,
    observe: (queryType, durationMs) => {
      telemetry.metrics.dbQueryDuration.record(durationMs * SECONDS_PER_MS, { queryType });
      telemetry.metrics.dbConnections.set(database.activeConnections);
    },
    onIdleError: (error) => {
      logger.warn({ err: error }, 'an idle database connection was lost');
    },
  });
  sequence.add({ phase: 'release', name: 'database', run: () => database.close() });
  return { database, dataSource };
}

async function openBus({ name, configuration, logger, sequence }: OpenRuntimeOptions): Promise<Runtime['bus']> {
  const bus = await connectBus({
    url: configuration.NATS_URL,
    name: `${name}-service ${configuration.INSTANCE_ID}`,
    user: configuration.NATS_USER,
    password: configuration.NATS_PASSWORD,
    credentials: configuration.NATS_CREDS,
    onStatus: ({ type, detail }) => {
      logger.warn({ type, detail }, `nats: ${type}`);
    },
  });
  await provisionStreams(bus);
  sequence.add({ phase: 'release', name: 'nats', run: () => bus.close() });
  return bus;
}
