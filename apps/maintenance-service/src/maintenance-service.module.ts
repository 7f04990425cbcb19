import { Module } from '@nestjs/common';
import { EventTypes, projectRows } from '#libs/event-store';
import { eventOutlet } from '#libs/messaging';
import type { ServiceParts } from '#libs/service-kit';
import { TaskRuns2026112200201 } from '../migrations/0001-task-runs.ts';
import { taskEventCodec } from './tasks/adapters/task-event.codec.ts';
import { TaskLog } from './tasks/adapters/task-log.ts';
import { DailyBackupController } from './tasks/commands/daily-backup.controller.ts';
import { DailyBackupSchedule } from './tasks/commands/daily-backup.schedule.ts';
import { DailyBackup } from './tasks/commands/daily-backup.ts';
import { publishTask } from './tasks/publications/task.publications.ts';
import { BackupOutcomeReaction } from './tasks/reactions/backup-outcome.reaction.ts';
import { DailyBackupHealth } from './tasks/read-models/task-runs/daily-backup.health.ts';
import { TaskRunEntity } from './tasks/read-models/task-runs/task-run.entity.ts';
import { taskRunProjection } from './tasks/read-models/task-runs/task-run.projection.ts';
import { TaskRunQuery } from './tasks/read-models/task-runs/task-run.query.ts';
import { TasksController } from './tasks/read-models/task-runs/tasks.controller.ts';

@Module({
  controllers: [DailyBackupController, TasksController, BackupOutcomeReaction],
  providers: [TaskLog, TaskRunQuery, DailyBackup, DailyBackupSchedule, DailyBackupHealth],
})
export class MaintenanceServiceModule {}

export const maintenanceService: ServiceParts = {
  module: MaintenanceServiceModule,
  migrations: [TaskRuns2026112200201],
  eventTypes: new EventTypes(taskEventCodec.types),
  entities: [TaskRunEntity],
  projections: [projectRows(taskRunProjection)],
  outlets: [eventOutlet('maintenance', 'EVT_MAINTENANCE', publishTask)],
  background: [DailyBackupSchedule],
  follows: ['recovery'],
};
