import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { BackupItem, BackupPhase, BackupStatus } from '#libs/contracts';

/** bigint comes as text; sizes and durations stay far below 2^53. */
const wholeNumber = {
  to: (value: number | null): number | null => value,
  from: (text: string | null): number | null => (text === null ? null : Number(text)),
};

/** One row of `backups`, as the projection left it. */
@Entity('backups')
export class BackupRow {
  @PrimaryColumn('text', { name: 'backup_id' })
  backupId = '';

  @Column('text')
  tenant = '';

  @Column('text', { name: 'task_id', nullable: true })
  taskId: string | null = null;

  @Column('text')
  kind: BackupItem['kind'] = 'full';

  @Column('text')
  status: BackupStatus = 'running';

  @Column('text', { name: 'requested_by' })
  requestedBy = '';

  @Column('timestamptz', { name: 'started_at' })
  startedAt = new Date(0);

  @Column('timestamptz', { name: 'completed_at', nullable: true })
  completedAt: Date | null = null;

  @Column('timestamptz', { name: 'verified_at', nullable: true })
  verifiedAt: Date | null = null;

  @Column('timestamptz', { name: 'failed_at', nullable: true })
  failedAt: Date | null = null;

  @Column('bigint', { name: 'duration_ms', nullable: true, transformer: wholeNumber })
  durationMs: number | null = null;

  @Column('bigint', { name: 'verification_ms', nullable: true, transformer: wholeNumber })
  verificationMs: number | null = null;

  @Column('bigint', { name: 'size_bytes', nullable: true, transformer: wholeNumber })
  sizeBytes: number | null = null;

  @Column('text', { nullable: true })
  sha256: string | null = null;

  @Column('text', { nullable: true })
  location: string | null = null;

  @Column('jsonb', { name: 'log_positions' })
  logPositions: BackupItem['logPositions'] = [];

  @Column('jsonb', { name: 'table_counts' })
  tableCounts: BackupItem['tableCounts'] = [];

  @Column('jsonb')
  checks: BackupItem['checks'] = [];

  @Column('text', { name: 'failed_phase', nullable: true })
  failedPhase: BackupPhase | null = null;

  @Column('text', { name: 'failure_reason', nullable: true })
  failureReason: string | null = null;
}
