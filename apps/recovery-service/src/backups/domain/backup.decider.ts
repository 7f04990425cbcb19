import type { Check } from '#libs/contracts';
import { assertNever, type Decider } from '#libs/kernel';
import { AttemptSuperseded, BackupElsewhere, BackupNotFound } from './backup.errors.ts';
import {
  evolve,
  noBackup,
  type Backup,
  type BackupCommand,
  type BackupEvent,
  type BeginAttempt,
  type CompleteBackup,
  type FailBackup,
  type RequestBackup,
  type VerifyBackup,
} from './backup.ts';

/** A process that dies in the middle is taken for chance this often; after that the backup itself is the reason. */
export const MAX_ATTEMPTS = 3;

/** What the contract takes of a reason. */
const LONGEST_REASON = 2_000;

/** One backup, from its request to the proof that it can be restored. */
export const backupDecider: Decider<Backup, BackupCommand, BackupEvent> = {
  initialState: noBackup,
  evolve,
  decide(command, backup) {
    switch (command.type) {
      case 'request-backup':
        return requestBackup(command, backup);
      case 'begin-attempt':
        return beginAttempt(command, backup);
      case 'complete-backup':
        return completeBackup(command, backup);
      case 'verify-backup':
        return verifyBackup(command, backup);
      case 'fail-backup':
        return failBackup(command, backup);
      default:
        return assertNever(command);
    }
  },
};

type Existing = Exclude<Backup, { status: 'none' }>;
type Underway = Extract<Backup, { status: 'running' | 'completed' }>;

function requestBackup({ data, meta }: RequestBackup, backup: Backup): readonly BackupEvent[] {
  if (backup.status !== 'none') return [];
  const { backupId, taskId, reason } = data;
  const startedAt = meta.at.toISOString();
  return [
    {
      type: 'recovery.backup-started',
      data: { backupId, kind: 'full', requestedBy: meta.by, startedAt, ...given({ taskId, reason }) },
    },
  ];
}

function beginAttempt({ type, meta }: BeginAttempt, backup: Backup): readonly BackupEvent[] {
  const { status, backupId, attempt, tries } = underway(existing(backup), type);
  const stage = status === 'running' ? 'dump' : 'verify';
  const at = meta.at.toISOString();
  if (tries < MAX_ATTEMPTS) {
    return [{ type: 'recovery.backup-attempt-began', data: { backupId, stage, attempt: attempt + 1, at } }];
  }
  const reason = `${tries} attempts were broken off in the middle. See the log of recovery-service for what ended them.`;
  return [failed(backup, { phase: stage, reason, at: meta.at })];
}

function completeBackup({ type, data, meta }: CompleteBackup, backup: Backup): readonly BackupEvent[] {
  const found = existing(backup);
  if (found.status === 'completed' && found.copy === data.attempt && found.sha256 === data.sha256) return [];
  if (found.status !== 'running') throw new BackupElsewhere(found.backupId, found.status, type);
  refuseSuperseded(found, data.attempt);
  const { backupId, taskId, startedAt } = found;
  const completedAt = meta.at.toISOString();
  return [
    {
      type: 'recovery.backup-completed',
      data: { backupId, startedAt, completedAt, ...data, ...given({ taskId }) },
    },
  ];
}

/** Only checks that were run and found nothing prove a backup; no check at all proves nothing. */
function verifyBackup({ type, data, meta }: VerifyBackup, backup: Backup): readonly BackupEvent[] {
  const found = existing(backup);
  if (found.status === 'verified') return [];
  if (found.status !== 'completed') throw new BackupElsewhere(found.backupId, found.status, type);
  refuseSuperseded(found, data.attempt);
  const { backupId, taskId } = found;
  const checks = [...data.checks];
  const unproven = checks.filter(({ outcome }) => outcome !== 'ok');
  if (unproven.length > 0 || checks.length === 0) {
    return [failed(backup, { phase: 'verify', reason: reasonOf(unproven, checks.length), at: meta.at, checks })];
  }
  const verifiedAt = meta.at.toISOString();
  return [
    {
      type: 'recovery.backup-verified',
      data: { backupId, verifiedAt, durationMs: data.durationMs, checks, ...given({ taskId }) },
    },
  ];
}

function failBackup({ type, data, meta }: FailBackup, backup: Backup): readonly BackupEvent[] {
  const found = existing(backup);
  if (found.status === 'failed') return [];
  refuseSuperseded(underway(found, type), data.attempt);
  return [failed(backup, { phase: data.phase, reason: data.reason, at: meta.at })];
}

type Failure = Readonly<{ phase: FailBackup['data']['phase']; reason: string; at: Date; checks?: readonly Check[] }>;

function failed(backup: Backup, { phase, reason, at, checks }: Failure): BackupEvent {
  const { backupId, taskId } = existing(backup);
  const failedAt = at.toISOString();
  return {
    type: 'recovery.backup-failed',
    data: { backupId, phase, reason: reason.slice(0, LONGEST_REASON), failedAt, ...given({ taskId, checks }) },
  };
}

function existing(backup: Backup): Existing {
  if (backup.status === 'none') throw new BackupNotFound('that was never requested');
  return backup;
}

function underway(backup: Existing, command: string): Underway {
  if (backup.status === 'running' || backup.status === 'completed') return backup;
  throw new BackupElsewhere(backup.backupId, backup.status, command);
}

function refuseSuperseded({ backupId, attempt }: Underway, speaker: number): void {
  if (speaker !== attempt) throw new AttemptSuperseded(backupId, speaker, attempt);
}

function reasonOf(unproven: readonly Check[], total: number): string {
  if (total === 0) return 'Nothing was checked, so nothing is proven.';
  const list = unproven.map(({ name, outcome, detail }) => `${name} ${outcome}: ${detail}`);
  return `${unproven.length} of ${total} checks did not pass. ${list.join('; ')}`;
}

/** Leaves out what is not there, so that no key of an event holds `undefined`. */
function given<Values extends object>(values: Values): { [Key in keyof Values]?: Exclude<Values[Key], undefined> };
function given(values: object): object {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}
