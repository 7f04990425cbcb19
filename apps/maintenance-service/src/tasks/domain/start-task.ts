import type { Command } from '#libs/kernel';
import { TaskAlreadyDone, TaskAlreadyRunning } from './maintenance-task.errors.ts';
import { attemptsOf, type MaintenanceTask, type MaintenanceTaskEvent } from './maintenance-task.ts';
import { streamKeyOf, taskIdOf, type TaskKey } from './task-ids.ts';

/** How often the schedule tries a task of one period, and how long it waits in between. */
export type RetryPolicy = Readonly<{ retryAfterMs: number; maximumAttempts: number }>;

export type StartTask = Command<
  'start-task',
  Readonly<{ key: TaskKey }> &
    (Readonly<{ trigger: 'request' }> | Readonly<{ trigger: 'schedule'; retry: RetryPolicy }>)
>;

/**
 * The schedule starts what was never tried, and again what failed, after a while and not too often; for all else it finds
 * nothing to do. A request starts what was never tried or failed, and is told when the task runs or is done.
 */
export function startTask(command: StartTask, task: MaintenanceTask): readonly MaintenanceTaskEvent[] {
  const { key, trigger } = command.data;
  if (trigger === 'schedule' && !isDue(command.data.retry, task, command.meta.at)) return [];
  if (trigger === 'request') refuseUnlessFree(key, task);
  const attempt = attemptsOf(task).length + 1;
  return [
    {
      type: 'maintenance.task-started',
      data: {
        taskId: taskIdOf(key, attempt),
        task: key.task,
        period: key.period,
        attempt,
        trigger,
        requestedBy: command.meta.by,
        startedAt: command.meta.at.toISOString(),
      },
    },
  ];
}

function isDue({ retryAfterMs, maximumAttempts }: RetryPolicy, task: MaintenanceTask, at: Date): boolean {
  if (task.status === 'none') return true;
  if (task.status !== 'failed' || task.attempts.length >= maximumAttempts) return false;
  const last = task.attempts.at(-1);
  return last?.status === 'failed' && last.retryable && at.getTime() >= Date.parse(last.failedAt) + retryAfterMs;
}

function refuseUnlessFree(key: TaskKey, task: MaintenanceTask): void {
  const running = attemptsOf(task).find((one) => one.status === 'running');
  if (running) throw new TaskAlreadyRunning(running.taskId);
  if (task.status === 'completed' || task.status === 'skipped')
    throw new TaskAlreadyDone(streamKeyOf(key), task.status);
}
