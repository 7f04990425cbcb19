import type { TaskStatus, TaskTrigger } from '#libs/contracts';
import type { RecordedEvent, RowProjection } from '#libs/event-store';
import { taskEventCodec } from '../../adapters/task-event.codec.ts';

type TaskRunKey = { readonly tenant: string; readonly task_id: string };

/** A row of `task_runs`. */
export type TaskRunRow = TaskRunKey & {
  readonly task: string;
  readonly period: string;
  readonly attempt: number;
  readonly trigger: TaskTrigger;
  readonly status: TaskStatus;
  readonly started_at: string;
  readonly ended_at: string | null;
  readonly detail: string | null;
  readonly position: number;
};

/** Attempts of tasks, one row each. */
export const taskRunProjection: RowProjection<TaskRunKey, TaskRunRow> = {
  name: 'maintenance.task-runs',
  version: 1,
  table: 'task_runs',
  keyColumns: ['tenant', 'task_id'],
  handles: new Set([
    'maintenance.task-started',
    'maintenance.task-completed',
    'maintenance.task-failed',
    'maintenance.task-skipped',
  ]),
  keysOf: (event) => [{ tenant: event.tenant, task_id: taskEventCodec.decode(event).data.taskId }],
  evolve: (row, event, key) => {
    const { type, data } = taskEventCodec.decode(event);
    switch (type) {
      case 'maintenance.task-started': {
        const { attempt, trigger, startedAt } = data;
        return { ...begun(key, data, event), attempt, trigger, status: 'running', started_at: startedAt };
      }
      case 'maintenance.task-completed':
        return row && { ...row, status: 'completed', ended_at: data.completedAt, detail: textOf(data.result) };
      case 'maintenance.task-failed':
        return row && { ...row, status: 'failed', ended_at: data.failedAt, detail: data.reason };
      case 'maintenance.task-skipped': {
        const skipped = { status: 'skipped', started_at: data.at, ended_at: data.at, detail: data.reason } as const;
        return { ...begun(key, data, event), attempt: 1, trigger: 'schedule', ...skipped };
      }
    }
  },
};

function begun(
  key: TaskRunKey,
  { task, period }: Readonly<{ task: string; period: string }>,
  { position }: RecordedEvent,
): TaskRunKey & Pick<TaskRunRow, 'task' | 'period' | 'ended_at' | 'detail' | 'position'> {
  return { ...key, task, period, ended_at: null, detail: null, position };
}

/** `backupId 019a..., checks 6`: figures in the order of their names, so that the text is the same on every replay. */
function textOf(figures: Readonly<Record<string, string | number | boolean>>): string {
  return Object.entries(figures)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');
}
