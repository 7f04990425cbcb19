import { randomUUID } from 'node:crypto';
import {
  canonicalJson,
  IdempotencyKeyReused,
  position,
  WrongExpectedVersion,
  type Append,
  type AppendResult,
  type Database,
  type EventMetadata,
  type Position,
  type Queryable,
  type ReadAllOptions,
  type RecordedEvent,
  type Transaction,
} from '#libs/event-store';
import { categoryOf, eventId, tenantId, type StreamId, type TenantId } from '#libs/kernel';
import { accepts } from './history.ts';
import type { LogUnderTest } from './session.ts';

export const CONTROL_SCHEMA = 'control';

/** As many hand-made event tables look. */
const TABLES = [
  `create schema ${CONTROL_SCHEMA}`,
  `create table events (position bigserial primary key, id uuid, tenant text, stream text, version integer, type text,
    data json, metadata json, unique (tenant, stream, version))`,
  'create table keys (tenant text, key text, content text, version integer, first_position bigint, last_position bigint)',
  'create table side_rows (unit text primary key)',
];
const LOCK = 'select pg_advisory_xact_lock(1)';
const INSERT = `
insert into events (id, tenant, stream, version, type, data, metadata)
select e.id, $2, $3, $4 + e.number, e.type, e.data, $5
from json_to_recordset($1) as e (number integer, id uuid, type text, data json)
order by e.number
returning position`;
const COLUMNS = 'position, id, tenant, stream, version, type, data, metadata';

/** Two writers of one stream or key, or two transactions that wait for each other: Postgres undid one of them. */
const TRY_AGAIN = new Set(['23505', '40P01']);

type Row = {
  position: number;
  id: string;
  tenant: string;
  stream: StreamId;
  version: number;
  type: string;
  data: unknown;
  metadata: EventMetadata;
};
type KeyRow = { content: string; version: number; first_position: number; last_position: number };

export type ControlOptions = Readonly<{
  database: Database;
  /** Appends take turns, so that positions become visible in their order. */
  hasLock: boolean;
  /** A key is looked up when the append has its turn, and not before. */
  looksUpKeysInTurn: boolean;
  /** Holds a transaction between its insert and its commit. */
  beforeCommit?: (first: Position) => Promise<void>;
  /** Holds a transaction between looking up a key and what follows. */
  afterKeyLookup?: (key: string) => Promise<void>;
}>;

/** A log that is right or wrong on purpose, so that one sees what the checker sees. */
export class ControlStore implements LogUnderTest {
  private readonly options: ControlOptions;

  constructor(options: ControlOptions) {
    this.options = options;
  }

  /** @param keysAreUnique whether the database itself refuses a second row of a key */
  static async createTables(database: Database, { keysAreUnique }: { keysAreUnique: boolean }): Promise<void> {
    for (const statement of TABLES) await database.query(statement);
    if (keysAreUnique) await database.query('alter table keys add primary key (tenant, key)');
  }

  async append(append: Append): Promise<AppendResult> {
    return this.commit((connection) => this.store(connection, append));
  }

  async transaction<Result>(work: (transaction: Transaction) => Promise<Result>): Promise<Result> {
    return this.commit(async (connection) => {
      const appends: Append[] = [];
      const result = await work({
        query: (text, values) => connection.query(text, values),
        append: (append) => void appends.push(append),
      });
      for (const append of appends) await this.store(connection, append);
      return result;
    });
  }

  async readStream(tenant: TenantId, stream: StreamId, afterVersion = 0): Promise<RecordedEvent[]> {
    const sql = `select ${COLUMNS} from events where tenant = $1 and stream = $2 and version > $3 order by version`;
    return (await this.options.database.query<Row>(sql, [tenant, stream, afterVersion])).map(recorded);
  }

  async readAll({ after, limit }: ReadAllOptions): Promise<RecordedEvent[]> {
    const sql = `select ${COLUMNS} from events where position > $1 order by position limit $2`;
    return (await this.options.database.query<Row>(sql, [after, limit])).map(recorded);
  }

  async head(): Promise<Position> {
    const [row] = await this.options.database.query<{ head: number | null }>(
      'select max(position) as head from events',
    );
    return position(row?.head ?? 0);
  }

  private async commit<Result>(work: (connection: Queryable) => Promise<Result>): Promise<Result> {
    for (;;) {
      try {
        return await this.options.database.transaction(work);
      } catch (error) {
        if (!(error instanceof Object && 'code' in error && TRY_AGAIN.has(String(error.code)))) throw error;
      }
    }
  }

  private async store(connection: Queryable, append: Append): Promise<AppendResult> {
    const { hasLock, looksUpKeysInTurn, beforeCommit } = this.options;
    const early = looksUpKeysInTurn ? undefined : await this.known(connection, append);
    if (hasLock) await connection.query(LOCK);
    const known = looksUpKeysInTurn ? await this.known(connection, append) : early;
    if (known) return known;
    const result = await insert(connection, append);
    await beforeCommit?.(result.firstPosition);
    return result;
  }

  private async known(connection: Queryable, append: Append): Promise<AppendResult | undefined> {
    if (append.idempotencyKey === undefined) return undefined;
    const [row] = await connection.query<KeyRow>('select * from keys where tenant = $1 and key = $2', [
      append.tenant,
      append.idempotencyKey,
    ]);
    await this.options.afterKeyLookup?.(append.idempotencyKey);
    if (!row) return undefined;
    if (row.content !== canonicalJson(append.events)) {
      throw new IdempotencyKeyReused(append.idempotencyKey, row.first_position);
    }
    return {
      outcome: 'duplicate',
      streamVersion: row.version,
      firstPosition: position(row.first_position),
      lastPosition: position(row.last_position),
    };
  }
}

async function insert(connection: Queryable, append: Append): Promise<AppendResult> {
  const { tenant, streamId, expected, events, metadata, idempotencyKey } = append;
  const [stream] = await connection.query<{ version: number }>(
    'select coalesce(max(version), 0) as version from events where tenant = $1 and stream = $2',
    [tenant, streamId],
  );
  const version = stream?.version ?? 0;
  if (!accepts(expected, version)) throw new WrongExpectedVersion(streamId, expected, version);
  const rows = events.map(({ type, data }, index) => ({ number: index + 1, id: randomUUID(), type, data }));
  const values = [JSON.stringify(rows), tenant, streamId, version, JSON.stringify(metadata)];
  const positions = (await connection.query<{ position: number }>(INSERT, values)).map((row) => row.position);
  const streamVersion = version + events.length;
  const [firstPosition, lastPosition] = [position(Math.min(...positions)), position(Math.max(...positions))];
  if (idempotencyKey !== undefined) {
    const key = [tenant, idempotencyKey, canonicalJson(events), streamVersion, firstPosition, lastPosition];
    await connection.query('insert into keys values ($1, $2, $3, $4, $5, $6)', key);
  }
  return { outcome: 'appended', streamVersion, firstPosition, lastPosition };
}

function recorded(row: Row): RecordedEvent {
  return {
    position: position(row.position),
    lane: 0,
    slot: 0,
    tenant: tenantId(row.tenant),
    streamId: row.stream,
    category: categoryOf(row.stream),
    streamVersion: row.version,
    type: row.type,
    typeVersion: 1,
    id: eventId(row.id),
    data: row.data,
    metadata: row.metadata,
    recordedAt: new Date(0),
    hash: '',
  };
}
