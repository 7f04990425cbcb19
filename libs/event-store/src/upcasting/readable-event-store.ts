import type { StreamId, TenantId } from '#libs/kernel';
import type {
  Append,
  AppendResult,
  EventStore,
  Position,
  ReadAllOptions,
  RecordedEvent,
  Transaction,
} from '../event-store.ts';
import type { EventTypes } from './event-types.ts';

/**
 * The log as the code of a service sees it: every event that is read has the newest version of its data (ADR-0008).
 *
 * A read that meets an event which this release cannot read fails as a whole with `UnreadableEvent`, so that no
 * checkpoint moves over it. Appends pass unchanged; one that the service could not read again is refused as a defect.
 * Whatever needs the stored bytes reads the tables instead.
 */
export class ReadableEventStore implements EventStore {
  private readonly store: EventStore;
  private readonly types: EventTypes;

  constructor(store: EventStore, types: EventTypes) {
    this.store = store;
    this.types = types;
  }

  async append(append: Append): Promise<AppendResult> {
    this.types.checkWritten(append.events);
    return this.store.append(append);
  }

  /** @throws UnreadableEvent, and what the store below throws */
  async readStream(tenant: TenantId, streamId: StreamId, afterVersion?: number): Promise<RecordedEvent[]> {
    return this.readable(await this.store.readStream(tenant, streamId, afterVersion));
  }

  /** @throws UnreadableEvent, and what the store below throws */
  async readAll(options: ReadAllOptions): Promise<RecordedEvent[]> {
    return this.readable(await this.store.readAll(options));
  }

  /** @throws UnreadableEvent, and what the store below throws */
  async readByPositions(positions: readonly Position[]): Promise<RecordedEvent[]> {
    return this.readable(await this.store.readByPositions(positions));
  }

  head(lane?: number): Promise<Position> {
    return this.store.head(lane);
  }

  transaction<Result>(work: (transaction: Transaction) => Promise<Result>): Promise<Result> {
    return this.store.transaction((transaction) =>
      work({
        query: (text, values) => transaction.query(text, values),
        append: (append) => {
          this.types.checkWritten(append.events);
          transaction.append(append);
        },
      }),
    );
  }

  onCommit(listener: (head: Position) => void): () => void {
    return this.store.onCommit(listener);
  }

  private readable(events: readonly RecordedEvent[]): RecordedEvent[] {
    return events.map((event) => this.types.read(event));
  }
}
