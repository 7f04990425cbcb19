import type { BackupFailed, BackupVerified, TaskCompleted } from '#libs/contracts';
import { SECOND_MS, type Command } from '#libs/kernel';
import { attemptsOf, type Attempt, type MaintenanceTask, type MaintenanceTaskEvent } from './maintenance-task.ts';
import { taskIdOf, type TaskKey } from './task-ids.ts';

/** An attempt of a task, as an answer names it. */
type AttemptRef = Readonly<{ key: TaskKey; taskId: string }>;

export type RecordVerification = Command<'record-verification', AttemptRef & Readonly<{ backup: BackupVerified }>>;
export type RecordFailure = Command<'record-failure', AttemptRef & Readonly<{ backup: BackupFailed }>>;
export type TimeOutTask = Command<'time-out-task', AttemptRef & Readonly<{ timeoutMs: number }>>;
export type SkipTask = Command<'skip-task', Readonly<{ key: TaskKey; reason: string }>>;

const LONGEST_REASON = 2_000;

/**
 * A backup counts when every check of it was made and passed. One that is proven late, after its task was given up, completes
 * the task all the same: what matters is that the backup exists.
 */
export function recordVerification(
  { data }: RecordVerification,
  task: MaintenanceTask,
): readonly MaintenanceTaskEvent[] {
  const attempt = attemptOf(task, data.taskId);
  if (!attempt || attempt.status === 'completed') return [];
  const { backup, key, taskId } = data;
  const failed = backup.checks.filter(({ outcome }) => outcome !== 'ok');
  if (failed.length === 0 && backup.checks.length > 0) {
    return [
      {
        type: 'maintenance.task-completed',
        data: { taskId, task: key.task, period: key.period, ...figuresOf(attempt, backup) },
      },
    ];
  }
  const names = failed.map(({ name }) => name).join(', ');
  const reason =
    backup.checks.length === 0
      ? 'The backup was not verified: nothing of it was checked.'
      : `The backup was not verified: ${failed.length} of ${backup.checks.length} checks did not pass (${names}).`;
  return failure(attempt, key, { reason, failedAt: backup.verifiedAt });
}

function figuresOf(
  { startedAt }: Attempt,
  { backupId, verifiedAt, durationMs, checks }: BackupVerified,
): Pick<TaskCompleted, 'startedAt' | 'completedAt' | 'durationMs' | 'result'> {
  return {
    startedAt,
    completedAt: verifiedAt,
    // Two machines' clocks may differ by more than the work took.
    durationMs: Math.max(0, Date.parse(verifiedAt) - Date.parse(startedAt)),
    result: { backupId, checks: checks.length, verificationMs: durationMs },
  };
}

/** What failed may be tried again. A failure says nothing new of an attempt that has ended already. */
export function recordFailure({ data }: RecordFailure, task: MaintenanceTask): readonly MaintenanceTaskEvent[] {
  const { backup, key, taskId } = data;
  return failure(attemptOf(task, taskId), key, {
    reason: `The backup failed in phase ${backup.phase}: ${backup.reason}`,
    failedAt: backup.failedAt,
  });
}

/** An attempt without an answer is given up, so that silence never looks like work. */
export function timeOutTask({ data, meta }: TimeOutTask, task: MaintenanceTask): readonly MaintenanceTaskEvent[] {
  const attempt = attemptOf(task, data.taskId);
  if (!attempt || meta.at.getTime() < Date.parse(attempt.startedAt) + data.timeoutMs) return [];
  return failure(attempt, data.key, {
    reason: `No answer came within ${data.timeoutMs / SECOND_MS} s. Look whether recovery-service runs.`,
    failedAt: meta.at.toISOString(),
  });
}

/** Says of a period that nothing was done for it; one that was begun stays as it is. */
export function skipTask({ data, meta }: SkipTask, task: MaintenanceTask): readonly MaintenanceTaskEvent[] {
  if (task.status !== 'none') return [];
  const { key, reason } = data;
  return [
    {
      type: 'maintenance.task-skipped',
      data: {
        taskId: taskIdOf(key, 1),
        task: key.task,
        period: key.period,
        reason,
        at: meta.at.toISOString(),
      },
    },
  ];
}

function attemptOf(task: MaintenanceTask, taskId: string): Attempt | undefined {
  return attemptsOf(task).find((one) => one.taskId === taskId);
}

function failure(
  attempt: Attempt | undefined,
  { task, period }: TaskKey,
  { reason, failedAt }: Readonly<{ reason: string; failedAt: string }>,
): readonly MaintenanceTaskEvent[] {
  if (attempt?.status !== 'running') return [];
  const data = {
    taskId: attempt.taskId,
    task,
    period,
    failedAt,
    reason: reason.slice(0, LONGEST_REASON),
    retryable: true,
  };
  return [{ type: 'maintenance.task-failed', data }];
}
