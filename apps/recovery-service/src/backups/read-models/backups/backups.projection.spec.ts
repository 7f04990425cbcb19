import { describe, expect, it } from '@jest/globals';
import { BackupCompletedV1, BackupFailedV1, BackupStartedV1, BackupVerifiedV1 } from '#libs/contracts';
import { position, type RecordedEvent } from '#libs/event-store';
import { correlationId, streamId, tenantId } from '#libs/kernel';
import { sequentialIds } from '#libs/testing';
import { backupPublication } from '../../publications/backup.publications.ts';
import { backupsProjection, type BackupRecord } from './backups.projection.ts';

const { backupId } = BackupStartedV1.sample;
const ids = sequentialIds();

function event(type: string, data: object): RecordedEvent {
  return {
    position: position(1),
    lane: 0,
    slot: 0,
    tenant: tenantId('demo'),
    streamId: streamId('backup', backupId),
    category: 'backup',
    streamVersion: 1,
    type,
    typeVersion: 1,
    id: ids.next(),
    data,
    metadata: { correlationId: correlationId('c-1'), actor: 'spec', occurredAt: '2026-11-22T02:00:00.000Z' },
    recordedAt: new Date(0),
    hash: '',
  };
}

const started = event('recovery.backup-started', { ...BackupStartedV1.sample, reason: 'before the move' });
const began = event('recovery.backup-attempt-began', {
  backupId,
  stage: 'dump',
  attempt: 2,
  at: '2026-11-22T02:00:00Z',
});
const completed = event('recovery.backup-completed', { ...BackupCompletedV1.sample, attempt: 2 });
const verified = event('recovery.backup-verified', BackupVerifiedV1.sample);
const failed = event('recovery.backup-failed', {
  ...BackupFailedV1.sample,
  checks: [{ name: 'file', outcome: 'failed', detail: 'short' }],
});

function fold(...events: RecordedEvent[]): BackupRecord | undefined {
  const key = { backup_id: backupId };
  return events.reduce<BackupRecord | undefined>((row, one) => backupsProjection.evolve(row, one, key), undefined);
}

describe('the list of backups', () => {
  it('shows a backup from its request on', () => {
    expect(backupsProjection.keysOf(started)).toEqual([{ backup_id: backupId }]);
    expect(fold(started, began)).toMatchObject({
      status: 'running',
      tenant: 'demo',
      requested_by: 'service:maintenance',
      reason: 'before the move',
      attempts: 2,
      size_bytes: null,
    });
  });

  it('shows what was written, and how long it took', () => {
    const { sizeBytes, sha256, tableCounts, logPositions } = BackupCompletedV1.sample;

    expect(fold(started, completed)).toMatchObject({
      status: 'completed',
      duration_ms: 12_000,
      size_bytes: sizeBytes,
      sha256,
      table_counts: tableCounts,
      log_positions: logPositions,
    });
  });

  it('shows the proof with its checks', () => {
    expect(fold(started, completed, verified)).toMatchObject({
      status: 'verified',
      verification_ms: 8_000,
      checks: BackupVerifiedV1.sample.checks,
    });
  });

  it('shows where and why a backup failed, and keeps the figures', () => {
    expect(fold(started, completed, failed)).toMatchObject({
      status: 'failed',
      failed_phase: 'store',
      failure_reason: BackupFailedV1.sample.reason,
      checks: [{ name: 'file' }],
      size_bytes: BackupCompletedV1.sample.sizeBytes,
    });
  });

  it('knows nothing of a backup whose beginning it has not seen', () => {
    expect(fold(verified)).toBeUndefined();
  });

  it('refuses an event that no version of this service wrote', () => {
    expect(() => fold(event('recovery.backup-eaten', { backupId }))).toThrow('no event of a backup');
    expect(() => fold(event('recovery.backup-started', { backupId }))).toThrow();
  });
});

describe('what others are told of backups', () => {
  it('is the contract and no more', () => {
    expect([started, completed, verified, failed].map(backupPublication)).toEqual([
      { type: BackupStartedV1.type, data: BackupStartedV1.sample },
      { type: BackupCompletedV1.type, data: BackupCompletedV1.sample },
      { type: BackupVerifiedV1.type, data: BackupVerifiedV1.sample },
      { type: BackupFailedV1.type, data: BackupFailedV1.sample },
    ]);
  });

  it('leaves out attempts', () => {
    expect(backupPublication(began)).toBeUndefined();
  });
});
