import { Database } from '#libs/event-store';
import { fnv1a } from '#libs/kernel';

const PREFIX = 'steward_verify_';

/** Encoding and collation of the original, from the template that has no data. */
const CREATE = `
select format('create database %I template template0 encoding %L lc_collate %L lc_ctype %L',
  $1::text, pg_encoding_to_char(encoding), datcollate, datctype) as statement, current_user as role
from pg_database where datname = current_database()`;

const LEFT_OVER = 'select datname as name from pg_database where starts_with(datname, $1) order by 1';

const INSUFFICIENT_PRIVILEGE = '42501';

/** A database on the original's server that lives as long as one verification. */
export class ScratchDatabase {
  readonly name: string;
  private readonly original: string;
  private isCreated = false;
  private opened: Database | undefined;

  /** @param original URL of the database that was backed up */
  constructor(original: string, id: string) {
    this.original = original;
    this.name = `${prefixOf(original)}${id.replaceAll(/[^0-9a-z]/g, '').slice(-36)}`;
  }

  /** @throws Error that says what to grant when the role may not create databases */
  async create(): Promise<void> {
    await asAdministrator(this.original, async (database) => {
      await drop(database, this.name);
      await create(database, this.name);
    });
    this.isCreated = true;
  }

  get database(): Database {
    const url = new URL(this.original);
    url.pathname = `/${this.name}`;
    this.opened ??= verifierConnection(url.href);
    return this.opened;
  }

  /** Drops it if it was created. */
  async remove(): Promise<void> {
    await this.opened?.close();
    if (this.isCreated) await asAdministrator(this.original, (database) => drop(database, this.name));
  }
}

/** Drops what verifications left that were killed. Only for whoever is sure to be the only one at work. */
export async function dropLeftOverScratch(original: string): Promise<void> {
  await asAdministrator(original, async (database) => {
    const rows = await database.query<{ name: string }>(LEFT_OVER, [prefixOf(original)]);
    for (const { name } of rows) await drop(database, name);
  });
}

/** Several systems may share a server: each knows its own by the name of its database. */
function prefixOf(original: string): string {
  return `${PREFIX}${fnv1a(new URL(original).pathname).toString(16)}_`;
}

function verifierConnection(url: string): Database {
  return new Database({ url, schema: 'pg_catalog', poolSize: 1, applicationName: 'recovery-service:verify' });
}

async function asAdministrator<Result>(url: string, work: (database: Database) => Promise<Result>): Promise<Result> {
  const database = verifierConnection(url);
  try {
    return await work(database);
  } finally {
    await database.close();
  }
}

async function create(database: Database, name: string): Promise<void> {
  const [row] = await database.query<{ statement: string; role: string }>(CREATE, [name]);
  if (!row) throw new Error('The server does not know its own database.');
  try {
    await database.query(row.statement);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === INSUFFICIENT_PRIVILEGE)) throw error;
    throw new Error(
      `The role "${row.role}" may not create the scratch database that proves the backup. ` +
        `Grant it: ALTER ROLE "${row.role}" CREATEDB; or name another role in BACKUP_DATABASE_URL.`,
      { cause: error },
    );
  }
}

async function drop(database: Database, name: string): Promise<void> {
  await database.query(`drop database if exists "${name}" with (force)`);
}
