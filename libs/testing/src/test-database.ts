import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { startThrowAwayPostgres, type EmbeddedPostgres, type ThrowAway } from '#libs/embedded-servers';

/** An empty database of a test's own. */
export type TestDatabase = Readonly<{
  url: string;
  /** Drops it, connections or not. */
  drop: () => Promise<void>;
}>;

let own: Promise<ThrowAway<EmbeddedPostgres>> | undefined;
let ownDatabases = 0;

/** A new, empty database on the test server. Drop it when the spec is over. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const given = process.env['STEWARD_TEST_POSTGRES'];
  return given === undefined ? createOnOwnServer() : createDatabase(given);
}

/** Without a server that `npm test` or `npm run int` started, one that lives as long as there are databases on it. */
async function createOnOwnServer(): Promise<TestDatabase> {
  own ??= startThrowAwayPostgres();
  ownDatabases += 1;
  const server = await own;
  const database = await createDatabase(server.server.url);
  return {
    url: database.url,
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
  return { url: url.href, drop: () => execute(server, `drop database if exists ${name} with (force)`) };
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
