import pg from 'pg';
import { SECOND_MS } from '#libs/kernel';
import { StoreFull, StoreUnavailable, WrongIsolation, type Applied } from '../errors.ts';
import type { PreparedStatement, Queryable } from '../event-store.ts';

export type DatabaseOptions = Readonly<{
  url: string;
  /** The service's own schema; created by its first migration. */
  schema: string;
  /** @default 20 */
  poolSize?: number;
  /** Shown in `pg_stat_activity`. */
  applicationName: string;
  /** How long to wait for a server that says nothing. @default 35,000: longer than any statement may run there */
  answerTimeoutMs?: number;
  /** Measures every statement; see libs/observability. */
  observe?: (queryType: string, durationMs: number) => void;
  /** Called for errors of idle connections, which belong to no call. */
  onIdleError?: (error: Error) => void;
}>;

const STATEMENT_TIMEOUT_MS = 30 * SECOND_MS;
/** Whoever holds a lane or a row and does nothing loses it before those who wait give up. */
const IDLE_IN_TRANSACTION_TIMEOUT_MS = 8 * SECOND_MS;
const LOCK_TIMEOUT_MS = 10 * SECOND_MS;
const CONNECT_TIMEOUT_MS = 5 * SECOND_MS;
const ANSWER_TIMEOUT_MS = STATEMENT_TIMEOUT_MS + 5 * SECOND_MS;

/** bigint (OID 20) comes as a number; positions and counts stay far below 2^53. */
const types = new pg.TypeOverrides();
types.setTypeParser(pg.types.builtins.INT8, parseSafeInteger);

function parseSafeInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`${text} is beyond 2^53`);
  return value;
}

/** The settings with which every connection of a service starts: its schema, and limits that no caller can forget. */
export function connectionOptions(schema: string): string {
  return [
    `-c search_path=${schema}`,
    '-c timezone=UTC',
    // What follows a lane's lock must see what earlier holders committed, whatever the server's default is.
    '-c default_transaction_isolation=read\\ committed',
    `-c statement_timeout=${STATEMENT_TIMEOUT_MS}`,
    `-c lock_timeout=${LOCK_TIMEOUT_MS}`,
    `-c idle_in_transaction_session_timeout=${IDLE_IN_TRANSACTION_TIMEOUT_MS}`,
  ].join(' ');
}

/** A service's pool of connections to its schema. */
export class Database implements Queryable {
  private readonly pool: pg.Pool;
  private readonly options: DatabaseOptions;
  private closed: Promise<void> | undefined;

  constructor(options: DatabaseOptions) {
    this.options = options;
    const { answerTimeoutMs = ANSWER_TIMEOUT_MS } = options;
    this.pool = new pg.Pool({
      connectionString: options.url,
      max: options.poolSize ?? 20,
      application_name: options.applicationName,
      options: connectionOptions(options.schema),
      connectionTimeoutMillis: Math.min(CONNECT_TIMEOUT_MS, answerTimeoutMs),
      query_timeout: answerTimeoutMs,
      types,
    });
    // pg drops the broken connection itself; without a listener Node would end the process.
    this.pool.on('error', (error) => {
      // pg hangs the whole client on it, which fills a page of any log.
      Reflect.deleteProperty(error, 'client');
      options.onIdleError?.(error);
    });
  }

  get schema(): string {
    return this.options.schema;
  }

  /** Connections that are in use now. */
  get activeConnections(): number {
    return this.pool.totalCount - this.pool.idleCount;
  }

  async query<Row extends object = Record<string, unknown>>(
    statement: string | PreparedStatement,
    values: readonly unknown[] = [],
  ): Promise<Row[]> {
    // Apart from the query, so that an error says whether anything can have been done.
    const client = await this.connect();
    let failure: Error | undefined;
    const lost = (error: Error): void => {
      failure = error;
    };
    client.on('error', lost);
    try {
      return await this.measured(client, statement, values);
    } catch (error) {
      if (isUnavailable(error)) failure = error;
      throw error;
    } finally {
      client.off('error', lost);
      client.release(failure);
    }
  }

