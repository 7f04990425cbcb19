import type { BackupCompleted, BackupFailed, BackupPhase, BackupStarted, BackupVerified, Check } from '#libs/contracts';
import type { Command, DomainEvent } from '#libs/kernel';

/** The parts of a backup that may be begun again after the process died in the middle of them. */
export type Stage = 'dump' | 'verify';

export type BackupEvent =
  | DomainEvent<'recovery.backup-started', BackupStarted & { reason?: string | undefined }>
  | DomainEvent<'recovery.backup-attempt-began', { backupId: string; stage: Stage; attempt: number; at: string }>
  | DomainEvent<'recovery.backup-completed', BackupCompleted & { attempt: number }>
  | DomainEvent<'recovery.backup-verified', BackupVerified>
  | DomainEvent<'recovery.backup-failed', BackupFailed & { checks?: readonly Check[] | undefined }>;

export type RequestBackup = Command<'request-backup', { backupId: string; taskId?: string; reason?: string }>;
export type BeginAttempt = Command<'begin-attempt'>;
export type CompleteBackup = Command<
  'complete-backup',
  Pick<BackupCompleted, 'sizeBytes' | 'sha256' | 'location' | 'logPositions' | 'tableCounts'> & { attempt: number }
>;
export type VerifyBackup = Command<'verify-backup', { attempt: number; checks: readonly Check[]; durationMs: number }>;
export type FailBackup = Command<'fail-backup', { attempt: number; phase: BackupPhase; reason: string }>;
export type BackupCommand = RequestBackup | BeginAttempt | CompleteBackup | VerifyBackup | FailBackup;

type Identity = Readonly<{ backupId: string; taskId?: string | undefined; startedAt: string }>;
type Underway = Identity &
  Readonly<{
    /**
     * Number of the latest attempt at either stage, 0 before the first. It only rises, so that a process that was
     * thought dead can't speak for the attempt that took its place.
     */
    attempt: number;
    /** Attempts at the present stage. */
    tries: number;
  }>;

/** How far a backup came. */
export type Backup =
  | Readonly<{ status: 'none' }>
  | (Underway & Readonly<{ status: 'running' }>)
  /** Written by attempt `copy`; not proven yet. */
  | (Underway & Readonly<{ status: 'completed'; copy: number; sha256: string }>)
  | (Identity & Readonly<{ status: 'verified' }>)
  | (Identity & Readonly<{ status: 'failed' }>);

export const noBackup: Backup = { status: 'none' };

export function evolve(backup: Backup, event: BackupEvent): Backup {
  switch (event.type) {
    case 'recovery.backup-started': {
      const { backupId, taskId, startedAt } = event.data;
      return { status: 'running', backupId, taskId, startedAt, attempt: 0, tries: 0 };
    }
    case 'recovery.backup-attempt-began':
      if (backup.status !== 'running' && backup.status !== 'completed') return backup;
      return { ...backup, attempt: event.data.attempt, tries: backup.tries + 1 };
    case 'recovery.backup-completed': {
      const { attempt, sha256 } = event.data;
      return { status: 'completed', ...identityOf(event.data), attempt, tries: 0, copy: attempt, sha256 };
    }
    case 'recovery.backup-verified':
      return backup.status === 'none' ? backup : { status: 'verified', ...identityOf(backup) };
    case 'recovery.backup-failed':
      return backup.status === 'none' ? backup : { status: 'failed', ...identityOf(backup) };
  }
}

function identityOf({ backupId, taskId, startedAt }: Identity): Identity {
  return { backupId, taskId, startedAt };
}
