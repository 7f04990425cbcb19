import { z } from 'zod';
import { backupPhaseSchema, tableCountsSchema } from '../events/recovery-backups.ts';
import {
  actorSchema,
  checkSchema,
  countSchema,
  durationMsSchema,
  idSchema,
  instantSchema,
  logPositionsSchema,
  sha256Schema,
} from '../values.ts';
import { pageOf } from './page.ts';

/** How far a backup came. Only `verified` says that it can be restored. */
export const backupStatusSchema = z.enum(['running', 'completed', 'verified', 'failed']);
/** How far a backup came. */
export type BackupStatus = z.output<typeof backupStatusSchema>;

/** One backup with all its figures; `null` is what is not known yet. */
export const backupItemSchema = z.object({
  backupId: idSchema,
  taskId: idSchema.nullable(),
  kind: z.literal('full'),
  status: backupStatusSchema,
  requestedBy: actorSchema,
  startedAt: instantSchema,
  completedAt: instantSchema.nullable(),
  verifiedAt: instantSchema.nullable(),
  failedAt: instantSchema.nullable(),
  durationMs: durationMsSchema.nullable().describe('From its start until it was written'),
  verificationMs: durationMsSchema.nullable(),
  sizeBytes: countSchema.nullable(),
  sha256: sha256Schema.nullable(),
  location: z.string().nullable(),
  logPositions: logPositionsSchema,
  tableCounts: tableCountsSchema,
  checks: z.array(checkSchema),
  failedPhase: backupPhaseSchema.nullable(),
  failureReason: z.string().nullable(),
});
/** One backup with all its figures. */
export type BackupItem = Readonly<z.output<typeof backupItemSchema>>;

/** One page of backups, newest first. */
export const backupPageSchema = pageOf(backupItemSchema);

/** Body of a request for a backup. */
export const backupRequestSchema = z.strictObject({ reason: z.string().min(1).max(500).optional() });
/** Body of a request for a backup. */
export type BackupRequest = Readonly<z.output<typeof backupRequestSchema>>;
