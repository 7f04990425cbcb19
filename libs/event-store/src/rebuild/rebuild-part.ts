import { SLOT_COUNT } from '#libs/kernel';
import type { Position, RecordedEvent } from '../event-store.ts';
import type { Database } from '../postgres/database.ts';
import type { PendingRows, ProjectedTable, RowFold } from '../subscriptions/projected-table.ts';
import { movePart, type RebuildPartRow } from './projection-registry.ts';

/** Rows are written when so many events were folded, or so many rows changed: whichever comes first. */
const EVENTS_PER_WRITE = 20_000;
const ROWS_PER_WRITE = 5_000;
/** Folded rows kept in memory, over all parts. */
const ROWS_IN_MEMORY = 200_000;

export type RebuildPartOptions = Readonly<{
  database: Database;
  table: ProjectedTable;
  /** What an interruption may lose, in events of a part. @default 20,000 */
  eventsPerWrite?: number | undefined;
}>;

/**
 * Folds one range of slots into the new table. Rows are kept in memory and written behind, together with how far they
 * reach; a part that dies goes on from there.
 */
export class RebuildPart {
  private readonly database: Database;
  private readonly table: ProjectedTable;
  private readonly row: RebuildPartRow;
  private readonly eventsPerWrite: number;
  private readonly fold: RowFold;
  private saved: Position;
  private reached: Position;
  private eventsSinceWrite = 0;
  private writing: Promise<unknown> | undefined;
  private isWriting = false;

  constructor(options: RebuildPartOptions, row: RebuildPartRow) {
    const { database, table, eventsPerWrite = EVENTS_PER_WRITE } = options;
    this.database = database;
    this.eventsPerWrite = eventsPerWrite;
    this.table = table;
    this.row = row;
    this.fold = table.foldInto(`${table.table}__rebuild`, row.position === 0);
    this.saved = row.position;
    this.reached = row.position;
  }

  /** All of its events up to here are folded, and not yet all written. */
  get position(): Position {
    return this.reached;
  }

  /** Folds what is its own of a page that reaches to `through`. @throws what the last write threw */
  async take(page: readonly RecordedEvent[], through: Position): Promise<void> {
    if (through <= this.reached) return;
    const own = page.filter((event) => event.position > this.reached && this.owns(event.slot));
    if (!this.isWriting) this.fold.trim(Math.floor(ROWS_IN_MEMORY / this.row.parts));
    await this.fold.fold(own, this.database);
    this.reached = through;
    this.eventsSinceWrite += own.length;
    if (this.eventsSinceWrite >= this.eventsPerWrite || this.fold.changed >= ROWS_PER_WRITE) await this.beginWrite();
  }

  /** Resolves when everything that was folded is written. */
  async drain(): Promise<void> {
    if (this.saved !== this.reached || this.fold.changed > 0) await this.beginWrite();
    await this.written();
  }

  private owns(slot: number): boolean {
    return Math.floor((slot * this.row.parts) / SLOT_COUNT) === this.row.part;
  }

  /** One write at a time; folding goes on meanwhile. */
  private async beginWrite(): Promise<void> {
    await this.written();
    const rows = this.fold.takeChanges();
    this.eventsSinceWrite = 0;
    this.isWriting = true;
    this.writing = this.write(rows, this.saved, this.reached).then(
      () => {
        this.isWriting = false;
      },
      (error: unknown) => ({ error }),
    );
    this.saved = this.reached;
  }

  private async written(): Promise<void> {
    const outcome = await this.writing;
    this.writing = undefined;
    if (typeof outcome === 'object' && outcome !== null && 'error' in outcome) throw outcome.error;
  }

  private async write(rows: PendingRows, from: Position, to: Position): Promise<void> {
    const { name, version } = this.table;
    await this.database.transaction(async (transaction) => {
      await movePart(transaction, { name, version, part: this.row.part, from, to });
      await rows.write(transaction);
    });
  }
}
