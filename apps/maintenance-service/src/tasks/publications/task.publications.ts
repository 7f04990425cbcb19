import { TaskCompletedV1, TaskFailedV1, TaskSkippedV1, TaskStartedV1 } from '#libs/contracts';
import type { RecordedEvent } from '#libs/event-store';
import type { Publication } from '#libs/messaging';
import { taskEventCodec } from '../adapters/task-event.codec.ts';
import type { MaintenanceTaskEvent } from '../domain/maintenance-task.ts';

const CONTRACTS: Readonly<Record<MaintenanceTaskEvent['type'], string>> = {
  'maintenance.task-started': TaskStartedV1.type,
  'maintenance.task-completed': TaskCompletedV1.type,
  'maintenance.task-failed': TaskFailedV1.type,
  'maintenance.task-skipped': TaskSkippedV1.type,
};

/** Everything that happens to a task is told; that one was started is the request to do it. */
export const publishTask: Publication = (event: RecordedEvent) => {
  if (event.category !== 'task') return undefined;
  const { type, data } = taskEventCodec.decode(event);
  return { type: CONTRACTS[type], data, subject: `task:${data.taskId}` };
};
