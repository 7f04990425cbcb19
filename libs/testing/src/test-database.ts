import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { startThrowAwayPostgres, type EmbeddedPostgres, type ThrowAway } from '#libs/embedded-servers';

/** An empty database of a test's own. */
export type TestDatabase = Readonly<{
  /** As a superuser: for what the spec itself looks at. */
  url: string;
  /** As a service logs in to it; made at the first call. The schema is the migrations' to make. */
  loginsOf: (service: string) => Promise<ServiceLogins>;
  /** As somebody logs in who may read all of it and make databases beside it. */
  backupUrl: () => Promise<string>;
  /** Drops it and its roles, connections or not. */
  drop: () => Promise<void>;
}>;

/** What a service gets as `DATABASE_URL` and `DATABASE_OWNER_URL`; none of these roles has more rights than it needs. */
export type ServiceLogins = Readonly<{ url: string; ownerUrl: string }>;

let own: Promise<ThrowAway<EmbeddedPostgres>> | undefined;
let ownDatabases = 0;

/** A new, empty database on the test server. Drop it when the spec is over. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const given = process.env['STEWARD_TEST_POSTGRES'];
  return given === undefined ? createOnOwnServer() : createDatabase(given);
}

/** With which a service runs on a test's database as it does in production: as a role of its own. */
export async function databaseSettings(
  database: TestDatabase,
  service: string,
): Promise<Readonly<{ DATABASE_URL: string; DATABASE_OWNER_URL: string }>> {
  const { url, ownerUrl } = await database.loginsOf(service);
  return { DATABASE_URL: url, DATABASE_OWNER_URL: ownerUrl };
}

/** Without a server that `npm test` or `npm run int` started, one that lives as long as there are databases on it. */
async function createOnOwnServer(): Promise<TestDatabase> {
  own ??= startThrowAwayPostgres();
  ownDatabases += 1;
  const server = await own;
  const database = await createDatabase(server.server.url);
  return {
    ...database,
    drop: async () => {
      await database.drop();
      ownDatabases -= 1;
      if (ownDatabases > 0) return;
      own = undefined;
      await server.remove();
    },
  };
}

async function createDatabase(server: string): Promise<TestDatabase> {
  const name = `test_${randomBytes(6).toString('hex')}`;
  await execute(server, `create database ${name}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  const roles = new Map<string, Promise<string>>();
  // Roles belong to the server, so their names begin with that of the database.
  const urlOf = async (part: string, more = ''): Promise<string> => {
    const known = roles.get(part) ?? createRole(url.href, `${name}_${part}`, more);
    roles.set(part, known);
    return known;
  };
  const makeOwner = async (): Promise<string> => {
    const ownerUrl = await urlOf('owner');
    await execute(url.href, `grant create on database ${name} to ${name}_owner`);
    return ownerUrl;
  };
  // Once: two instances that start together would grant at the same moment, which Postgres refuses to one of them.
  let owner: Promise<string> | undefined;
  return {
    url: url.href,
    loginsOf: async (service) => ({ ownerUrl: await (owner ??= makeOwner()), url: await urlOf(service) }),
    backupUrl: () => urlOf('backup', 'createdb in role pg_read_all_data'),
    drop: async () => {
      await execute(server, `drop database if exists ${name} with (force)`);
      for (const part of roles.keys()) await execute(server, `drop role if exists ${name}_${part}`);
    },
  };
}

/** @returns the URL with which it logs in */
async function createRole(server: string, role: string, more: string): Promise<string> {
  const password = randomBytes(12).toString('hex');
  await execute(server, `create role ${role} login password '${password}' ${more}`);
  const url = new URL(server);
  url.username = role;
  url.password = password;
  return url.href;
}

/** Runs one statement on a connection of its own. */
export async function execute(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
