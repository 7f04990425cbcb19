/** What the specs of folds share: events as the log hands them on, and a table that follows them. */
import { correlationId, eventId, streamId, tenantId } from '#libs/kernel';
import { position, projectRows, type RecordedEvent, type RowProjection } from '#libs/event-store';
import { sequentialIds } from '#libs/testing';

type Row = Readonly<Record<string, unknown>>;
export type Place = Readonly<{
  at?: number;
  tenant?: string;
  streamVersion?: number;
  occurredAt?: string;
  timeZone?: string;
  correlation?: string;
  traceparent?: string;
}>;

const ids = sequentialIds();

/** An event as it comes from the log; `type` is the log's own name, `inventory.stock-moved`. */
export function recorded(type: string, data: object, place: Place = {}): RecordedEvent {
  const { at = 1, tenant = 'demo', streamVersion = 1, occurredAt = '2026-03-02T09:00:00.000Z' } = place;
  return {
    position: position(at),
    lane: 0,
    slot: 0,
    tenant: tenantId(tenant),
    streamId: streamId('spec', 'one'),
    category: 'spec',
    streamVersion,
    type,
    typeVersion: 1,
    id: eventId(ids.nth(at)),
    data,
    metadata: {
      correlationId: correlationId(place.correlation ?? 'the-correlation'),
      actor: 'key:spec',
      source: '/spec',
      sourceId: `event-${at}`,
      occurredAt,
      ...(place.timeZone === undefined ? {} : { timeZone: place.timeZone }),
      ...(place.traceparent === undefined ? {} : { traceparent: place.traceparent }),
    },
    recordedAt: new Date('2026-03-02T09:00:01.000Z'),
    hash: '',
  };
}

/** A projection's table in memory: it takes batches as Postgres does, and keeps rows as JSON. */
export class MemoryTable<Key extends Row, Value extends Key> {
  private readonly rows = new Map<string, string>();
  private readonly projection: RowProjection<Key, Value>;

  constructor(projection: RowProjection<Key, Value>) {
    this.projection = projection;
  }

  /** Applies the events that the projection wants, in one transaction. */
  async apply(...events: readonly RecordedEvent[]): Promise<this> {
    const wanted = events.filter(({ type }) => this.projection.handles.has(type));
    await projectRows(this.projection).apply(wanted, {
      query: <Result extends object>(text: string, [json]: readonly unknown[] = []) =>
        Promise.resolve(this.answer(text, String(json)) as Result[]),
      append: () => {
        throw new Error('A projection appends nothing.');
      },
    });
    return this;
  }

  /** All rows, by key. */
  all(): readonly Value[] {
    return [...this.rows.entries()]
      .toSorted(([left], [right]) => (left < right ? -1 : 1))
      .map(([, row]) => JSON.parse(row) as Value);
  }

  private answer(text: string, json: string): object[] {
    const given = JSON.parse(json) as Key[];
    if (text.trim().startsWith('select')) {
      return given.flatMap((key) => {
        const row = this.rows.get(this.textOf(key));
        return row === undefined ? [] : [{ row: JSON.parse(row) as Value }];
      });
    }
    for (const row of given) this.rows.set(this.textOf(row), JSON.stringify(row));
    return [];
  }

  private textOf(row: Key): string {
    return JSON.stringify(this.projection.keyColumns.map((column) => row[column]));
  }
}
