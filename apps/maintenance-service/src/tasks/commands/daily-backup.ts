import { Inject, Injectable } from '@nestjs/common';
import type { Clock } from '#libs/kernel';
import { CLOCK, CONFIGURATION } from '#libs/service-kit';
import type { MaintenanceConfiguration } from '../../config.ts';
import { TaskLog } from '../adapters/task-log.ts';
import { daysBetween, duePeriod, localDay } from '../domain/daily-schedule.ts';
import { attemptsOf } from '../domain/maintenance-task.ts';
import type { StartTask } from '../domain/start-task.ts';
import { taskKeyOf, type TaskKey } from '../domain/task-ids.ts';
import { TaskRunQuery } from '../read-models/task-runs/task-run.query.ts';

const MAXIMUM_ATTEMPTS = 3;
/** After a longer absence the older days are left unsaid. */
const MOST_SKIPPED_DAYS = 31;
/** Repetitions of one day's backup. */
const MOST_RUNS = 1_000;

const runOf = (period: string, run = 1): TaskKey => ({ task: 'daily-backup', period, run });

/**
 * Asks for the daily backup. That a task has started is the request: recovery-service follows it.
 *
 * Any number of instances may call this at once: the expected version of the period's stream lets one of them win.
 */
@Injectable()
export class DailyBackup {
  constructor(
    @Inject(TaskLog) private readonly tasks: TaskLog,
    @Inject(TaskRunQuery) private readonly runs: TaskRunQuery,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(CONFIGURATION) private readonly configuration: MaintenanceConfiguration,
  ) {}

  /**
   * Starts the newest due period unless that was done; one that failed, again after a while.
   * @returns id of the task that this call started
   */
  async startDue(): Promise<string | undefined> {
    const { DAILY_BACKUP_AT, TIME_ZONE, RETRY_AFTER_MS } = this.configuration;
    const { period } = duePeriod(this.clock.now(), DAILY_BACKUP_AT, TIME_ZONE);
    const key = runOf(period);
    const { status } = await this.tasks.load(key);
    if (status === 'none') await this.skipMissed(period);
    const retry = { retryAfterMs: RETRY_AFTER_MS, maximumAttempts: MAXIMUM_ATTEMPTS };
    return this.start({ type: 'start-task', data: { key, trigger: 'schedule', retry }, meta: this.tasks.meta() });
  }

  /**
   * Starts today's backup, or repeats it when it is done.
   * @returns id of the task that this call started
   * @throws TaskAlreadyRunning
   */
  async request(by: string): Promise<string> {
    const today = localDay(this.clock.now(), this.configuration.TIME_ZONE);
    for (let run = 1; run <= MOST_RUNS; run += 1) {
      const key = runOf(today, run);
      const { status } = await this.tasks.load(key);
      if (status === 'completed' || status === 'skipped') continue;
      const taskId = await this.start({
        type: 'start-task',
        data: { key, trigger: 'request' },
        meta: this.tasks.meta(by),
      });
      if (taskId !== undefined) return taskId;
    }
    throw new Error(`The daily backup of ${today} was repeated ${MOST_RUNS} times already.`);
  }

  /** Gives up the tasks that nobody answered in time. @returns their ids */
  async giveUpUnanswered(): Promise<readonly string[]> {
    const { TASK_TIMEOUT_MS: timeoutMs } = this.configuration;
    const since = new Date(this.clock.now().getTime() - timeoutMs);
    const givenUp: string[] = [];
    for (const taskId of await this.runs.runningSince(this.tasks.tenant, since)) {
      const key = taskKeyOf(taskId);
      if (!key) continue;
      const data = { key, taskId, timeoutMs };
      const { appended } = await this.tasks.handle({ type: 'time-out-task', data, meta: this.tasks.meta() });
      if (appended) givenUp.push(taskId);
    }
    return givenUp;
  }

  /** Says of the days between the last known one and the due one that they were missed: a gap is never silent. */
  private async skipMissed(due: string): Promise<void> {
    const last = await this.runs.lastPeriodBefore(this.tasks.tenant, runOf(due).task, due);
    if (last === undefined) return;
    for (const period of daysBetween(last, due, MOST_SKIPPED_DAYS).toReversed()) {
      const reason = `Nothing ran when it was due; the backup of ${due} is made instead.`;
      await this.tasks.handle({
        type: 'skip-task',
        data: { key: runOf(period), reason },
        meta: this.tasks.meta(),
      });
    }
  }

  private async start(command: StartTask): Promise<string | undefined> {
    const { state, appended } = await this.tasks.handle(command);
    return appended && attemptsOf(state).at(-1)?.taskId;
  }
}
