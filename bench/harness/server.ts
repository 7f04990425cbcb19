import pg from 'pg';
import { startThrowAwayPostgres } from '#libs/embedded-servers';
import type { AtEnd } from './with-resources.ts';

/** One server for all rows of a run. */
export type BenchServer = Readonly<{
  url: string;
  /** Of its main process, when this run started it. */
  pid: number | undefined;
  /** Version and the settings that decide about speed, as the server itself reports them. */
  facts: Readonly<Record<string, string>>;
  close: () => Promise<void>;
}>;

/** Sizes as a small production server has them; checkpoints come by size and not in the middle of a short round. */
const SETTINGS = { shared_buffers: '512MB', max_wal_size: '8GB', checkpoint_timeout: '30min', wal_compression: 'off' };
const SHOWN = ['server_version', 'fsync', 'synchronous_commit', 'full_page_writes', 'shared_buffers', 'max_wal_size'];

/** A server of its own that goes with the run, with full durability; or the one that is named. */
export async function openServer(url: string | undefined): Promise<BenchServer> {
  if (url !== undefined) {
    return { url, pid: undefined, facts: await factsOf(url), close: () => Promise.resolve() };
  }
  const { server, remove } = await startThrowAwayPostgres({ fast: false, settings: SETTINGS });
  return { url: server.url, pid: server.pid, facts: await factsOf(server.url), close: remove };
}

/** A new schema of this name, which goes at the end. What an earlier run left there goes first. */
export async function makeSchema(url: string, schema: string, atEnd: AtEnd): Promise<void> {
  const drop = `drop schema if exists ${schema} cascade`;
  await execute(url, `${drop}; create schema ${schema}`);
  atEnd(() => execute(url, drop));
}

/** Runs statements on a connection of their own. */
export async function execute(url: string, statements: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statements);
  } finally {
    await client.end();
  }
}

/** A connection whose unqualified names are those of one schema. */
export async function connect(url: string, schema: string, atEnd: AtEnd, options = ''): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, options: `-c search_path=${schema} ${options}` });
  // A connection that breaks while it is idle belongs to no call: the next one fails because of it.
  client.on('error', () => undefined);
  await client.connect();
  atEnd(() => client.end());
  return client;
}

/** Several of them, in order. */
export async function connectAll(count: number, connectOne: () => Promise<pg.Client>): Promise<readonly pg.Client[]> {
  const clients: pg.Client[] = [];
  while (clients.length < count) clients.push(await connectOne());
  return clients;
}

async function factsOf(url: string): Promise<Record<string, string>> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ name: string; setting: string }>(
      'select name, current_setting(name) as setting from pg_settings where name = any($1)',
      [SHOWN],
    );
    return Object.fromEntries(rows.map(({ name, setting }) => [name, setting]));
  } finally {
    await client.end();
  }
}
