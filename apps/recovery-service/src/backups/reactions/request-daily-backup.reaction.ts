import { Controller, Inject } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { TaskStartedV1, type CloudEvent } from '#libs/contracts';
import { tenantId } from '#libs/kernel';
import { EventContext } from '#libs/service-kit';
import { BackupRequests } from '../commands/backup-requests.ts';

const DAILY_BACKUP = 'daily-backup';

/** Maintenance says when a backup is due; the task's id keeps it from being made twice. */
@Controller()
export class RequestDailyBackupReaction {
  constructor(@Inject(BackupRequests) private readonly requests: BackupRequests) {}

  @EventPattern<typeof TaskStartedV1.type>(TaskStartedV1.type)
  onTaskStarted(@Payload() event: CloudEvent, @Ctx() context: EventContext): void {
    const { data } = TaskStartedV1.read(event);
    if (data.task !== DAILY_BACKUP) return;
    const append = this.requests.appendFor({
      tenant: tenantId(event.tenantid ?? ''),
      by: 'service:maintenance',
      reason: `${data.task} of ${data.period}`,
      taskId: data.taskId,
      causationId: event.id,
    });
    context.transaction.append(append);
  }
}
