import { TaskCompletedV1, TaskFailedV1, TaskSkippedV1, TaskStartedV1 } from '#libs/contracts';
import type { EventCodec } from '#libs/event-store';
import { DomainError } from '#libs/kernel';
import type { MaintenanceTaskEvent } from '../domain/maintenance-task.ts';

/** The log holds an event of a task that this version of the service does not know. */
export class UnknownTaskEvent extends DomainError {
  readonly kind = 'unavailable'; // another version of the service may read it: try again, bury nothing
  readonly code = 'tasks/unknown-event';

  constructor(type: string, typeVersion: number) {
    super(`The log holds ${type} version ${typeVersion}, which this service cannot read. Run a newer version of it.`);
  }
}

const TYPE_VERSION = 1;

/** Tasks' events are stored as they are published. */
export const taskEventCodec: EventCodec<MaintenanceTaskEvent> = {
  encode: ({ type, data }) => ({ type, typeVersion: TYPE_VERSION, data }),
  decode: ({ type, typeVersion, data }) => {
    if (typeVersion !== TYPE_VERSION) throw new UnknownTaskEvent(type, typeVersion);
    switch (type) {
      case 'maintenance.task-started':
        return { type, data: TaskStartedV1.data.parse(data) };
      case 'maintenance.task-completed':
        return { type, data: TaskCompletedV1.data.parse(data) };
      case 'maintenance.task-failed':
        return { type, data: TaskFailedV1.data.parse(data) };
      case 'maintenance.task-skipped':
        return { type, data: TaskSkippedV1.data.parse(data) };
      default:
        throw new UnknownTaskEvent(type, typeVersion);
    }
  },
};
