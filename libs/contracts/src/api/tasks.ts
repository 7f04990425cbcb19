import { z } from 'zod';
import { taskTriggerSchema } from '../events/maintenance.ts';
import { idSchema, instantSchema, nameSchema } from '../values.ts';
import { pageOf } from './page.ts';

/** How a run of a maintenance task stands. */
export const taskStatusSchema = z.enum(['running', 'completed', 'failed', 'skipped']);
/** How a run of a maintenance task stands. */
export type TaskStatus = z.output<typeof taskStatusSchema>;

/** One run of a maintenance task. */
export const taskItemSchema = z.object({
  taskId: idSchema,
  task: nameSchema,
  period: nameSchema,
  status: taskStatusSchema,
  attempt: z.int().positive(),
  trigger: taskTriggerSchema,
  startedAt: instantSchema,
  endedAt: instantSchema.nullable(),
  detail: z.string().nullable().describe('What came of it, or why it failed or was skipped'),
});
/** One run of a maintenance task. */
export type TaskItem = Readonly<z.output<typeof taskItemSchema>>;

/** One page of runs, newest first. */
export const taskPageSchema = pageOf(taskItemSchema);
