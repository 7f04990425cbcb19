import pg from 'pg';
import { DataSource, type MigrationInterface } from 'typeorm';
import { fnv1a } from '#libs/kernel';
import { LOG_MIGRATIONS } from '../migrations/log-migrations.ts';
import { connectionOptions } from './database.ts';

export type MigrationClass = new () => MigrationInterface;
export type EntityClass = new () => object;

export type DataSourceOptions = Readonly<{
  url: string;
  schema: string;
  applicationName: string;
  /** The service's own migrations; those of the log come first. */
  migrations: readonly MigrationClass[];
  /** Entities of the read models. */
  entities: readonly EntityClass[];
  /** @default 5: read models are queried through it, nothing is written */
  poolSize?: number;
}>;

/** TypeORM on the service's schema: for its migrations, and for the repositories of its read models. */
export function readModelDataSource(options: DataSourceOptions): DataSource {
  return new DataSource({
    type: 'postgres',
    url: options.url,
    schema: options.schema,
    applicationName: `${options.applicationName}:read-models`,
    entities: [...options.entities],
    migrations: [...LOG_MIGRATIONS, ...options.migrations],
    migrationsTableName: 'migrations',
    migrationsTransactionMode: 'each',
    synchronize: false,
    poolSize: options.poolSize ?? 5,
    extra: { options: connectionOptions(options.schema) },
  });
}

/**
 * Brings the service's schema up to date; safe to run from any number of processes at once, since
 * all services of a database take turns. Returns the names of the migrations that ran.
 */
export async function migrate(dataSource: DataSource, options: DataSourceOptions): Promise<readonly string[]> {
  const turn = new pg.Client({ connectionString: options.url, application_name: `${options.applicationName}:migrate` });
  await turn.connect();
  try {
    await turn.query('select pg_advisory_lock($1)', [fnv1a('steward/migrations') | 0]);
    await turn.query(`create schema if not exists ${pg.escapeIdentifier(options.schema)}`);
    const ran = await dataSource.runMigrations();
    return ran.map(({ name }) => name);
  } finally {
    // Ending the session also gives up its advisory lock.
    await turn.end();
  }
}
