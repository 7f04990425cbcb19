import { Database, prepareSchema, readModelDataSource } from '#libs/event-store';
import { BUS_MIGRATIONS } from '#libs/messaging';
import type { Telemetry } from '#libs/observability';
import type { BaseConfiguration } from '../configuration/base-configuration.ts';
import type { Logger } from '../ports.ts';
import type { ShutdownSequence } from '../shutdown/shutdown-sequence.ts';
import type { Runtime } from './runtime.module.ts';
import type { ServiceName, ServiceParts } from './service-definition.ts';

export type OpenDatabaseOptions = Readonly<{
  name: ServiceName;
  configuration: BaseConfiguration;
  parts: ServiceParts;
  logger: Logger;
  telemetry: Telemetry;
  sequence: ShutdownSequence;
}>;

const SECONDS_PER_MS = 1 / 1_000;

/** All migrations of a service besides those of the log, which are always there. */
export function migrationsOf({ migrations }: Pick<ServiceParts, 'migrations'>): ServiceParts['migrations'] {
  return [...BUS_MIGRATIONS, ...migrations];
}

/**
 * Makes sure that the schema is as the code needs it, and opens the pools of the service's own role.
 * @throws SchemaOutOfDate RoleMayAlterEvents LoginRefused RightsMissing RoleUnnamed StoreUnavailable
 */
export async function openDatabase(options: OpenDatabaseOptions): Promise<Pick<Runtime, 'database' | 'dataSource'>> {
  const { configuration, parts, logger, telemetry, sequence } = options;
  await bringUpToDate(options);
  const connection = connectionOf(options);
  const dataSource = readModelDataSource({ ...connection, migrations: [], entities: parts.entities });
  await dataSource.initialize();
  sequence.add({ phase: 'release', name: 'read models', run: () => dataSource.destroy() });
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

/** A small pool for the leases of slots: they must be renewed in time, however busy the handlers keep the other pool. */
export function openLeaseDatabase(
  options: Pick<OpenDatabaseOptions, 'name' | 'configuration' | 'logger' | 'sequence'>,
): Database {
  const connection = connectionOf(options);
  const database = new Database({
    ...connection,
    applicationName: `${connection.applicationName}:leases`,
    poolSize: 2,
    onIdleError: (error) => {
      options.logger.warn({ err: error }, 'an idle connection for leases was lost');
    },
  });
  options.sequence.add({ phase: 'release', name: 'leases', run: () => database.close() });
  return database;
}

async function bringUpToDate(options: OpenDatabaseOptions): Promise<void> {
  const { configuration, parts, logger } = options;
  const { ran, granted, danger } = await prepareSchema({
    ...connectionOf(options),
    ownerUrl: configuration.DATABASE_OWNER_URL,
    migrations: migrationsOf(parts),
    allowOwner: configuration.ENVIRONMENT !== 'production',
  });
  if (ran.length > 0) logger.info({ migrations: ran }, 'schema is up to date');
  if (granted.length > 0) logger.info({ granted }, 'the rights of the role were brought up to date');
  if (danger === undefined) return;
  logger.warn(
    { schema: configuration.DATABASE_SCHEMA },
    `the role of DATABASE_URL ${danger}, so it could alter events; give the service a role of its own (npm run migrate -- --help)`,
  );
}

function connectionOf({ name, configuration }: Pick<OpenDatabaseOptions, 'name' | 'configuration'>): Readonly<{
  url: string;
  schema: string;
  applicationName: string;
}> {
  return {
    url: configuration.DATABASE_URL,
    schema: configuration.DATABASE_SCHEMA,
    applicationName: `${name}-service`,
  };
}
