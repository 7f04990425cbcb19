import { setTimeout as delay } from 'node:timers/promises';
import { SECOND_MS } from '#libs/kernel';
import { START, type EventStore, type Position } from '../event-store.ts';
import type { Database } from '../postgres/database.ts';
import type { ProjectedTable } from '../subscriptions/projected-table.ts';
import { compareRows, differs, summaryOf, type RowComparison } from './compare-rows.ts';
import { holdLive, readLive, type LiveCheckpoint } from './live-checkpoint.ts';
import { LogFolder } from './log-folder.ts';
import { beginRebuild, registerProjection, switchProjection } from './projection-registry.ts';
import { RebuildDiffers, SwitchHeldUp } from './rebuild.errors.ts';
import { RebuildPart } from './rebuild-part.ts';
import type { RebuildProgress } from './rebuild-progress.ts';

export type RebuildOptions = Readonly<{
  database: Database;
  store: EventStore;
  table: ProjectedTable;
  /** Ranges of slots that are folded side by side, when the projection allows that. @default 4 */
  workers?: number;
  /** Builds and compares, and leaves the new rows where the next run finds them. @default false */
  compareOnly?: boolean;
  /** Switches although a rebuild of the same version differs. @default false */
  acceptDifferences?: boolean;
  /** More rows than these are sampled by their keys. @default all are compared */
  rowsToCompare?: number;
  /** What an interruption may lose, in events of a worker. @default 20,000 */
  eventsPerWrite?: number;
  /** Aborts between two batches; the next run goes on from there. */
  signal?: AbortSignal;
  onProgress?: (progress: RebuildProgress) => void;
  /** Asked once the new rows are compared; `false` keeps them, and the next run finds them. */
  confirm?: (comparison: Comparison) => Promise<boolean>;
}>;

/** Old and new rows at the same position of the log, or why they could not be put side by side. */
export type Comparison =
  | (Readonly<{ outcome: 'compared'; position: Position }> & RowComparison)
  | Readonly<{ outcome: 'skipped'; reason: string }>;

export type RebuildOutcome = Readonly<{
  comparison: Comparison;
  isSwitched: boolean;
  isResumed: boolean;
  position: Position;
  /** Events of the log that this run passed, and how long it took in all. */
  events: number;
  durationMs: number;
}>;

const DEFAULT_WORKERS = 4;
/** So few events are folded while others are held up. */
const CLOSE = 2_000;
const MOST_CHASES = 20;
const SWITCH_ATTEMPTS = 10;
/** The transaction that holds others up does nothing itself while the last events are folded. */
const HOLD = "set_config('idle_in_transaction_session_timeout', '60s', true)";
/** Behind a lock that waits for a table, everybody else waits, too: better try again. */
const SHORT_WAIT = `select set_config('lock_timeout', '2s', true), ${HOLD}`;
const LONG_WAIT = `select set_config('lock_timeout', '25s', true), ${HOLD}`;
const SNAPSHOT = 'set transaction isolation level repeatable read, read only';

/**
 * Folds the log into `<table>__rebuild` while the old rows are shown, compares, and switches in one transaction.
 * It may be killed at any moment and run again; two of them never write twice, since each write moves its part.
 *
 * Run it under a lease (`BackgroundRebuild`, `npm run rebuild`), so that no two instances do the same work.
 */
export class ProjectionRebuild {
  private readonly options: RebuildOptions;
  private readonly startedAt = performance.now();

  constructor(options: RebuildOptions) {
    this.options = options;
  }

  /**
   * @throws RebuildDiffers for the same version with other rows; SwitchHeldUp, ProjectionRefused, RebuildTakenOver,
   * StoreUnavailable, and the signal's reason
   */
  async run(): Promise<RebuildOutcome> {
    const { database, store, table, eventsPerWrite, workers = DEFAULT_WORKERS } = this.options;
    await registerProjection(database, table);
    const rows = await beginRebuild(database, table, table.rowsOf === 'one-stream' ? workers : 1);
    const parts = rows.map((row) => new RebuildPart({ database, table, eventsPerWrite }, row));
    const folder = new LogFolder({ store, parts, handles: table.handles, ...this.reporting() });
    const first = folder.position;
    await this.approach(folder);
    const comparison = await this.compare(folder);
    const isSwitched = await this.mayBeSwitched(comparison);
    if (isSwitched) await this.switchOver(folder);
    return {
      comparison,
      isSwitched,
      isResumed: rows.some(({ isResumed }) => isResumed),
      position: folder.position,
      events: folder.position - first,
      durationMs: performance.now() - this.startedAt,
    };
  }

  /** Folds until only few events are missing to where the old rows stand. */
  private async approach(folder: LogFolder): Promise<void> {
    for (let chase = 0; chase < MOST_CHASES; chase += 1) {
      const target = await this.target();
      await folder.foldUpTo(target);
      if ((await this.target()) - target < CLOSE) return;
    }
  }

