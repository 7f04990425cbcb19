import { Inject, Injectable } from '@nestjs/common';
import { WakeSignal } from '#libs/event-store';
import { reportError, withSpan } from '#libs/observability';
import { CONFIGURATION, LOGGER, type BackgroundWork, type Logger } from '#libs/service-kit';
import type { MaintenanceConfiguration } from '../../config.ts';
import { DailyBackup } from './daily-backup.ts';

/**
 * Looks at the clock every few seconds and starts what is due. Each look asks anew what time it is, so a slow look or a
 * sleeping machine delays it and shifts nothing.
 */
@Injectable()
export class DailyBackupSchedule implements BackgroundWork {
  readonly name = 'daily backup schedule';
  private readonly stopping = new AbortController();
  private readonly pause = new WakeSignal();
  private running: Promise<void> | undefined;

  constructor(
    @Inject(DailyBackup) private readonly dailyBackup: DailyBackup,
    @Inject(CONFIGURATION) private readonly configuration: MaintenanceConfiguration,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  start(): void {
    if (this.configuration.DAILY_BACKUP === 'off') {
      this.logger.warn({}, 'the daily backup is off: only requests make one');
    }
    this.running = this.run();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      await this.look();
      await this.pause.wait(this.configuration.SCHEDULE_CHECK_MS, signal);
    }
  }

  private async look(): Promise<void> {
    try {
      for (const taskId of await this.dailyBackup.giveUpUnanswered()) {
        this.logger.error({ taskId }, 'a task was given up: no answer came in time');
      }
      if (this.configuration.DAILY_BACKUP === 'off') return;
      const taskId = await withSpan('look at the schedule', {}, () => this.dailyBackup.startDue());
      if (taskId !== undefined) this.logger.info({ taskId }, 'the daily backup was asked for');
    } catch (error) {
      // The next look tries again; meanwhile health says that the period was not started.
      this.logger.error({ err: error }, 'the schedule could not do its work');
      reportError(error, { component: 'daily-backup-schedule' });
    }
  }
}
