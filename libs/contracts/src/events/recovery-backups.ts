import { z } from 'zod';
import { defineEvent } from '../event-contract.ts';
import type { EventData } from '../event-contract.ts';
import {
  actorSchema,
  checkSchema,
  countSchema,
  durationMsSchema,
  idSchema,
  instantSchema,
  logPositionsSchema,
  nameSchema,
  sha256Schema,
  textSchema,
} from '../values.ts';

/** Rows of each table at the moment of the backup. */
export const tableCountsSchema = z.array(z.object({ table: nameSchema, rows: countSchema }));

/** Where a backup broke off. */
export const backupPhaseSchema = z.enum(['dump', 'verify', 'store']);
/** Where a backup broke off. */
export type BackupPhase = z.output<typeof backupPhaseSchema>;

const backupRef = { backupId: idSchema, taskId: idSchema.optional() };
const backupRefSample = {
  backupId: '019ab2a0-1000-7a00-8000-000000000006',
  taskId: '019ab2a0-0000-7a00-8000-000000000005',
};

/** A backup began. */
export const BackupStartedV1 = defineEvent({
  area: 'recovery',
  event: 'backup-started',
  version: 1,
  summary: 'A backup began.',
  data: z.object({ ...backupRef, kind: z.literal('full'), requestedBy: actorSchema, startedAt: instantSchema }),
  sample: {
    ...backupRefSample,
    kind: 'full',
    requestedBy: 'service:maintenance',
    startedAt: '2026-11-22T02:00:00Z',
  },
});

/** A backup is written; whether it can be restored is said by `backup-verified`. */
export const BackupCompletedV1 = defineEvent({
  area: 'recovery',
  event: 'backup-completed',
  version: 1,
  summary: 'A backup is written.',
  data: z.object({
    ...backupRef,
    startedAt: instantSchema,
    completedAt: instantSchema,
    sizeBytes: countSchema,
    sha256: sha256Schema,
    location: textSchema(1_000),
    logPositions: logPositionsSchema,
    tableCounts: tableCountsSchema,
  }),
  sample: {
    ...backupRefSample,
    startedAt: '2026-11-22T02:00:00Z',
    completedAt: '2026-11-22T02:00:12Z',
    sizeBytes: 4_194_304,
    sha256: '2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae',
    location: 'file:backups/2026-11-22/019ab2a0-1000-7a00-8000-000000000006.dump',
    logPositions: [{ log: 'agent', lane: 0, position: 1_742 }],
    tableCounts: [{ table: 'agent.events', rows: 1_742 }],
  },
});

/** A backup was restored to a scratch database and compared. */
export const BackupVerifiedV1 = defineEvent({
  area: 'recovery',
  event: 'backup-verified',
  version: 1,
  summary: 'A backup was proven to hold what it must.',
  data: z.object({
    ...backupRef,
    verifiedAt: instantSchema,
    durationMs: durationMsSchema,
    checks: z.array(checkSchema),
  }),
  sample: {
    ...backupRefSample,
    verifiedAt: '2026-11-22T02:00:20Z',
    durationMs: 8_000,
    checks: [{ name: 'hash chain', outcome: 'ok', detail: '1742 events' }],
  },
});

/** A backup broke off, or did not hold what it must. */
export const BackupFailedV1 = defineEvent({
  area: 'recovery',
  event: 'backup-failed',
  version: 1,
  summary: 'A backup broke off, or did not hold what it must.',
  data: z.object({ ...backupRef, phase: backupPhaseSchema, reason: textSchema(2_000), failedAt: instantSchema }),
  sample: {
    ...backupRefSample,
    phase: 'store',
    reason: '1048576 bytes are free where the backup goes; 5452595 are needed.',
    failedAt: '2026-11-22T02:00:09Z',
  },
});

/** Data of `steward.recovery.backup-started.v1`. */
export type BackupStarted = EventData<typeof BackupStartedV1>;
/** Data of `steward.recovery.backup-completed.v1`. */
export type BackupCompleted = EventData<typeof BackupCompletedV1>;
/** Data of `steward.recovery.backup-verified.v1`. */
export type BackupVerified = EventData<typeof BackupVerifiedV1>;
/** Data of `steward.recovery.backup-failed.v1`. */
export type BackupFailed = EventData<typeof BackupFailedV1>;
