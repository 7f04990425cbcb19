import { describe, expect, it } from '@jest/globals';
import type { Check } from '#libs/contracts';
import { given } from '#libs/testing';
import { backupDecider } from './backup.decider.ts';
import { AttemptSuperseded, BackupElsewhere, BackupNotFound } from './backup.errors.ts';
import type { BackupCommand, BackupEvent } from './backup.ts';

const backupId = '019ab2a0-1000-7a00-8000-000000000006';
const taskId = 'daily-backup:2026-11-22';
const noon = new Date('2026-11-22T12:00:00.000Z');
const at = noon.toISOString();
const meta = { at: noon, by: 'service:recovery' };
const figures = {
  sizeBytes: 4_096,
  sha256: 'a'.repeat(64),
  location: 'file:backups/x.dump',
  logPositions: [{ log: 'agent', lane: 0, position: 12 }],
  tableCounts: [{ table: 'agent.events', rows: 12 }],
};
const fine: Check = { name: 'file', outcome: 'ok', detail: '4096 bytes' };

const started: BackupEvent = {
  type: 'recovery.backup-started',
  data: { backupId, taskId, kind: 'full', requestedBy: 'service:maintenance', startedAt: at },
};
const dumping = (attempt: number): BackupEvent => ({
  type: 'recovery.backup-attempt-began',
  data: { backupId, stage: 'dump', attempt, at },
});
const completed = (attempt: number): BackupEvent => ({
  type: 'recovery.backup-completed',
  data: { backupId, taskId, startedAt: at, completedAt: at, ...figures, attempt },
});
const verifying = (attempt: number): BackupEvent => ({
  type: 'recovery.backup-attempt-began',
  data: { backupId, stage: 'verify', attempt, at },
});
const verified: BackupEvent = {
  type: 'recovery.backup-verified',
  data: { backupId, taskId, verifiedAt: at, durationMs: 40, checks: [fine] },
};
const failed: BackupEvent = {
  type: 'recovery.backup-failed',
  data: { backupId, taskId, phase: 'dump', reason: 'pg_dump exited with 1', failedAt: at },
};

const begin: BackupCommand = { type: 'begin-attempt', data: {}, meta };
const complete = (attempt: number, sha256 = figures.sha256): BackupCommand => ({
  type: 'complete-backup',
  data: { ...figures, sha256, attempt },
  meta,
});
const verify = (attempt: number, ...checks: Check[]): BackupCommand => ({
  type: 'verify-backup',
  data: { attempt, checks, durationMs: 40 },
  meta,
});
const fail = (attempt: number): BackupCommand => ({
  type: 'fail-backup',
  data: { attempt, phase: 'dump', reason: 'pg_dump exited with 1' },
  meta,
});
const request: BackupCommand = {
  type: 'request-backup',
  data: { backupId, taskId },
  meta: { at: noon, by: 'service:maintenance' },
};

describe('request a backup', () => {
  it('starts it', () => {
    given(backupDecider).when(request).then(started);
  });

  it('keeps the reason that a person gave', () => {
    given(backupDecider)
      .when({ ...request, data: { backupId, reason: 'before the move' }, meta: { at: noon, by: 'key:ops' } })
      .then({
        type: 'recovery.backup-started',
        data: { backupId, kind: 'full', requestedBy: 'key:ops', startedAt: at, reason: 'before the move' },
      });
  });

  it('does nothing the second time, also when it is over', () => {
    given(backupDecider, started).when(request).thenNothing();
    given(backupDecider, started, dumping(1), failed).when(request).thenNothing();
  });
});

