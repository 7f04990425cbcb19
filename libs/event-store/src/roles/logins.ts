import pg from 'pg';
import { HOUR_MS } from '#libs/kernel';
import { Database } from '../postgres/database.ts';
import type { Queryable } from '../event-store.ts';
import { LoginRefused, RightsMissing, RoleUnnamed } from './role-errors.ts';
import { scramVerifier } from './scram-verifier.ts';

/** Who a URL logs in as. */
export type Login = Readonly<{ url: string; role: string; password: string }>;

const INSUFFICIENT_PRIVILEGE = '42501';
/** Made by somebody else since we looked: as a name that exists, or in the index of names. */
const MADE_MEANWHILE = new Set(['42710', '23505']);
/** A wrong password; a role that does not exist or may not log in; a database that does not exist. */
const REFUSED = new Set(['28P01', '28000', '3D000']);
const LONGEST_MIGRATION_MS = 24 * HOUR_MS;

/** @throws RoleUnnamed naming the setting that holds the URL */
export function loginOf(url: string, setting: string): Login {
  const { username, password } = new URL(url);
  if (username === '') throw new RoleUnnamed(setting);
  return { url, role: decodeURIComponent(username), password: decodeURIComponent(password) };
}

/** The SQLSTATE of an error of Postgres; empty for any other. */
export function sqlStateOf(error: unknown): string {
  const isCoded = typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string';
  return isCoded ? String(error.code) : '';
}

/**
 * Gives `work` connections that belong to no service's pool.
 * @throws LoginRefused StoreUnavailable
 */
export async function connectedTo<Result>(url: string, work: (database: Database) => Promise<Result>): Promise<Result> {
  const database = new Database({
    url,
    schema: 'pg_catalog',
    poolSize: 2,
    applicationName: 'steward:migrate',
    answerTimeoutMs: LONGEST_MIGRATION_MS,
  });
  try {
    await database.query('select 1');
    return await work(database);
  } catch (error) {
    throw REFUSED.has(sqlStateOf(error)) ? new LoginRefused(decodeURIComponent(new URL(url).username), error) : error;
  } finally {
    await database.close();
  }
}

/** Runs a statement that may need more rights than this role has. @throws RightsMissing with `shown` */
export async function privileged(database: Queryable, statement: string, shown = statement): Promise<void> {
  try {
    await database.query(statement);
  } catch (error) {
    if (sqlStateOf(error) !== INSUFFICIENT_PRIVILEGE) throw error;
    const why = error instanceof Error ? error.message : '';
    throw new RightsMissing(`The role that prepares the database lacks a right: ${why}.`, [shown], { cause: error });
  }
}

/** What no role of a service has. */
const ATTRIBUTES = 'login nosuperuser nocreaterole noreplication nobypassrls';

/**
 * Makes the role of a URL, or gives it the URL's password when it cannot log in with that.
 * @param may what it may do besides logging in
 * @returns what was done, for people
 * @throws RightsMissing LoginRefused
 */
export async function ensureLogin(
  database: Queryable,
  { url, role, password }: Login,
  may: 'createdb' | 'nocreatedb' = 'nocreatedb',
): Promise<readonly string[]> {
  const name = pg.escapeIdentifier(role);
  const withPassword = (begin: string): readonly [string, string] => [
    `${begin} password ${pg.escapeLiteral(scramVerifier(password))}`,
    `${begin} password '<as in its URL>'`,
  ];
  if (!(await exists(database, role))) {
    const isMade = await make(database, withPassword(`create role ${name} ${ATTRIBUTES} ${may}`));
    if (isMade) return [`made the role ${role}`];
  }
  if (await letsIn(url)) return [];
  await privileged(database, ...withPassword(`alter role ${name} login`));
  await connectedTo(url, () => Promise.resolve());
  return [`gave the role ${role} the password of its URL`];
}

async function exists(database: Queryable, role: string): Promise<boolean> {
  return (await database.query('select from pg_roles where rolname = $1', [role])).length > 0;
}

async function make(database: Queryable, [statement, shown]: readonly [string, string]): Promise<boolean> {
  try {
    await privileged(database, statement, shown);
    return true;
  } catch (error) {
    if (MADE_MEANWHILE.has(sqlStateOf(error))) return false;
    throw error;
  }
}

async function letsIn(url: string): Promise<boolean> {
  try {
    await connectedTo(url, () => Promise.resolve());
    return true;
  } catch (error) {
    if (error instanceof LoginRefused) return false;
    throw error;
  }
}
