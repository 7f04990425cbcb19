import { TaskCompletedV1, TaskFailedV1, TaskSkippedV1, TaskStartedV1 } from '#libs/contracts';
import { UnreadableEvent, type EventCodec } from '#libs/event-store';
import type { MaintenanceTaskEvent } from '../domain/maintenance-task.ts';

const TYPE_VERSION = 1;
const TYPES: readonly MaintenanceTaskEvent['type'][] = [
  'maintenance.task-started',
  'maintenance.task-completed',
  'maintenance.task-failed',
  'maintenance.task-skipped',
];

/** Tasks' events are stored as they are published. */
export const taskEventCodec: EventCodec<MaintenanceTaskEvent> = {
  types: TYPES.map((type) => ({ type, version: TYPE_VERSION })),
  encode: ({ type, data }) => ({ type, typeVersion: TYPE_VERSION, data }),
  decode: (event) => {
    const { type, typeVersion, data } = event;
    if (typeVersion !== TYPE_VERSION) throw new UnreadableEvent(event, `version ${TYPE_VERSION} is known`);
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
        throw new UnreadableEvent(event, 'it is no event of a task');
    }
  },
};
