import pg from 'pg';
import type { Queryable } from '../event-store.ts';
import { inTurn } from '../postgres/migrate.ts';
import { connectedTo, ensureLogin, loginOf, privileged, type Login } from './logins.ts';

export type RolePlan = Readonly<{
  /** Somebody who may make roles and give objects away: a superuser, as a rule. */
  adminUrl: string;
  /** Who owns and migrates the schemas. */
  ownerUrl: string;
  /** Who the services run as. */
  runtimeUrls: readonly string[];
  /** Who reads everything for a backup and restores it beside the original to prove it. */
  backupUrl?: string | undefined;
  /** The schemas of the services. */
  schemas: readonly string[];
}>;

/**
 * Makes the roles of an installation as its administrator: once for a new server, and again when a service is added.
 * Schemas that belong to somebody else, from before there were roles, become the owner's.
 *
 * @returns what was done, for people; nothing when all is as it should be
 * @throws LoginRefused RightsMissing StoreUnavailable
 */
export async function prepareRoles(plan: RolePlan): Promise<readonly string[]> {
  const owner = loginOf(plan.ownerUrl, 'DATABASE_OWNER_URL');
  const runtimes = plan.runtimeUrls
    .map((url) => loginOf(url, 'DATABASE_URL'))
    .filter(({ role }) => role !== owner.role);
  const backup = plan.backupUrl === undefined ? undefined : loginOf(plan.backupUrl, 'BACKUP_DATABASE_URL');
  return connectedTo(onDatabaseOf(plan.ownerUrl, plan.adminUrl), (database) =>
    inTurn(database, async () => {
      const done: string[] = [];
      for (const login of [owner, ...runtimes]) done.push(...(await ensureLogin(database, login)));
      if (backup) done.push(...(await ensureBackupLogin(database, backup)));
      const others = [...runtimes, ...(backup ? [backup] : [])].map(({ role }) => role);
      done.push(...(await letIntoDatabase(database, owner.role, others)));
      done.push(...(await adopt(database, owner.role, plan.schemas)));
      return done;
    }),
  );
}

/** The administrator's login, in the database that the owner works on. */
function onDatabaseOf(ownerUrl: string, adminUrl: string): string {
  const url = new URL(adminUrl);
  url.pathname = new URL(ownerUrl).pathname;
  return url.href;
}

/**
 * Makes the role that reads every schema for a backup, and may make the scratch database that proves it.
 * @returns what was done, for people
 * @throws RightsMissing LoginRefused StoreUnavailable
 */
async function ensureBackupLogin(database: Queryable, login: Login): Promise<readonly string[]> {
  const done = [...(await ensureLogin(database, login, 'createdb'))];
  const name = pg.escapeIdentifier(login.role);
  const [has] = await database.query<{ reads: boolean; creates: boolean }>(
    `select pg_has_role(oid, 'pg_read_all_data', 'USAGE') as reads, rolcreatedb or rolsuper as creates
     from pg_roles where rolname = $1`,
    [login.role],
  );
  if (has?.reads !== true) done.push(await carryOut(database, `grant pg_read_all_data to ${name}`));
  if (has?.creates !== true) done.push(await carryOut(database, `alter role ${name} createdb`));
  return done;
}

async function letIntoDatabase(
  database: Queryable,
  owner: string,
  others: readonly string[],
): Promise<readonly string[]> {
  const wanted = [[owner, 'CREATE'], [owner, 'CONNECT'], ...others.map((role) => [role, 'CONNECT'])];
  const statements = await database.query<{ statement: string }>(
    `select format('grant %s on database %I to %I', privilege, current_database(), role) as statement
     from unnest($1::text[], $2::text[]) as wanted (role, privilege)
     where not has_database_privilege(role, current_database(), privilege)`,
    [wanted.map(([role]) => role), wanted.map(([, privilege]) => privilege)],
  );
  const done: string[] = [];
  for (const { statement } of statements) done.push(await carryOut(database, statement));
  return done;
}

/** Everything in the schemas that is somebody else's; what belongs to a table follows its table. */
const STRANGE = `
with owner as (select oid, quote_ident(rolname) as sql from pg_roles where rolname = $1),
schemas as (select n.oid, n.nspname, n.nspowner from pg_namespace n where n.nspname = any ($2))
select format('alter schema %I owner to %s', s.nspname, o.sql) as statement, 1 as turn, s.nspname as name
from schemas s, owner o where s.nspowner <> o.oid
union all
select format('alter %s %I.%I owner to %s',
    case c.relkind when 'S' then 'sequence' when 'v' then 'view' when 'm' then 'materialized view' else 'table' end,
    s.nspname, c.relname, o.sql), 2, c.relname
from pg_class c join schemas s on s.oid = c.relnamespace, owner o
where c.relkind in ('r', 'p', 'v', 'm', 'S') and c.relowner <> o.oid
  and not exists (
    select from pg_depend d
    where d.classid = 'pg_class'::regclass and d.objid = c.oid and c.relkind = 'S' and d.deptype in ('a', 'i'))
union all
select format('alter routine %I.%I(%s) owner to %s', s.nspname, p.proname, pg_get_function_identity_arguments(p.oid), o.sql),
  3, p.proname
from pg_proc p join schemas s on s.oid = p.pronamespace, owner o where p.proowner <> o.oid
union all
select format('alter type %I.%I owner to %s', s.nspname, t.typname, o.sql), 4, t.typname
from pg_type t join schemas s on s.oid = t.typnamespace, owner o
where t.typowner <> o.oid and t.typelem = 0
  and (t.typtype in ('e', 'd', 'r') or exists (select from pg_class c where c.oid = t.typrelid and c.relkind = 'c'))
order by turn, name`;

async function adopt(database: Queryable, owner: string, schemas: readonly string[]): Promise<readonly string[]> {
  const strange = await database.query<{ statement: string }>(STRANGE, [owner, schemas]);
  for (const { statement } of strange) await privileged(database, statement);
  return strange.length === 0 ? [] : [`gave ${strange.length} things in ${schemas.join(', ')} to ${owner}`];
}

async function carryOut(database: Queryable, statement: string): Promise<string> {
  await privileged(database, statement);
  return statement;
}

/**
 * Makes the role that backups run as, for an installation whose roles no administrator made.
 *
 * @returns what was done, for people
 * @throws RightsMissing LoginRefused RoleUnnamed StoreUnavailable
 */
export async function ensureBackupRole(ownerUrl: string, backupUrl: string): Promise<readonly string[]> {
  const login = loginOf(backupUrl, 'BACKUP_DATABASE_URL');
  return connectedTo(ownerUrl, (database) => inTurn(database, () => ensureBackupLogin(database, login)));
}
