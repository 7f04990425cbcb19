import pg from 'pg';
import { migrationNames, type MigrationClass } from '../postgres/migrate.ts';
import type { Queryable } from '../event-store.ts';
import { connectedTo } from './logins.ts';
import { RoleMayAlterEvents, SchemaOutOfDate } from './role-errors.ts';
import { updateSchema, type SchemaUpdate } from './schema-update.ts';

export type SchemaOptions = Readonly<{
  /** Who the service runs as. */
  url: string;
  /** Who owns the schema; without it the schema has to be up to date already. */
  ownerUrl?: string | undefined;
  schema: string;
  applicationName: string;
  /** The service's own migrations; those of the log come first. */
  migrations: readonly MigrationClass[];
  /** Whether the service may run as a role that owns its schema: for a developer, never for production. */
  allowOwner: boolean;
}>;

export type PreparedSchema = SchemaUpdate &
  Readonly<{
    /** Why the role that the service runs as could alter events; absent when it could not. */
    danger?: string;
  }>;

/** What a role is in its database. */
type Standing = Readonly<{
  role: string;
  isSuperuser: boolean;
  /** Owns the schema, or may make it where it is missing. */
  mayMigrate: boolean;
  mayAlterEvents: boolean;
  mayReadMigrations: boolean;
}>;

const STANDING = `
select r.rolname as role, r.rolsuper as "isSuperuser",
  case when n.oid is null then has_database_privilege(current_database(), 'CREATE')
    else pg_has_role(n.nspowner, 'MEMBER') end as "mayMigrate",
  coalesce(pg_has_role(e.relowner, 'MEMBER') or has_table_privilege(e.oid, 'INSERT, UPDATE, DELETE, TRUNCATE, TRIGGER')
    or has_any_column_privilege(e.oid, 'INSERT, UPDATE'), false) as "mayAlterEvents",
  coalesce(has_schema_privilege(n.oid, 'USAGE') and has_table_privilege(m.oid, 'SELECT'), false) as "mayReadMigrations"
from pg_roles r
left join pg_namespace n on n.nspname = $1
left join pg_class e on e.relnamespace = n.oid and e.relname = 'events'
left join pg_class m on m.relnamespace = n.oid and m.relname = 'migrations'
where r.rolname = current_user`;

/**
 * Makes sure that a service finds its schema as its code needs it, and runs as a role that cannot change its log.
 *
 * With an owner's URL the schema is brought up to date. Without one, a role of the service's own only checks; a role
 * that owns the schema brings it up to date itself, where that is allowed.
 *
 * @throws SchemaOutOfDate RoleMayAlterEvents LoginRefused RightsMissing RoleUnnamed StoreUnavailable
 */
export async function prepareSchema(options: SchemaOptions): Promise<PreparedSchema> {
  const { url, schema, ownerUrl } = options;
  const update = ownerUrl === undefined ? undefined : await updateSchema({ ...options, ownerUrl, runtimeUrl: url });
  return connectedTo(url, async (database) => {
    const standing = await standingOf(database, schema);
    const danger = dangerOf(standing);
    if (danger !== undefined && !options.allowOwner) throw new RoleMayAlterEvents(standing.role, schema, danger);
    const done = update ?? (await ownUpdate(database, standing, options));
    return { ...done, ...(danger === undefined ? {} : { danger }) };
  });
}

async function ownUpdate(database: Queryable, standing: Standing, options: SchemaOptions): Promise<SchemaUpdate> {
  const { url, schema, migrations } = options;
  if (standing.mayMigrate) return updateSchema({ ...options, ownerUrl: url, runtimeUrl: url });
  const missing = await missingMigrations(database, standing, schema, migrations);
  if (missing.length > 0) throw new SchemaOutOfDate(schema, standing.role, missing);
  return { ran: [], granted: [] };
}

async function standingOf(database: Queryable, schema: string): Promise<Standing> {
  const [standing] = await database.query<Standing>(STANDING, [schema]);
  if (!standing) throw new Error('The server does not know the role that is logged in.');
  return standing;
}

function dangerOf({ isSuperuser, mayMigrate, mayAlterEvents }: Standing): string | undefined {
  if (isSuperuser) return 'is a superuser';
  if (mayMigrate) return 'owns the schema or may make it';
  return mayAlterEvents ? 'may write the table events' : undefined;
}

async function missingMigrations(
  database: Queryable,
  { mayReadMigrations }: Standing,
  schema: string,
  migrations: readonly MigrationClass[],
): Promise<readonly string[]> {
  const needed = migrationNames(migrations);
  if (!mayReadMigrations) return needed;
  const rows = await database.query<{ name: string }>(`select name from ${pg.escapeIdentifier(schema)}.migrations`);
  const ran = new Set(rows.map(({ name }) => name));
  return needed.filter((name) => !ran.has(name));
}
