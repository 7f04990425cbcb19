import type { Database } from '../postgres/database.ts';
import { applyGrants } from '../postgres/grants.ts';
import { inTurn, migrationDataSource, runMigrations, type MigrationClass } from '../postgres/migrate.ts';
import { connectedTo, ensureLogin, loginOf, type Login } from './logins.ts';

export type SchemaUpdateOptions = Readonly<{
  /** Who owns the schema; makes it when it is missing. */
  ownerUrl: string;
  /** Who the service runs as; when it is the owner itself nothing is granted. */
  runtimeUrl: string;
  schema: string;
  applicationName: string;
  /** The service's own migrations; those of the log come first. */
  migrations: readonly MigrationClass[];
}>;

/** What bringing a schema up to date took. */
export type SchemaUpdate = Readonly<{
  /** Names of the migrations that ran. */
  ran: readonly string[];
  /** What was done about the service's role, for people. */
  granted: readonly string[];
}>;

/**
 * Brings a schema up to date as its owner, and gives the service's role exactly what it needs there: again each time,
 * so that new tables are covered. Safe to run from any number of processes at once.
 *
 * @throws LoginRefused RightsMissing RoleUnnamed StoreUnavailable
 */
export async function updateSchema(options: SchemaUpdateOptions): Promise<SchemaUpdate> {
  const { ownerUrl, runtimeUrl, schema } = options;
  // One URL for both may leave the user to the environment; two must name whom to grant to.
  const runtime = ownerUrl === runtimeUrl ? undefined : runtimeOf(options);
  const source = { ...options, url: ownerUrl, entities: [] };
  return connectedTo(ownerUrl, async (database) => {
    const dataSource = await migrationDataSource(source).initialize();
    try {
      return await inTurn(database, async () => {
        const ran = await runMigrations(dataSource, database, schema);
        const granted = runtime ? await admit(database, schema, runtime) : [];
        return { ran, granted };
      });
    } finally {
      await dataSource.destroy();
    }
  });
}

/** @returns nothing when both URLs name the same role */
function runtimeOf({ ownerUrl, runtimeUrl }: SchemaUpdateOptions): Login | undefined {
  const runtime = loginOf(runtimeUrl, 'DATABASE_URL');
  return runtime.role === loginOf(ownerUrl, 'DATABASE_OWNER_URL').role ? undefined : runtime;
}

async function admit(database: Database, schema: string, runtime: Login): Promise<readonly string[]> {
  const made = await ensureLogin(database, runtime);
  const grants = await database.transaction((connection) => applyGrants(connection, schema, runtime.role));
  return [...made, ...grants];
}
