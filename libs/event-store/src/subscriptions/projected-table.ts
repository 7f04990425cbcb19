import type { Queryable, RecordedEvent } from '../event-store.ts';

/** As JSON has it: names are the table's columns, times are ISO 8601 texts. */
export type Row = Readonly<Record<string, unknown>>;

/** A read model of one row per key, as a pure fold. */
export type RowProjection<Key extends Row, Value extends Key> = Readonly<{
  name: string;
  /** A new version is rebuilt beside the old one, and takes its place when it has caught up. */
  version: number;
  table: string;
  /** The table's primary key. */
  keyColumns: readonly (keyof Key & string)[];
  handles: ReadonlySet<string>;
  /**
   * Which events may concern the same row. `one-stream`: only those of one stream, so that a rebuild may fold ranges of
   * slots side by side. @default 'any'
   */
  rowsOf?: 'one-stream' | 'any';
  /** The rows that an event concerns; several for an order with several lines. One that is named twice is folded once. */
  keysOf(event: RecordedEvent): readonly Key[];
  /** The row after the event; `undefined` leaves it as it is. A column that it does not name keeps its value or default. */
  evolve(row: Value | undefined, event: RecordedEvent, key: Key): Value | undefined;
}>;

/** What a rebuild needs of a projection, whatever its rows are. */
export type ProjectedTable = Readonly<{
  name: string;
  version: number;
  table: string;
  keyColumns: readonly string[];
  handles: ReadonlySet<string>;
  rowsOf: 'one-stream' | 'any';
  /** A fold over another table of the same shape. */
  foldInto(table: string, startsEmpty: boolean): RowFold;
}>;

/** Rows that are folded in memory, and written to a table when their owner says so. */
export interface RowFold {
  /** Folds some events; rows that it does not hold are read through `database` first. */
  fold(events: readonly RecordedEvent[], database: Queryable): Promise<void>;
  /** Rows that changed since they were last taken. */
  readonly changed: number;
  /** Hands out the changed rows, to be written; from then on they count as written. */
  takeChanges(): PendingRows;
  /** Forgets the rows that were folded longest ago, when it holds more than so many; never one that is to be written. */
  trim(atMostRows: number): void;
}

/** Changed rows on their way into the table. */
export interface PendingRows {
  readonly size: number;
  /** Inserts or updates each row once, in few statements. */
  write(database: Queryable): Promise<void>;
}
