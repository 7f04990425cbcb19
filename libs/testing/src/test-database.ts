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

/**
 * The server's URL: the one that `npm test` started (`STEWARD_TEST_POSTGRES`), else one that this
 * process starts for itself and that ends with it.
 */
async function serverUrl(): Promise<string> {
  const given = process.env['STEWARD_TEST_POSTGRES'];
  if (given) return given;
  own ??= startThrowAwayPostgres();
  return (await own).server.url;
}

/** A new, empty database on the test server. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const server = await serverUrl();
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
