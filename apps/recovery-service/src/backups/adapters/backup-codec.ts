import { z } from 'zod';
import {
  BackupCompletedV1,
  BackupFailedV1,
  BackupStartedV1,
  BackupVerifiedV1,
  checkSchema,
  idSchema,
  instantSchema,
} from '#libs/contracts';
import { UnreadableEvent, type EventCodec, type RecordedEvent } from '#libs/event-store';
import type { BackupEvent } from '../domain/backup.ts';

const attempt = z.int().positive();
const startedSchema = BackupStartedV1.data.and(z.object({ reason: z.string().optional() }));
const attemptBeganSchema = z.object({
  backupId: idSchema,
  stage: z.enum(['dump', 'verify']),
  attempt,
  at: instantSchema,
});
const completedSchema = BackupCompletedV1.data.and(z.object({ attempt }));
const failedSchema = BackupFailedV1.data.and(z.object({ checks: z.array(checkSchema).optional() }));

/** The events of backups as the log holds them: the contract's data, and what is only ours. */
export const BACKUP_EVENT_TYPES: ReadonlySet<string> = new Set<BackupEvent['type']>([
  'recovery.backup-started',
  'recovery.backup-attempt-began',
  'recovery.backup-completed',
  'recovery.backup-verified',
  'recovery.backup-failed',
]);

export const backupCodec: EventCodec<BackupEvent> = {
  types: [...BACKUP_EVENT_TYPES].map((type) => ({ type, version: 1 })),
  encode: ({ type, data }) => ({ type, typeVersion: 1, data }),
  decode: decodeBackupEvent,
};

/** @throws ZodError for data that this service can't have written; UnreadableEvent for an unknown type */
export function decodeBackupEvent(event: RecordedEvent): BackupEvent {
  const { type, data } = event;
  switch (type) {
    case 'recovery.backup-started':
      return { type, data: startedSchema.parse(data) };
    case 'recovery.backup-attempt-began':
      return { type, data: attemptBeganSchema.parse(data) };
    case 'recovery.backup-completed':
      return { type, data: completedSchema.parse(data) };
    case 'recovery.backup-verified':
      return { type, data: BackupVerifiedV1.data.parse(data) };
    case 'recovery.backup-failed':
      return { type, data: failedSchema.parse(data) };
    default:
      throw new UnreadableEvent(event, 'it is no event of a backup');
  }
}
