import { Inject, Injectable } from '@nestjs/common';
import type { TaskItem } from '#libs/contracts';
import { MINUTE_MS, tenantId, type Clock } from '#libs/kernel';
import { CLOCK, CONFIGURATION, HEALTH, type ComponentHealth, type HealthRegistry } from '#libs/service-kit';
import type { MaintenanceConfiguration } from '../../../config.ts';
import { duePeriod, type Period } from '../../domain/daily-schedule.ts';
import { TaskRunQuery } from './task-run.query.ts';

/** A task that nobody has started this long after its time is trouble: no instance did its work. */
const OVERDUE_AFTER_MS = 2 * MINUTE_MS;

/** Says at `/health` how the last due daily backup fares. */
@Injectable()
export class DailyBackupHealth {
  constructor(
    @Inject(TaskRunQuery) private readonly runs: TaskRunQuery,
    @Inject(HEALTH) health: HealthRegistry,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(CONFIGURATION) private readonly configuration: MaintenanceConfiguration,
  ) {
    health.register({ name: 'daily-backup', required: false, check: () => this.check() });
  }

  private async check(): Promise<ComponentHealth> {
    const { DAILY_BACKUP, DAILY_BACKUP_AT, TIME_ZONE, DEFAULT_TENANT } = this.configuration;
    const now = this.clock.now();
    const due = duePeriod(now, DAILY_BACKUP_AT, TIME_ZONE);
    const runs = await this.runs.ofPeriod(tenantId(DEFAULT_TENANT), 'daily-backup', due.period);
    return healthOfPeriod(due, runs, { now, isScheduled: DAILY_BACKUP === 'on' });
  }
}

/** Degraded from the first failed attempt until one is proven, so that a retry does not make it flap. */
export function healthOfPeriod(
  { period, dueAt }: Period,
  runs: readonly TaskItem[],
  { now, isScheduled }: Readonly<{ now: Date; isScheduled: boolean }>,
): ComponentHealth {
  const last = runs.at(-1);
  if (!last) {
    const isOverdue = isScheduled && now.getTime() - dueAt.getTime() > OVERDUE_AFTER_MS;
    return isOverdue
      ? { status: 'degraded', period, error: `was due at ${dueAt.toISOString()} and was not started` }
      : { status: 'healthy', period, task: isScheduled ? 'due' : 'off' };
  }
  if (runs.some(({ status }) => status === 'completed')) return { status: 'healthy', period, task: 'completed' };
  const failed = runs.findLast(({ status }) => status === 'failed');
  if (!failed) return { status: 'healthy', period, task: last.status };
  return { status: 'degraded', period, task: last.status, error: failed.detail ?? 'failed', taskId: failed.taskId };
}