  /** Old rows that can be compared say how far to go first; else the log's head does. */
  private async target(): Promise<Position> {
    const live = await readLive(this.options.database, this.options.table.name);
    return live?.isUsable === true ? live.position : this.options.store.head();
  }

  /**
   * Brings the new rows to exactly where the old ones stand, which are held up as long as that takes, and compares a
   * snapshot of both; the old ones go on meanwhile.
   */
  private async compare(folder: LogFolder): Promise<Comparison> {
    const { database, table } = this.options;
    this.report(folder, 'comparing');
    const { comparing } = await database.transaction(async (holder) => {
      await holder.query(LONG_WAIT);
      const live = await holdLive(holder, table.name);
      const reason = reasonToSkip(live, folder.reached);
      if (!live || reason !== undefined)
        return { comparing: Promise.resolve(skipped(reason ?? 'there are no old rows')) };
      await folder.foldUpTo(live.position);
      return this.compareSnapshot(live.position);
    });
    return comparing;
  }

  /** Resolves as soon as the snapshot is taken; the comparison goes on. */
  private compareSnapshot(at: Position): Promise<Readonly<{ comparing: Promise<Comparison> }>> {
    const { database, table, rowsToCompare } = this.options;
    return new Promise((resolve, reject) => {
      const comparing = database.transaction(async (snapshot): Promise<Comparison> => {
        await snapshot.query(SNAPSHOT);
        await snapshot.query('select 1');
        resolve({ comparing });
        return { outcome: 'compared', position: at, ...(await compareRows(snapshot, table, rowsToCompare)) };
      });
      comparing.catch(reject);
    });
  }

  private async mayBeSwitched(comparison: Comparison): Promise<boolean> {
    const { database, table, compareOnly = false, acceptDifferences = false, confirm } = this.options;
    const live = await readLive(database, table.name);
    const isSame = live?.version === table.version && live.isUsable;
    const isDifferent = comparison.outcome === 'compared' && differs(comparison);
    if (compareOnly) return false;
    if (isSame && isDifferent && !acceptDifferences) {
      throw new RebuildDiffers(table.name, table.version, summaryOf(comparison));
    }
    return confirm ? confirm(comparison) : true;
  }

  private async switchOver(folder: LogFolder): Promise<void> {
    const { store, table, signal } = this.options;
    for (let attempt = 1; ; attempt += 1) {
      for (let chase = 0; chase < MOST_CHASES && (await store.head()) - folder.position >= CLOSE; chase += 1) {
        await folder.foldUpTo(await this.furthest());
      }
      this.report(folder, 'switching');
      try {
        await this.switchNow(folder);
        return;
      } catch (error) {
        if (!isLockTimeout(error)) throw error;
        if (attempt >= SWITCH_ATTEMPTS) throw new SwitchHeldUp(table.name, attempt, error);
        await delay(attempt * SECOND_MS, undefined, { signal });
      }
    }
  }

  /** Readers see the old table or the new one; whoever folds into it waits, and finds its checkpoint where the rows are. */
  private async switchNow(folder: LogFolder): Promise<void> {
    const { database, table } = this.options;
    await database.transaction(async (transaction) => {
      await transaction.query(SHORT_WAIT);
      const live = await holdLive(transaction, table.name);
      const enough = live?.version === table.version && live.isUsable ? live.position : await this.furthest();
      // A reader must never see rows that are older than those it saw before.
      await folder.foldUpTo(live?.isUsable === true && live.position > enough ? live.position : enough);
      await switchProjection(transaction, table, folder.position);
    });
  }

  /** The same version never goes beyond the old rows, so that they can always be compared; another one goes to the head. */
  private async furthest(): Promise<Position> {
    const { database, store, table } = this.options;
    const live = await readLive(database, table.name);
    return live?.version === table.version && live.isUsable ? live.position : store.head();
  }

  private reporting(): Pick<ConstructorParameters<typeof LogFolder>[0], 'signal' | 'onProgress'> {
    const { signal, onProgress } = this.options;
    return {
      ...(signal ? { signal } : {}),
      ...(onProgress
        ? {
            onProgress: (progress) => {
              onProgress({ phase: 'folding', ...progress });
            },
          }
        : {}),
    };
  }

  private report(folder: LogFolder, phase: RebuildProgress['phase']): void {
    const done = folder.position;
    this.options.onProgress?.({
      phase,
      done,
      total: done,
      eventsPerSecond: folder.eventsPerSecond,
      remainingMs: undefined,
    });
  }
}

function reasonToSkip(live: LiveCheckpoint | undefined, reached: Position): string | undefined {
  if (!live?.isUsable) return 'the old rows belong to an older epoch of the log, or have no checkpoint';
  if (live.position === START) return 'there are no old rows';
  if (live.position < reached)
    return `the old rows stand at position ${live.position}, the new ones beyond, at ${reached}`;
  return undefined;
}

function skipped(reason: string): Comparison {
  return { outcome: 'skipped', reason };
}

/** SQLSTATE lock_not_available. */
function isLockTimeout(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === '55P03';
}
