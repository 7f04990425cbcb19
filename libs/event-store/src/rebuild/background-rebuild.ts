import { randomUUID } from 'node:crypto';
import type { EventStore } from '../event-store.ts';
import type { Database } from '../postgres/database.ts';
import { LeasedWork } from '../postgres/leased-work.ts';
import type { ProjectedTable } from '../subscriptions/projected-table.ts';
import { ProjectionRebuild } from './projection-rebuild.ts';
import { registerProjection } from './projection-registry.ts';
import type { RebuildProgress } from './rebuild-progress.ts';

/** How a rebuild in the background is getting on. */
export type RebuildReport = Readonly<{ projection: string; version: number }> & RebuildProgress;

export type BackgroundRebuildOptions = Readonly<{
  database: Database;
  store: EventStore;
  table: ProjectedTable;
  onReport: (report: RebuildReport) => void;
  onFailure: (error: unknown) => void;
}>;

/** Rows that are compared before the switch; more of them are sampled, since the service works meanwhile. */
const ROWS_TO_COMPARE = 100_000;

/** Rebuilds a projection on one instance at a time, while the old rows are shown, and switches. */
export class BackgroundRebuild {
  private readonly options: BackgroundRebuildOptions;
  private readonly work: LeasedWork;
  private progress: RebuildProgress | undefined;

  constructor(options: BackgroundRebuildOptions) {
    this.options = options;
    this.work = new LeasedWork({
      database: options.database,
      name: `rebuild:${options.table.name}`,
      owner: randomUUID(),
      work: (signal) => this.run(signal),
      onFailure: options.onFailure,
    });
  }

  /** `rebuilding 43 %`; of an instance that does the work itself. */
  get summary(): string {
    const { progress } = this;
    if (!progress) return 'rebuilding, or waiting for another instance that does';
    return `rebuilding ${progress.total === 0 ? 100 : Math.floor((100 * progress.done) / progress.total)} %`;
  }

  start(): void {
    this.work.start();
  }

  /** Ends at the next batch; another instance, or the next start, goes on from there. */
  async stop(): Promise<void> {
    await this.work.stop();
  }

  private async run(signal: AbortSignal): Promise<void> {
    const { database, store, table, onReport } = this.options;
    if ((await registerProjection(database, table)).standing !== 'outdated') return;
    const rebuild = new ProjectionRebuild({
      database,
      store,
      table,
      signal,
      rowsToCompare: ROWS_TO_COMPARE,
      onProgress: (progress) => {
        this.progress = progress;
        onReport({ projection: table.name, version: table.version, ...progress });
      },
    });
    await rebuild.run();
  }
}
