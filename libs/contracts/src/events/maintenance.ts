import { z } from 'zod';
import { defineEvent } from '../event-contract.ts';
import type { EventData } from '../event-contract.ts';
import {
  actorSchema,
  durationMsSchema,
  factsSchema,
  idSchema,
  instantSchema,
  nameSchema,
  textSchema,
} from '../values.ts';

/** Why a task runs: it was due, or somebody asked for it. */
export const taskTriggerSchema = z.enum(['schedule', 'request']);
/** Why a task runs. */
export type TaskTrigger = z.output<typeof taskTriggerSchema>;

const taskRun = {
  taskId: idSchema,
  task: nameSchema.describe('e.g. daily-backup'),
  period: nameSchema.describe('What it is done for, e.g. 2026-11-22; a task is done once for each period'),
};
const taskRunSample = {
  taskId: '019ab2a0-0000-7a00-8000-000000000005',
  task: 'daily-backup',
  period: '2026-11-22',
};

/** A maintenance task began. */
export const TaskStartedV1 = defineEvent({
  area: 'maintenance',
  event: 'task-started',
  version: 1,
  summary: 'A maintenance task began.',
  data: z.object({
    ...taskRun,
    attempt: z.int().positive(),
    trigger: taskTriggerSchema,
    requestedBy: actorSchema,
    startedAt: instantSchema,
  }),
  sample: {
    ...taskRunSample,
    attempt: 1,
    trigger: 'schedule',
    requestedBy: 'service:maintenance',
    startedAt: '2026-11-22T02:00:00Z',
  },
});

/** A maintenance task did what it is for. */
export const TaskCompletedV1 = defineEvent({
  area: 'maintenance',
  event: 'task-completed',
  version: 1,
  summary: 'A maintenance task did what it is for.',
  data: z.object({
    ...taskRun,
    startedAt: instantSchema,
    completedAt: instantSchema,
    durationMs: durationMsSchema,
    result: factsSchema,
  }),
  sample: {
    ...taskRunSample,
    startedAt: '2026-11-22T02:00:00Z',
    completedAt: '2026-11-22T02:00:21Z',
    durationMs: 21_000,
    result: { backupId: '019ab2a0-1000-7a00-8000-000000000006', sizeBytes: 4_194_304 },
  },
});

/** A maintenance task could not do what it is for. */
export const TaskFailedV1 = defineEvent({
  area: 'maintenance',
  event: 'task-failed',
  version: 1,
  summary: 'A maintenance task could not do what it is for.',
  data: z.object({ ...taskRun, failedAt: instantSchema, reason: textSchema(2_000), retryable: z.boolean() }),
  sample: {
    ...taskRunSample,
    failedAt: '2026-11-22T02:00:09Z',
    reason: 'The backup was not verified: 1 of 6 checks failed.',
    retryable: true,
  },
});

/** A maintenance task was not needed or not allowed this time. */
export const TaskSkippedV1 = defineEvent({
  area: 'maintenance',
  event: 'task-skipped',
  version: 1,
  summary: 'A maintenance task was not needed or not allowed this time.',
  data: z.object({ ...taskRun, reason: textSchema(2_000), at: instantSchema }),
  sample: { ...taskRunSample, reason: 'A backup of this period exists already.', at: '2026-11-22T02:00:00Z' },
});

/** A report can be read. */
export const ReportPublishedV1 = defineEvent({
  area: 'maintenance',
  event: 'report-published',
  version: 1,
  summary: 'A report can be read.',
  data: z.object({
    reportId: idSchema,
    report: nameSchema.describe('e.g. weekly-agents'),
    period: nameSchema,
    title: nameSchema,
    summary: textSchema(4_000),
    figures: factsSchema,
    taskId: idSchema.optional(),
    publishedAt: instantSchema,
  }),
  sample: {
    reportId: '019ab2a0-2000-7a00-8000-000000000007',
    report: 'weekly-agents',
    period: '2026-W47',
    title: 'Agents in week 47',
    summary: '212 decisions, 3 failed assessments; half of the assessments took less than 118 ms.',
    figures: { decisions: 212, failedAssessments: 3, p50Ms: 118 },
    publishedAt: '2026-11-23T03:00:00Z',
  },
});

/** Data of `steward.maintenance.task-started.v1`. */
export type TaskStarted = EventData<typeof TaskStartedV1>;
/** Data of `steward.maintenance.task-completed.v1`. */
export type TaskCompleted = EventData<typeof TaskCompletedV1>;
/** Data of `steward.maintenance.task-failed.v1`. */
export type TaskFailed = EventData<typeof TaskFailedV1>;
/** Data of `steward.maintenance.task-skipped.v1`. */
export type TaskSkipped = EventData<typeof TaskSkippedV1>;
/** Data of `steward.maintenance.report-published.v1`. */
export type ReportPublished = EventData<typeof ReportPublishedV1>;
