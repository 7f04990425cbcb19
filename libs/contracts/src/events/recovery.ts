import { z } from 'zod';
import { defineEvent } from '../event-contract.ts';
import type { EventData } from '../event-contract.ts';
import {
  actorSchema,
  checkSchema,
  durationMsSchema,
  idSchema,
  instantSchema,
  logPositionsSchema,
  nameSchema,
  textSchema,
} from '../values.ts';

const failure = { phase: nameSchema, reason: textSchema(2_000), failedAt: instantSchema };
const run = { startedAt: instantSchema, completedAt: instantSchema, durationMs: durationMsSchema };
const storeEpoch = z.int().positive().describe('Cursors of an older epoch are void');

const BACKUP_ID = '019ab2a0-1000-7a00-8000-000000000006';
const drillSample = { drillId: '019ab7f0-0000-7a00-8000-000000000008', backupId: BACKUP_ID };
const restoreSample = { restoreId: '019ab7f0-1000-7a00-8000-000000000009', backupId: BACKUP_ID };
const failoverSample = {
  failoverId: '019ab7f0-2000-7a00-8000-00000000000a',
  from: 'primary',
  to: 'secondary',
};

/** A backup was restored to a scratch place, as an exercise, and measured. */
export const DrillCompletedV1 = defineEvent({
  area: 'recovery',
  event: 'drill-completed',
  version: 1,
  summary: 'A restore was exercised and measured.',
  data: z.object({
    drillId: idSchema,
    backupId: idSchema,
    ...run,
    recoveryTimeMs: durationMsSchema.describe('From the decision to restore until the system worked'),
    dataLossMs: durationMsSchema.describe('From the newest event that was restored until the disaster'),
    checks: z.array(checkSchema),
  }),
  sample: {
    ...drillSample,
    startedAt: '2026-11-22T04:00:00Z',
    completedAt: '2026-11-22T04:01:10Z',
    durationMs: 70_000,
    recoveryTimeMs: 64_000,
    dataLossMs: 9_000,
    checks: [{ name: 'rows of each table', outcome: 'ok', detail: '14 tables' }],
  },
});

/** An exercise of a restore did not succeed. */
export const DrillFailedV1 = defineEvent({
  area: 'recovery',
  event: 'drill-failed',
  version: 1,
  summary: 'An exercise of a restore did not succeed.',
  data: z.object({ drillId: idSchema, backupId: idSchema.optional(), ...failure }),
  sample: {
    ...drillSample,
    phase: 'prove',
    reason: 'The hash chain breaks at position 812.',
    failedAt: '2026-11-22T04:00:50Z',
  },
});

/** Somebody asked that a backup takes the place of the live data. */
export const RestoreRequestedV1 = defineEvent({
  area: 'recovery',
  event: 'restore-requested',
  version: 1,
  summary: 'Somebody asked for a restore.',
  data: z.object({
    restoreId: idSchema,
    backupId: idSchema,
    target: z.enum(['live', 'scratch']),
    requestedBy: actorSchema,
    reason: textSchema(2_000),
    requestedAt: instantSchema,
  }),
  sample: {
    ...restoreSample,
    target: 'live',
    requestedBy: 'user:operator',
    reason: 'A faulty import overwrote the stock levels.',
    requestedAt: '2026-11-22T12:00:00Z',
  },
});

/** A restore is done; a new epoch of the store has begun. */
export const RestoreCompletedV1 = defineEvent({
  area: 'recovery',
  event: 'restore-completed',
  version: 1,
  summary: 'A restore is done.',
  data: z.object({
    restoreId: idSchema,
    backupId: idSchema,
    ...run,
    epoch: storeEpoch,
    logPositions: logPositionsSchema,
    checks: z.array(checkSchema),
  }),
  sample: {
    ...restoreSample,
    startedAt: '2026-11-22T12:00:05Z',
    completedAt: '2026-11-22T12:01:20Z',
    durationMs: 75_000,
    epoch: 2,
    logPositions: [{ log: 'agent', lane: 0, position: 1_742 }],
    checks: [{ name: 'hash chain', outcome: 'ok', detail: '1742 events' }],
  },
});

/** A restore broke off. */
export const RestoreFailedV1 = defineEvent({
  area: 'recovery',
  event: 'restore-failed',
  version: 1,
  summary: 'A restore broke off.',
  data: z.object({
    restoreId: idSchema,
    backupId: idSchema,
    ...failure,
    isLiveDataUntouched: z.boolean(),
  }),
  sample: {
    ...restoreSample,
    phase: 'restore',
    reason: 'The checksum of the backup differs from its manifest.',
    failedAt: '2026-11-22T12:00:11Z',
    isLiveDataUntouched: true,
  },
});

const failoverRoute = { failoverId: idSchema, from: nameSchema, to: nameSchema };

/** Work is being moved to another site. */
export const FailoverStartedV1 = defineEvent({
  area: 'recovery',
  event: 'failover-started',
  version: 1,
  summary: 'Work is being moved to another site.',
  data: z.object({
    ...failoverRoute,
    trigger: z.enum(['request', 'automatic']),
    requestedBy: actorSchema,
    reason: textSchema(2_000),
    startedAt: instantSchema,
  }),
  sample: {
    ...failoverSample,
    trigger: 'request',
    requestedBy: 'user:operator',
    reason: 'The primary site lost power.',
    startedAt: '2026-11-22T15:00:00Z',
  },
});

/** The other site does the work. */
export const FailoverCompletedV1 = defineEvent({
  area: 'recovery',
  event: 'failover-completed',
  version: 1,
  summary: 'The other site does the work.',
  data: z.object({ ...failoverRoute, ...run, epoch: storeEpoch }),
  sample: {
    ...failoverSample,
    startedAt: '2026-11-22T15:00:00Z',
    completedAt: '2026-11-22T15:00:48Z',
    durationMs: 48_000,
    epoch: 3,
  },
});

/** Work could not be moved. */
export const FailoverFailedV1 = defineEvent({
  area: 'recovery',
  event: 'failover-failed',
  version: 1,
  summary: 'Work could not be moved to the other site.',
  data: z.object({
    ...failoverRoute,
    ...failure,
    servingSite: nameSchema.nullable().describe('Who does the work now; null when nobody does'),
  }),
  sample: {
    ...failoverSample,
    phase: 'promote',
    reason: 'The secondary is 812 events behind; at most 100 are allowed.',
    failedAt: '2026-11-22T15:00:20Z',
    servingSite: null,
  },
});

/** Data of `steward.recovery.drill-completed.v1`. */
export type DrillCompleted = EventData<typeof DrillCompletedV1>;
/** Data of `steward.recovery.drill-failed.v1`. */
export type DrillFailed = EventData<typeof DrillFailedV1>;
/** Data of `steward.recovery.restore-requested.v1`. */
export type RestoreRequested = EventData<typeof RestoreRequestedV1>;
/** Data of `steward.recovery.restore-completed.v1`. */
export type RestoreCompleted = EventData<typeof RestoreCompletedV1>;
/** Data of `steward.recovery.restore-failed.v1`. */
export type RestoreFailed = EventData<typeof RestoreFailedV1>;
/** Data of `steward.recovery.failover-started.v1`. */
export type FailoverStarted = EventData<typeof FailoverStartedV1>;
/** Data of `steward.recovery.failover-completed.v1`. */
export type FailoverCompleted = EventData<typeof FailoverCompletedV1>;
/** Data of `steward.recovery.failover-failed.v1`. */
export type FailoverFailed = EventData<typeof FailoverFailedV1>;
