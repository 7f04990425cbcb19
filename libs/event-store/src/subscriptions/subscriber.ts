import type { Position, RecordedEvent, Transaction } from '../event-store.ts';
import type { ProjectedTable } from './projected-table.ts';

/** Something that follows the log: a projection, or a reaction within the service. */
export interface Subscriber {
  /** `<service>.<what>`; names the checkpoint. */
  readonly name: string;
  /** A new version starts from the beginning of the log: a projection in a table beside the old one, until it has caught up. */
  readonly version: number;
  /** Event types that `apply` wants; the checkpoint passes over the others. Absent: all. */
  readonly handles?: ReadonlySet<string>;
  /** Events per transaction, at most. @default 500 */
  readonly batchSize?: number;
  /** The read model that it keeps, when it is a projection. */
  readonly table?: ProjectedTable;

  /**
   * Applies some events, oldest first, in the transaction that also moves the checkpoint: what it writes
   * and appends becomes true exactly once.
   */
  apply(events: readonly RecordedEvent[], transaction: Transaction): Promise<void>;
}

/** Where a subscriber stands. */
export type Checkpoint = Readonly<{ position: Position; updatedAt: Date }>;
