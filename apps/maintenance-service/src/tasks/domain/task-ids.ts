/** One thing to do once: a task, the period it is for, and from 2 on which repetition somebody asked for. */
export type TaskKey = Readonly<{ task: string; period: string; run: number }>;

const TASK_ID = /^([a-z][a-z0-9-]*):(\d{4}-\d{2}-\d{2})(?::([1-9]\d*))?\.[1-9]\d*$/;

/** `daily-backup:2026-11-22`, and `daily-backup:2026-11-22:2` for its first repetition. */
export function streamKeyOf({ task, period, run }: TaskKey): string {
  return run === 1 ? `${task}:${period}` : `${task}:${period}:${run}`;
}

/**
 * Each attempt has an id of its own, since whoever does the work does one id once. The id says which stream it belongs
 * to: an answer finds its way without a table that would have to be as current as the log.
 */
export function taskIdOf(key: TaskKey, attempt: number): string {
  return `${streamKeyOf(key)}.${attempt}`;
}

/** The task that an id belongs to; `undefined` for ids that are not ours. */
export function taskKeyOf(taskId: string): TaskKey | undefined {
  const [, task, period, run] = TASK_ID.exec(taskId) ?? [];
  if (task === undefined || period === undefined) return undefined;
  return { task, period, run: Number(run ?? 1) };
}
