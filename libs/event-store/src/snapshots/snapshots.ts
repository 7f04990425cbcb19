import { setImmediate as nextTurn } from 'node:timers/promises';
import type { StreamId, TenantId } from '#libs/kernel';
import { canonicalJson } from '../canonical-form.ts';
import type { Queryable, RecordedEvent } from '../event-store.ts';
import { recorded, type EventRecord } from '../postgres/event-record.ts';
import type { FoldedStream } from './recent-states.ts';
import { READ_FROM_SNAPSHOT, WRITE_SNAPSHOT } from './snapshot.sql.ts';

/** How a decider's states are kept; naming it is what makes its streams have snapshots. */
export type SnapshotForm<State> = Readonly<{
  /** Unique among the deciders of a service. */
  name: string;
  /** Raised whenever the state, `evolve` or an upcaster of its events changes; snapshots of other versions are ignored. */
  version: number;
  /** Reads a state back from JSON, as a zod schema does; what it refuses is ignored, too. */
  schema: Readonly<{ parse(value: unknown): State }>;
}>;

export type SnapshotsOptions = Readonly<{
  database: Queryable;
  /** Makes an event newest; default: it is as it was stored. See `EventTypes.read`. */
  read?: (event: RecordedEvent) => RecordedEvent;
  /** A load that took longer, to read and to fold, is worth a snapshot. @default 10 ms */
  budgetMs?: number;
  /** A load of fewer events was slow for another reason. @default 50 */
  leastEvents?: number;
  /** States that each decider keeps in memory, as a beginning: what came after is always read. @default 1,000 */
  recentStates?: number;
  /** Milliseconds of a clock that never goes back. @default `performance.now` */
  elapsedMs?: () => number;
  /** Told of each snapshot that could not be written; the next slow load tries again. */
  onFailure: (error: unknown, stream: string) => void;
}>;

/** A stream of one decider. */
export type SnapshotKey = Readonly<{ tenant: TenantId; streamId: StreamId; name: string; version: number }>;

/** Where a fold may begin, and what came after; `first` proves that the beginning belongs to this history. */
export type ReadFrom = Readonly<{
  first: RecordedEvent | undefined;
  rest: readonly RecordedEvent[];
  /** The state of the snapshot as JSON text; `null` for one that `first` does not prove. Absent: there is none. */
  snapshot?: string | null;
}>;

type Row = EventRecord & { snapshot_version: number | null; snapshot_state: string | null };

const BUDGET_MS = 10;
const LEAST_EVENTS = 50;
const RECENT_STATES = 1_000;
/** More wait for the next slow load: snapshots must not take the connections that commands need. */
const MOST_AT_A_TIME = 4;

/**
 * Snapshots of one service: written after loads that took too long, beside the work that they served. They save time and
 * nothing else; without any of them every state is the same.
 */
export class Snapshots {
  readonly budgetMs: number;
  readonly leastEvents: number;
  readonly recentStates: number;
  readonly elapsedMs: () => number;
  private readonly database: Queryable;
  private readonly read: (event: RecordedEvent) => RecordedEvent;
  private readonly onFailure: SnapshotsOptions['onFailure'];
  private readonly underWay = new Map<string, Promise<void>>();
  private closed = false;

  constructor(options: SnapshotsOptions) {
    this.database = options.database;
    this.read = options.read ?? ((event) => event);
    this.onFailure = options.onFailure;
    this.budgetMs = options.budgetMs ?? BUDGET_MS;
    this.leastEvents = options.leastEvents ?? LEAST_EVENTS;
    this.recentStates = options.recentStates ?? RECENT_STATES;
    this.elapsedMs = options.elapsedMs ?? (() => performance.now());
  }

  /** A stream after the snapshot, or after `version` when there is no newer one. @throws UnreadableEvent, StoreUnavailable */
  async readFrom({ tenant, streamId, name, version }: SnapshotKey, after: number): Promise<ReadFrom> {
    const rows = await this.database.query<Row>(READ_FROM_SNAPSHOT, [tenant, streamId, name, version, after]);
    const [row] = rows;
    if (!row) return { first: undefined, rest: [] };
    const hasBeginning = after > 0 || row.snapshot_version !== null;
    const rest = (hasBeginning ? rows.slice(1) : rows).map((one) => this.read(recorded(one)));
    const snapshot = row.snapshot_version === null ? {} : { snapshot: row.snapshot_state };
    return { first: hasBeginning ? recorded(row) : undefined, rest, ...snapshot };
  }

  /** Writes a snapshot when the work at hand is done. Never rejects, and holds nobody up. */
  writeLater<State>(key: SnapshotKey, folded: FoldedStream<State>, form: SnapshotForm<State>): void {
    const stream = `${key.tenant}/${key.streamId}/${key.name}`;
    if (this.closed || this.underWay.has(stream) || this.underWay.size >= MOST_AT_A_TIME) return;
    const writing = this.write(key, folded, form)
      .catch((error: unknown) => {
        this.onFailure(error, stream);
      })
      .finally(() => {
        this.underWay.delete(stream);
      });
    this.underWay.set(stream, writing);
  }

  /** Resolves when no snapshot is being written. */
  async idle(): Promise<void> {
    while (this.underWay.size > 0) await Promise.all(this.underWay.values());
  }

  /** Begins no further snapshot, and waits for those under way. */
  async close(): Promise<void> {
    this.closed = true;
    await this.idle();
  }

  private async write<State>(
    { tenant, streamId, name, version: deciderVersion }: SnapshotKey,
    { state, version, hash }: FoldedStream<State>,
    { schema }: SnapshotForm<State>,
  ): Promise<void> {
    await nextTurn();
    const text = canonicalJson(state);
    const isReadable = canonicalJson(schema.parse(JSON.parse(text))) === text;
    if (!isReadable) throw new Error(`A state of ${name} comes back from JSON as another one. Correct its schema.`);
    await this.database.query(WRITE_SNAPSHOT, [tenant, streamId, name, deciderVersion, version, hash, text]);
  }
}
