import pg from 'pg';
import { SECOND_MS } from '#libs/kernel';
import { StoreUnavailable } from '../errors.ts';
import type { Queryable } from '../event-store.ts';

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
const IDLE_IN_TRANSACTION_TIMEOUT_MS = 30 * SECOND_MS;
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
    `-c statement_timeout=${STATEMENT_TIMEOUT_MS}`,
    `-c idle_in_transaction_session_timeout=${IDLE_IN_TRANSACTION_TIMEOUT_MS}`,
  ].join(' ');
}

/** A service's pool of connections to its schema. */
export class Database implements Queryable {
  private readonly pool: pg.Pool;
  private readonly options: DatabaseOptions;

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
    this.pool.on('error', (error) => options.onIdleError?.(error));
  }

  get schema(): string {
    return this.options.schema;
  }

  /** Connections that are in use now. */
  get activeConnections(): number {
    return this.pool.totalCount - this.pool.idleCount;
  }

  async query<Row extends object = Record<string, unknown>>(
    text: string,
    values: readonly unknown[] = [],
  ): Promise<Row[]> {
    return this.measured(this.pool, text, values);
  }

  /**
   * Runs `work` between BEGIN and COMMIT on one connection; what it throws rolls back.
   * @throws StoreUnavailable when the connection was lost
   */
  async transaction<Result>(work: (connection: Queryable) => Promise<Result>): Promise<Result> {
    const client = await this.connect();
    const connection: Queryable = { query: (text, values = []) => this.measured(client, text, values) };
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
      await connection.query('commit');
      return result;
    } catch (error) {
      // The answer to a lost statement may still come; such a connection is good for nothing more.
      broken ??= error instanceof StoreUnavailable ? error : await rollback(client);
      throw error;
    } finally {
      client.off('error', lost);
      client.release(broken);
    }
  }

  async close(): Promise<void> {
    await this.pool.end();
  }

  private async connect(): Promise<pg.PoolClient> {
    try {
      return await this.pool.connect();
    } catch (error) {
      throw translated(error);
    }
  }

  private async measured<Row extends object>(
    on: pg.Pool | pg.PoolClient,
    text: string,
    values: readonly unknown[],
  ): Promise<Row[]> {
    const startedAt = performance.now();
    try {
      const result = await on.query<Row>(text, [...values]);
      return result.rows;
    } catch (error) {
      throw translated(error);
    } finally {
      this.options.observe?.(queryType(text), performance.now() - startedAt);
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

/** SQLSTATE classes that mean "the server went away": connection (08), operator intervention (57P), out of resources (53). */
const UNAVAILABLE_SQLSTATE = /^(08|57P|53)/;
const UNAVAILABLE_SYSTEM = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EHOSTUNREACH']);

/** What pg itself says of a connection, without a code. */
const UNAVAILABLE_MESSAGE =
  /connection terminated|timeout exceeded when trying to connect|client has encountered a connection error|query read timeout/i;

function translated(error: unknown): unknown {
  return isUnavailable(error) ? new StoreUnavailable(error) : error;
}

/** Known by its form: in a realm of its own, as a test runner makes one, an error of Node is no instance of `Error`. */
function isUnavailable(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  const message = 'message' in error && typeof error.message === 'string' ? error.message : '';
  return UNAVAILABLE_SQLSTATE.test(code) || UNAVAILABLE_SYSTEM.has(code) || UNAVAILABLE_MESSAGE.test(message);
}