  /**
   * Runs `work` between BEGIN and COMMIT on one connection; what it throws rolls back.
   * @throws StoreUnavailable when the connection was lost
   */
  async transaction<Result>(work: (connection: Queryable) => Promise<Result>): Promise<Result> {
    const client = await this.connect();
    const connection: Queryable = { query: (statement, values = []) => this.measured(client, statement, values, 'no') };
    let broken: Error | undefined;
    const lost = (error: Error): void => {
      broken = error;
    };
    // A connection that ends between two statements belongs to no call: the next statement fails because of it.
    // Without a listener Node would end the process.
    client.on('error', lost);
    try {
      await connection.query('begin isolation level read committed');
      const result = await work(connection);
      await this.measured(client, 'commit', [], 'unknown');
      return result;
    } catch (error) {
      // The answer to a lost statement may still come; such a connection is good for nothing more.
      broken ??= isUnavailable(error) ? error : await rollback(client);
      throw error;
    } finally {
      client.off('error', lost);
      client.release(broken);
    }
  }

  /** Waits for what is under way. Safe to call twice. */
  async close(): Promise<void> {
    this.closed ??= this.pool.end();
    await this.closed;
  }

  private async connect(): Promise<pg.PoolClient> {
    try {
      return await this.pool.connect();
    } catch (error) {
      // Nothing was sent.
      throw translated(error, 'no');
    }
  }

  private async measured<Row extends object>(
    client: pg.PoolClient,
    statement: string | PreparedStatement,
    values: readonly unknown[],
    ifLost: Applied = 'unknown',
  ): Promise<Row[]> {
    const prepared = typeof statement === 'string' ? { text: statement } : statement;
    const startedAt = performance.now();
    try {
      const result = await client.query<Row>({ ...prepared, values: [...values] });
      return result.rows;
    } catch (error) {
      throw translated(error, ifLost);
    } finally {
      this.options.observe?.(queryType(prepared.text), performance.now() - startedAt);
    }
  }
}

/** @returns why the connection must not be used again, or nothing */
async function rollback(client: pg.PoolClient): Promise<Error | undefined> {
  try {
    await client.query('rollback');
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

const queryType = (text: string): string => /^\s*([a-z]+)/i.exec(text)?.[1]?.toLowerCase() ?? 'other';

/** What an error of the server means for whoever asked. */
type Meaning = Readonly<{ applied: Applied }> | 'full' | 'isolation';

/**
 * By SQLSTATE (https://www.postgresql.org/docs/current/errcodes-appendix.html). An error that the server reports has
 * rolled back what was under way, except that a connection which it ends (57P) may have committed just before.
 */
const MEANINGS: readonly (readonly [RegExp, Meaning])[] = [
  [/^53100$/, 'full'],
  [/^STW01$/, 'isolation'],
  [/^(08|57P0[12])/, { applied: 'unknown' }],
  [/^(53|57P|57014|58030|55P03|25P03)/, { applied: 'no' }],
  // A primary that was demoted, or a standby: the next connection may reach the new primary.
  [/^25006$/, { applied: 'no' }],
];

/** Of a connection that could not be made, or that was lost: by the code alone nobody can tell which. */
const NETWORK_ERRORS = new Set(
  'ECONNREFUSED ENOTFOUND EAI_AGAIN EHOSTUNREACH ENETUNREACH ENETDOWN ECONNRESET ECONNABORTED EPIPE ETIMEDOUT'.split(
    ' ',
  ),
);

/** What pg itself says of a connection, without a code. */
const UNAVAILABLE_MESSAGE =
  /connection terminated|timeout exceeded when trying to connect|client has encountered a connection error|query read timeout/i;

/** @param applied `no` when no commit was sent yet, else what a lost connection leaves open */
function translated(error: unknown, applied: Applied): unknown {
  const meaning = meaningOf(error, applied);
  if (meaning === undefined) return error;
  if (meaning === 'full') return new StoreFull(error);
  if (meaning === 'isolation') return new WrongIsolation(textField(error, 'message'));
  return new StoreUnavailable(error, applied === 'no' ? 'no' : meaning.applied);
}

function meaningOf(error: unknown, applied: Applied): Meaning | undefined {
  const code = textField(error, 'code');
  if (NETWORK_ERRORS.has(code) || UNAVAILABLE_MESSAGE.test(textField(error, 'message'))) return { applied };
  return MEANINGS.find(([pattern]) => pattern.test(code))?.[1];
}

/** Known by its form: in a realm of its own, as a test runner makes one, an error of Node is no instance of `Error`. */
function textField(error: unknown, name: 'code' | 'message'): string {
  const value: unknown = typeof error === 'object' && error !== null ? Reflect.get(error, name) : undefined;
  return typeof value === 'string' ? value : '';
}

const isUnavailable = (error: unknown): error is StoreUnavailable => error instanceof StoreUnavailable;
