import { Controller, Inject } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { BackupFailedV1, BackupVerifiedV1, type CloudEvent } from '#libs/contracts';
import { EventContext, LOGGER, type Logger } from '#libs/service-kit';
import { TaskLog } from '../adapters/task-log.ts';
import type { MaintenanceTaskCommand } from '../domain/maintenance-task.decider.ts';
import { taskKeyOf, type TaskKey } from '../domain/task-ids.ts';

type CommandFor = (attempt: Readonly<{ key: TaskKey; taskId: string }>) => MaintenanceTaskCommand;

/** Records what recovery-service says of the backups that we asked for; others are none of our business. */
@Controller()
export class BackupOutcomeReaction {
  constructor(
    @Inject(TaskLog) private readonly tasks: TaskLog,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  @EventPattern<typeof BackupVerifiedV1.type>(BackupVerifiedV1.type)
  async verified(@Payload() event: CloudEvent, @Ctx() context: EventContext): Promise<void> {
    const backup = BackupVerifiedV1.read(event).data;
    await this.record(context, backup.taskId, (attempt) => ({
      type: 'record-verification',
      data: { ...attempt, backup },
      meta: this.tasks.meta(),
    }));
  }

  @EventPattern<typeof BackupFailedV1.type>(BackupFailedV1.type)
  async failed(@Payload() event: CloudEvent, @Ctx() context: EventContext): Promise<void> {
    const backup = BackupFailedV1.read(event).data;
    await this.record(context, backup.taskId, (attempt) => ({
      type: 'record-failure',
      data: { ...attempt, backup },
      meta: this.tasks.meta(),
    }));
  }

  /** Appends in the transaction of the inbox: the outcome is recorded once, however often the message comes. */
  private async record(context: EventContext, taskId: string | undefined, commandFor: CommandFor): Promise<void> {
    const key = taskId === undefined ? undefined : taskKeyOf(taskId);
    if (taskId === undefined || !key) return;
    const { transaction, incoming } = context;
    const outcome = await this.tasks.handleWithin(transaction, commandFor({ key, taskId }), incoming.event.id);
    if (outcome === 'unknown') this.logger.warn({ taskId }, 'a backup was made for a task that is not in this log');
  }
}
