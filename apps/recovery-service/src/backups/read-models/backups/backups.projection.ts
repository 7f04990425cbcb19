import type { RecordedEvent, RowProjection } from '#libs/event-store';
import type { BackupItem } from '#libs/contracts';
import { BACKUP_EVENT_TYPES, decodeBackupEvent } from '../../adapters/backup-codec.ts';
import type { BackupEvent } from '../../domain/backup.ts';

type BackupKey = Readonly<{ backup_id: string }>;

/** A row of `backups`, as JSON. */
export type BackupRecord = BackupKey &
  Readonly<{
    tenant: string;
    task_id: string | null;
    kind: 'full';
    status: BackupItem['status'];
    requested_by: string;
    reason: string | null;
    attempts: number;
    started_at: string;
    completed_at: string | null;
    verified_at: string | null;
    failed_at: string | null;
    duration_ms: number | null;
    verification_ms: number | null;
    size_bytes: number | null;
    sha256: string | null;
    location: string | null;
    log_positions: BackupItem['logPositions'];
    table_counts: BackupItem['tableCounts'];
    checks: BackupItem['checks'];
    failed_phase: BackupItem['failedPhase'];
    failure_reason: string | null;
  }>;

export const backupsProjection: RowProjection<BackupKey, BackupRecord> = {
  name: 'recovery.backups',
  version: 1,
  table: 'backups',
  keyColumns: ['backup_id'],
  handles: BACKUP_EVENT_TYPES,
  keysOf: (event) => [{ backup_id: decodeBackupEvent(event).data.backupId }],
  evolve: (row, event) => {
    const fact = decodeBackupEvent(event);
    if (fact.type === 'recovery.backup-started') return begun(fact, event);
    return row && changed(row, fact);
  },
};

type Started = Extract<BackupEvent, { type: 'recovery.backup-started' }>;

function begun({ data }: Started, { tenant }: RecordedEvent): BackupRecord {
  return {
    backup_id: data.backupId,
    tenant,
    task_id: data.taskId ?? null,
    kind: data.kind,
    status: 'running',
    requested_by: data.requestedBy,
    reason: data.reason ?? null,
    attempts: 0,
    started_at: data.startedAt,
    completed_at: null,
    verified_at: null,
    failed_at: null,
    duration_ms: null,
    verification_ms: null,
    size_bytes: null,
    sha256: null,
    location: null,
    log_positions: [],
    table_counts: [],
    checks: [],
    failed_phase: null,
    failure_reason: null,
  };
}

function changed(row: BackupRecord, fact: Exclude<BackupEvent, Started>): BackupRecord {
  switch (fact.type) {
    case 'recovery.backup-attempt-began':
      return { ...row, attempts: fact.data.attempt };
    case 'recovery.backup-completed': {
      const { startedAt, completedAt, sizeBytes, sha256, location, logPositions, tableCounts } = fact.data;
      return {
        ...row,
        status: 'completed',
        completed_at: completedAt,
        duration_ms: Math.max(0, Date.parse(completedAt) - Date.parse(startedAt)),
        size_bytes: sizeBytes,
        sha256,
        location,
        log_positions: logPositions,
        table_counts: tableCounts,
      };
    }
    case 'recovery.backup-verified': {
      const { verifiedAt, durationMs, checks } = fact.data;
      return { ...row, status: 'verified', verified_at: verifiedAt, verification_ms: durationMs, checks };
    }
    case 'recovery.backup-failed': {
      const { phase, reason, failedAt, checks = [] } = fact.data;
      return {
        ...row,
        status: 'failed',
        failed_at: failedAt,
        failed_phase: phase,
        failure_reason: reason,
        checks: [...checks],
      };
    }
  }
}
