import { deserialize, serialize } from 'node:v8';
import { tenantId, type TenantId } from '#libs/kernel';
import type { AgentDefinition, AssessorProgress, FindingState } from '#libs/agent-kit';
import type { Queryable } from '#libs/event-store';

type ProgressRow = {
  tenant: string;
  position: number;
  told_ms: number | null;
  least_lag_ms: number | null;
  turns: Record<string, number>;
};
type SituationRow = {
  tenant: string;
  key: string;
  detector: string;
  subject: string;
  state: string;
  grade: number;
  is_open: boolean;
  decided_at: Date;
};

const READ_PROGRESS = 'select tenant, position, told_ms, least_lag_ms, turns from agent_progress where agent_id = $1';

const WRITE_PROGRESS = `
insert into agent_progress (agent_id, tenant, position, told_ms, least_lag_ms, turns)
select $1, tenant, position, told_ms, least_lag_ms, turns
from jsonb_to_recordset($2::jsonb) as r(tenant text, position bigint, told_ms bigint, least_lag_ms bigint, turns jsonb)
on conflict (agent_id, tenant) do update
set position = excluded.position, told_ms = excluded.told_ms, least_lag_ms = excluded.least_lag_ms, turns = excluded.turns`;

/** Index: situations_by_agent. One that is over is of use while it may cool down. */
const READ_SITUATIONS = `
select tenant, key, detector, subject, state, grade, is_open, decided_at from situations where agent_id = $1`;

const READ_BOOKS = 'select tenant, position, book from agent_books where agent_id = $1 and version = $2';

const WRITE_BOOK = `
insert into agent_books (agent_id, tenant, version, position, book) values ($1, $2, $3, $4, $5)
on conflict (agent_id, tenant) do update
set version = excluded.version, position = excluded.position, book = excluded.book, saved_at = clock_timestamp()`;

/** A book as it was saved, and the position up to which it holds the log. */
export type SavedBook<Book> = Readonly<{ position: number; book: Book }>;

/** What an agent must know again when it starts: clocks and turns, situations that it decided, books. */
export class AssessorStorage<Book> {
  private readonly agent: AgentDefinition<Book>;

  constructor(agent: AgentDefinition<Book>) {
    this.agent = agent;
  }

  async progress(database: Queryable): Promise<ReadonlyMap<TenantId, AssessorProgress>> {
    const rows = await database.query<ProgressRow>(READ_PROGRESS, [this.agent.id]);
    return new Map(
      rows.map(({ tenant, position, told_ms: toldMs, least_lag_ms: leastLagMs, turns }) => [
        tenantId(tenant),
        { position, turns, clock: toldMs === null || leastLagMs === null ? undefined : { toldMs, leastLagMs } },
      ]),
    );
  }

  async writeProgress(
    transaction: Queryable,
    progress: Iterable<readonly [TenantId, AssessorProgress]>,
  ): Promise<void> {
    const rows = [...progress].map(([tenant, { position, clock, turns }]) => ({
      ...{ tenant, position, turns },
      told_ms: clock?.toldMs ?? null,
      least_lag_ms: clock?.leastLagMs ?? null,
    }));
    if (rows.length > 0) await transaction.query(WRITE_PROGRESS, [this.agent.id, JSON.stringify(rows)]);
  }

  async situations(database: Queryable): Promise<ReadonlyMap<TenantId, readonly FindingState[]>> {
    const rows = await database.query<SituationRow>(READ_SITUATIONS, [this.agent.id]);
    const byTenant = Map.groupBy(rows, ({ tenant }) => tenantId(tenant));
    return new Map([...byTenant].map(([tenant, ofTenant]) => [tenant, ofTenant.map(findingState)]));
  }

  /** The books that were saved in today's form; of others the log is read anew. */
  async books(database: Queryable): Promise<ReadonlyMap<TenantId, SavedBook<Book>>> {
    const rows = await database.query<{ tenant: string; position: number; book: Uint8Array }>(READ_BOOKS, [
      this.agent.id,
      this.agent.bookKeeping.version,
    ]);
    return new Map(
      rows.flatMap(({ tenant, position, book }) => {
        const envelope: unknown = deserialize(book);
        return this.isOwn(envelope) ? [[tenantId(tenant), { position, book: envelope.book }] as const] : [];
      }),
    );
  }

  async saveBook(database: Queryable, tenant: TenantId, { position, book }: SavedBook<Readonly<Book>>): Promise<void> {
    const { id, bookKeeping } = this.agent;
    const bytes = serialize({ version: bookKeeping.version, book });
    await database.query(WRITE_BOOK, [id, tenant, bookKeeping.version, position, bytes]);
  }

  /** Books are written here alone, and their version names their form. */
  private isOwn(envelope: unknown): envelope is { version: number; book: Book } {
    return (
      typeof envelope === 'object' &&
      envelope !== null &&
      'version' in envelope &&
      envelope.version === this.agent.bookKeeping.version &&
      'book' in envelope
    );
  }
}

function findingState({ key, detector, subject, state, grade, is_open, decided_at }: SituationRow): FindingState {
  return { key, detectorId: detector, subject, state, grade, isOpen: is_open, decidedAtMs: decided_at.getTime() };
}
