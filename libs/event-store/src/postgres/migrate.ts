import pg from 'pg';
import { DataSource, type MigrationInterface } from 'typeorm';
import { fnv1a } from '#libs/kernel';
import { LOG_MIGRATIONS } from '../migrations/log-migrations.ts';
import { connectedTo, privileged } from '../roles/logins.ts';
import { connectionOptions, type Database } from './database.ts';

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
  return dataSourceOf(options, 'read-models', connectionOptions(options.schema));
}

/** TypeORM for migrations alone: a statement may take as long as a large log needs. */
export function migrationDataSource(options: DataSourceOptions): DataSource {
  return dataSourceOf({ ...options, poolSize: 1 }, 'migrations', `${connectionOptions(options.schema)} ${UNHURRIED}`);
}

const UNHURRIED = '-c statement_timeout=0 -c idle_in_transaction_session_timeout=0';

function dataSourceOf(options: DataSourceOptions, purpose: string, settings: string): DataSource {
  return new DataSource({
    type: 'postgres',
    url: options.url,
    schema: options.schema,
    applicationName: `${options.applicationName}:${purpose}`,
    entities: [...options.entities],
    migrations: allMigrations(options.migrations),
    migrationsTableName: 'migrations',
    migrationsTransactionMode: 'each',
    synchronize: false,
    poolSize: options.poolSize ?? 5,
    extra: { options: settings },
  });
}

function allMigrations(own: readonly MigrationClass[]): MigrationClass[] {
  return [...LOG_MIGRATIONS, ...own];
}

/** Names of all migrations that a service's schema needs, as the table `migrations` keeps them. */
export function migrationNames(own: readonly MigrationClass[]): readonly string[] {
  return allMigrations(own).map(({ name }) => name);
}

/**
 * Brings the service's schema up to date; safe to run from any number of processes at once, since
 * all services of a database take turns. Returns the names of the migrations that ran.
 *
 * @throws LoginRefused StoreUnavailable
 */
export async function migrate(dataSource: DataSource, options: DataSourceOptions): Promise<readonly string[]> {
  return connectedTo(options.url, (database) =>
    inTurn(database, () => runMigrations(dataSource, database, options.schema)),
  );
}

/** What a whole turn does; see `inTurn`. */
export async function runMigrations(
  dataSource: DataSource,
  database: Database,
  schema: string,
): Promise<readonly string[]> {
  await makeSchema(database, schema);
  const ran = await dataSource.runMigrations();
  return ran.map(({ name }) => name);
}

/** Only where it is missing: the statement needs the right to make one even when there is nothing to make. */
async function makeSchema(database: Database, schema: string): Promise<void> {
  const [row] = await database.query<{ isMissing: boolean; right: string }>(
    `select to_regnamespace(quote_ident($1)) is null as "isMissing",
       format('grant create on database %I to %I', current_database(), current_user) as right`,
    [schema],
  );
  if (row?.isMissing) await privileged(database, `create schema ${pg.escapeIdentifier(schema)}`, row.right);
}

/** Lets one process of a database at a time prepare it. @param database has a connection more than `work` needs */
export async function inTurn<Result>(database: Database, work: () => Promise<Result>): Promise<Result> {
  return database.transaction(async (turn) => {
    // It waits for others and then for the work, however long both take.
    await turn.query('set local statement_timeout = 0');
    await turn.query('set local lock_timeout = 0');
    await turn.query('set local idle_in_transaction_session_timeout = 0');
    await turn.query('select pg_advisory_xact_lock($1)', [fnv1a('steward/migrations') | 0]);
    return work();
  });
}
