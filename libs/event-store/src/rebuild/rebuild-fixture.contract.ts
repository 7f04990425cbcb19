/** What the specs of rebuilds share: a projection in two versions, and what the log must come to. */
import { START, type EventStore, type Queryable, type RecordedEvent } from '../event-store.ts';
import { counted } from '../postgres/log-fixture.contract.ts';
import { projectRows, type RowProjection, type TableSubscriber } from '../subscriptions/row-projection.ts';

type Key = Readonly<{ stream: string }>;
type Total = Key & Readonly<{ total: number; events: number; last_position: number }>;

export const TABLE = `create table totals (stream text primary key, total bigint not null, events bigint not null,
  last_position bigint not null)`;
export const INDEX = 'create index totals_by_position on totals (last_position)';

const numberOf = ({ data }: RecordedEvent): number => (data as { number: number }).number;

/** Sums of what was counted; version 2 counts everything twice. */
function totalRows(version: number, rowsOf: 'one-stream' | 'any'): RowProjection<Key, Total> {
  return {
    name: 'agent.totals',
    version,
    table: 'totals',
    keyColumns: ['stream'],
    handles: new Set(['counted']),
    rowsOf,
    keysOf: ({ streamId }) => [{ stream: streamId }],
    evolve: (row, event, key) => ({
      ...key,
      total: (row?.total ?? 0) + version * numberOf(event),
      events: (row?.events ?? 0) + 1,
      last_position: event.position,
    }),
  };
}

export function totals(version = 1, rowsOf: 'one-stream' | 'any' = 'one-stream'): TableSubscriber {
  return projectRows(totalRows(version, rowsOf));
}

/** Appends so many events over some streams, several to a call. */
export async function appendCounted(store: EventStore, many: number, streams = 40): Promise<void> {
  const perAppend = 5;
  await Promise.all(
    Array.from({ length: Math.ceil(many / perAppend) }, (_, call) =>
      store.append(
        counted(`s-${call % streams}`, 'any', ...Array.from({ length: perAppend }, (__, index) => call + index)),
      ),
    ),
  );
}

/** The rows that the whole log gives, by a loop that shares nothing with a projection. */
export async function foldOfLog(store: EventStore, version: number): Promise<readonly Total[]> {
  const rows = new Map<string, Total>();
  for (const event of await store.readAll({ after: START, limit: 1_000_000 })) {
    const row = rows.get(event.streamId) ?? { stream: event.streamId, total: 0, events: 0, last_position: 0 };
    rows.set(event.streamId, {
      ...row,
      total: row.total + version * numberOf(event),
      events: row.events + 1,
      last_position: event.position,
    });
  }
  return [...rows.values()].sort((left, right) => (left.stream < right.stream ? -1 : 1));
}

export async function rowsOf(database: Queryable, table = 'totals'): Promise<readonly Total[]> {
  return database.query<Total>(`select stream, total, events, last_position from ${table} order by stream collate "C"`);
}