describe('begin an attempt', () => {
  it('counts dumps, and begins again after the process died', () => {
    given(backupDecider, started).when(begin).then(dumping(1));
    given(backupDecider, started, dumping(1)).when(begin).then(dumping(2));
  });

  it('goes on counting when it comes to the proof', () => {
    given(backupDecider, started, dumping(1), dumping(2), completed(2)).when(begin).then(verifying(3));
  });

  it('gives up a backup whose dump was broken off three times', () => {
    given(backupDecider, started, dumping(1), dumping(2), dumping(3))
      .when(begin)
      .then({
        type: 'recovery.backup-failed',
        data: {
          backupId,
          taskId,
          phase: 'dump',
          reason: '3 attempts were broken off in the middle. See the log of recovery-service for what ended them.',
          failedAt: at,
        },
      });
  });

  it('gives the proof three attempts of its own', () => {
    const history = [started, dumping(1), dumping(2), completed(2), verifying(3), verifying(4)];

    given(backupDecider, ...history)
      .when(begin)
      .then(verifying(5));
    const [failure] = backupDecider.decide(
      begin,
      [...history, verifying(5)].reduce(backupDecider.evolve, { status: 'none' }),
    );
    expect(failure).toMatchObject({ type: 'recovery.backup-failed', data: { phase: 'verify' } });
  });

  it('is not for a backup that is over, or was never requested', () => {
    given(backupDecider, started, dumping(1), completed(1), verifying(2), verified)
      .when(begin)
      .thenRefused(BackupElsewhere);
    given(backupDecider).when(begin).thenRefused(BackupNotFound);
  });
});

describe('complete a backup', () => {
  it('says what was written', () => {
    given(backupDecider, started, dumping(1)).when(complete(1)).then(completed(1));
  });

  it('does nothing when the same copy is reported again', () => {
    given(backupDecider, started, dumping(1), completed(1)).when(complete(1)).thenNothing();
  });

  it('refuses an attempt that another one took over from', () => {
    given(backupDecider, started, dumping(1), dumping(2)).when(complete(1)).thenRefused(AttemptSuperseded);
  });

  it('refuses another copy once one counts', () => {
    given(backupDecider, started, dumping(1), dumping(2), completed(2)).when(complete(1)).thenRefused(BackupElsewhere);
    given(backupDecider, started, dumping(1), completed(1))
      .when(complete(1, 'b'.repeat(64)))
      .thenRefused(BackupElsewhere);
  });
});

describe('verify a backup', () => {
  const written = [started, dumping(1), completed(1), verifying(2)];

  it('proves it when every check was passed', () => {
    given(backupDecider, ...written)
      .when(verify(2, fine))
      .then(verified);
  });

  it.each(['failed', 'not-run'] as const)('fails it when a check is %s', (outcome) => {
    const check: Check = { name: 'restore', outcome, detail: 'no' };
    given(backupDecider, ...written)
      .when(verify(2, fine, check))
      .then({
        type: 'recovery.backup-failed',
        data: {
          backupId,
          taskId,
          phase: 'verify',
          reason: `1 of 2 checks did not pass. restore ${outcome}: no`,
          failedAt: at,
          checks: [fine, check],
        },
      });
  });

  it('fails it when nothing was checked', () => {
    const [failure] = backupDecider.decide(verify(2), written.reduce(backupDecider.evolve, { status: 'none' }));

    expect(failure).toMatchObject({ data: { phase: 'verify', reason: 'Nothing was checked, so nothing is proven.' } });
  });

  it('keeps the reason within what the contract takes', () => {
    const long: Check = { name: 'restore', outcome: 'failed', detail: 'x'.repeat(2_000) };
    const [failure] = backupDecider.decide(verify(2, long), written.reduce(backupDecider.evolve, { status: 'none' }));

    expect(failure?.type === 'recovery.backup-failed' && failure.data.reason.length).toBe(2_000);
  });

  it('does not listen to an attempt that was superseded', () => {
    given(backupDecider, ...written, verifying(3))
      .when(verify(2, fine))
      .thenRefused(AttemptSuperseded);
  });

  it('comes after the dump, and once', () => {
    given(backupDecider, started, dumping(1)).when(verify(1, fine)).thenRefused(BackupElsewhere);
    given(backupDecider, ...written, verified)
      .when(verify(2, fine))
      .thenNothing();
  });
});

describe('fail a backup', () => {
  it('says where and why', () => {
    given(backupDecider, started, dumping(1)).when(fail(1)).then(failed);
  });

  it('does nothing the second time', () => {
    given(backupDecider, started, dumping(1), failed).when(fail(1)).thenNothing();
  });

  it('never takes back a proof, nor speaks for a newer attempt', () => {
    given(backupDecider, started, dumping(1), completed(1), verifying(2), verified)
      .when(fail(2))
      .thenRefused(BackupElsewhere);
    given(backupDecider, started, dumping(1), dumping(2)).when(fail(1)).thenRefused(AttemptSuperseded);
  });
});
