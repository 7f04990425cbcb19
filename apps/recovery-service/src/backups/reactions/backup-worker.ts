import { Inject, Injectable } from '@nestjs/common';
import { LeasedWork, WakeSignal, type Database, type EventStore } from '#libs/event-store';
import { SECOND_MS } from '#libs/kernel';
import type { BackgroundWork, Logger } from '#libs/service-kit';
import { WORKER_RUNTIME } from '../backups.tokens.ts';
import { BackupsQuery } from '../read-models/backups/backups.query.ts';
import { MakeBackup } from './make-backup.ts';

export type WorkerRuntime = Readonly<{ database: Database; store: EventStore; logger: Logger; instanceId: string }>;

/** Safety net for requests that came in at another instance. */
const POLL_MS = SECOND_MS;
/** The list of what is to be done follows the log at a small distance. */
const CATCH_UP_MS = 100;

/**
 * Makes the backups that the log asks for, oldest first and one at a time over all instances. A backup that a killed
 * process left in the middle is simply the oldest one that is not over.
 */
@Injectable()
export class BackupWorker implements BackgroundWork {
  readonly name = 'backups';
  private readonly wake = new WakeSignal();
  private readonly leased: LeasedWork;
  private unsubscribe: (() => void) | undefined;

  constructor(
    @Inject(MakeBackup) private readonly makeBackup: MakeBackup,
    @Inject(BackupsQuery) private readonly backups: BackupsQuery,
    @Inject(WORKER_RUNTIME) private readonly runtime: WorkerRuntime,
  ) {
    const { database, logger, instanceId } = runtime;
    this.leased = new LeasedWork({
      database,
      name: 'backup',
      owner: instanceId,
      work: (signal) => this.work(signal),
      onFailure: (error) => {
        logger.error({ err: error }, 'the backup worker was interrupted; it goes on with the oldest unfinished backup');
      },
    });
  }

  start(): void {
    this.unsubscribe = this.runtime.store.onCommit(() => {
      this.wake.notify();
    });
    this.leased.start();
  }

  async stop(): Promise<void> {
    this.unsubscribe?.();
    await this.leased.stop();
  }

  private async work(signal: AbortSignal): Promise<void> {
    await this.makeBackup.prepare();
    while (!signal.aborted) {
      const next = await this.backups.oldestUnfinished();
      if (!next) await this.wake.wait(POLL_MS, signal);
      else if (!(await this.madeUnlessStopped(next, signal))) await this.wake.wait(CATCH_UP_MS, signal);
    }
  }

  private async madeUnlessStopped(ref: Parameters<MakeBackup['run']>[0], signal: AbortSignal): Promise<boolean> {
    const { logger } = this.runtime;
    try {
      return await this.makeBackup.run(ref, signal);
    } catch (error) {
      if (!signal.aborted) throw error;
      logger.warn({ backupId: ref.backupId }, 'a backup was broken off; the next worker begins it anew');
      return true;
    }
  }
}
