import { assertNever, type Decider } from '#libs/kernel';
import {
  recordFailure,
  recordVerification,
  skipTask,
  timeOutTask,
  type RecordFailure,
  type RecordVerification,
  type SkipTask,
  type TimeOutTask,
} from './end-task.ts';
import { evolve, noTask, type MaintenanceTask, type MaintenanceTaskEvent } from './maintenance-task.ts';
import { startTask, type StartTask } from './start-task.ts';

export type MaintenanceTaskCommand = StartTask | RecordVerification | RecordFailure | TimeOutTask | SkipTask;

export const maintenanceTaskDecider: Decider<MaintenanceTask, MaintenanceTaskCommand, MaintenanceTaskEvent> = {
  initialState: noTask,
  evolve,
  decide(command, task) {
    switch (command.type) {
      case 'start-task':
        return startTask(command, task);
      case 'record-verification':
        return recordVerification(command, task);
      case 'record-failure':
        return recordFailure(command, task);
      case 'time-out-task':
        return timeOutTask(command, task);
      case 'skip-task':
        return skipTask(command, task);
      default:
        return assertNever(command);
    }
  },
};
