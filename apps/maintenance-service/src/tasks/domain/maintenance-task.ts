import type { TaskCompleted, TaskFailed, TaskSkipped, TaskStarted } from '#libs/contracts';
import type { DomainEvent } from '#libs/kernel';

export type MaintenanceTaskEvent =
  | DomainEvent<'maintenance.task-started', TaskStarted>
  | DomainEvent<'maintenance.task-completed', TaskCompleted>
  | DomainEvent<'maintenance.task-failed', TaskFailed>
  | DomainEvent<'maintenance.task-skipped', TaskSkipped>;

/** One attempt. Its id is what an answer names. */
export type Attempt = Readonly<{ taskId: string; attempt: number; startedAt: string }> &
  (
    | Readonly<{ status: 'running' }>
    | Readonly<{ status: 'completed' }>
    | Readonly<{ status: 'failed'; failedAt: string; retryable: boolean }>
  );

/**
 * A task of one period. It is completed as soon as any attempt is, also one that was given up before, unless another
 * attempt still runs.
 */
export type MaintenanceTask =
  | Readonly<{ status: 'none' }>
  | Readonly<{ status: 'skipped' }>
  | Readonly<{ status: 'running' | 'completed' | 'failed'; attempts: readonly Attempt[] }>;

export const noTask: MaintenanceTask = { status: 'none' };

/** The attempts of a task, oldest first. */
export function attemptsOf(task: MaintenanceTask): readonly Attempt[] {
  return 'attempts' in task ? task.attempts : [];
}

export function evolve(task: MaintenanceTask, event: MaintenanceTaskEvent): MaintenanceTask {
  switch (event.type) {
    case 'maintenance.task-started': {
      const { taskId, attempt, startedAt } = event.data;
      return withAttempts([...attemptsOf(task), { taskId, attempt, startedAt, status: 'running' }]);
    }
    case 'maintenance.task-completed':
      return withAttempts(
        attemptsOf(task).map((one) =>
          one.taskId === event.data.taskId ? { ...begunOf(one), status: 'completed' } : one,
        ),
      );
    case 'maintenance.task-failed': {
      const { taskId, failedAt, retryable } = event.data;
      return withAttempts(
        attemptsOf(task).map((one) =>
          one.taskId === taskId ? { ...begunOf(one), status: 'failed', failedAt, retryable } : one,
        ),
      );
    }
    case 'maintenance.task-skipped':
      return { status: 'skipped' };
  }
}

function begunOf({ taskId, attempt, startedAt }: Attempt): Pick<Attempt, 'taskId' | 'attempt' | 'startedAt'> {
  return { taskId, attempt, startedAt };
}

function withAttempts(attempts: readonly Attempt[]): MaintenanceTask {
  const has = (status: Attempt['status']): boolean => attempts.some((one) => one.status === status);
  return { status: has('running') ? 'running' : has('completed') ? 'completed' : 'failed', attempts };
}
