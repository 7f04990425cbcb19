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
 * An event that this release cannot read is an `UnreadableEvent`: nothing comes from behind it, so that no checkpoint
 * moves over it. Appends pass unchanged; one that the service could not read again is refused as a defect.
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

  /**
   * Ends before an event that cannot be read, so that followers come as far as they can.
   * @throws UnreadableEvent when that is the first one, and what the store below throws
   */
  async readAll(options: ReadAllOptions): Promise<RecordedEvent[]> {
    const readable: RecordedEvent[] = [];
    for (const event of await this.store.readAll(options)) {
      try {
        readable.push(this.types.read(event));
      } catch (error) {
        if (readable.length === 0) throw error;
        return readable; // Who reads on from here is told.
      }
    }
    return readable;
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
