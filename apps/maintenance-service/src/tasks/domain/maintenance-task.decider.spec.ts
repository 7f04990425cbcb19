import { describe, expect, it } from '@jest/globals';
import { BackupFailedV1, BackupVerifiedV1, type Check } from '#libs/contracts';
import { given } from '#libs/testing';
import type { RecordFailure, RecordVerification, SkipTask, TimeOutTask } from './end-task.ts';
import { maintenanceTaskDecider } from './maintenance-task.decider.ts';
import { TaskAlreadyDone, TaskAlreadyRunning } from './maintenance-task.errors.ts';
import type { MaintenanceTaskEvent } from './maintenance-task.ts';
import type { StartTask } from './start-task.ts';
import { taskIdOf, taskKeyOf, type TaskKey } from './task-ids.ts';

const key: TaskKey = { task: 'daily-backup', period: '2026-11-22', run: 1 };
const first = 'daily-backup:2026-11-22.1';
const second = 'daily-backup:2026-11-22.2';
const retry = { retryAfterMs: 600_000, maximumAttempts: 3 };

const meta = (at: string, by = 'service:maintenance') => ({ at: new Date(`2026-11-22T${at}Z`), by });
const onSchedule = (at: string): StartTask => ({
  type: 'start-task',
  data: { key, trigger: 'schedule', retry },
  meta: meta(at),
});
const onRequest = (at: string): StartTask => ({
  type: 'start-task',
  data: { key, trigger: 'request' },
  meta: meta(at, 'key:boss'),
});
const verified = (checks: readonly Check[], taskId = first): RecordVerification => ({
  type: 'record-verification',
  data: {
    key,
    taskId,
    backup: { ...BackupVerifiedV1.sample, taskId, verifiedAt: '2026-11-22T02:31:00Z', checks: [...checks] },
  },
  meta: meta('02:31:01'),
});
const backupFailed = (taskId = first): RecordFailure => ({
  type: 'record-failure',
  data: { key, taskId, backup: { ...BackupFailedV1.sample, taskId, failedAt: '2026-11-22T02:31:00Z', reason: 'full' } },
  meta: meta('02:31:01'),
});
const timeOut = (at: string, taskId = first): TimeOutTask => ({
  type: 'time-out-task',
  data: { key, taskId, timeoutMs: 3_600_000 },
  meta: meta(at),
});
const skip: SkipTask = { type: 'skip-task', data: { key, reason: 'Nothing ran.' }, meta: meta('12:00:00') };

const ok: Check = { name: 'hash chain', outcome: 'ok', detail: '' };
const bad: Check = { name: 'row counts', outcome: 'failed', detail: '7 rows, wanted 8' };
const notRun: Check = { name: 'heads', outcome: 'not-run', detail: '' };

const started = (attempt = 1, at = '02:30:00.000'): MaintenanceTaskEvent => ({
  type: 'maintenance.task-started',
  data: {
    taskId: taskIdOf(key, attempt),
    task: 'daily-backup',
    period: '2026-11-22',
    attempt,
    trigger: 'schedule',
    requestedBy: 'service:maintenance',
    startedAt: `2026-11-22T${at}Z`,
  },
});
const completed = (taskId = first): MaintenanceTaskEvent => ({
  type: 'maintenance.task-completed',
  data: {
    taskId,
    task: 'daily-backup',
    period: '2026-11-22',
    startedAt: '2026-11-22T02:30:00.000Z',
    completedAt: '2026-11-22T02:31:00Z',
    durationMs: 60_000,
    result: { backupId: BackupVerifiedV1.sample.backupId, checks: 2, verificationMs: 8_000 },
  },
});
const failed = (
  reason = 'The backup failed in phase store: full',
  { taskId = first, failedAt = '2026-11-22T02:31:00Z', retryable = true } = {},
): MaintenanceTaskEvent => ({
  type: 'maintenance.task-failed',
  data: { taskId, task: 'daily-backup', period: '2026-11-22', failedAt, reason, retryable },
});
const skipped: MaintenanceTaskEvent = {
  type: 'maintenance.task-skipped',
  data: {
    taskId: first,
    task: 'daily-backup',
    period: '2026-11-22',
    reason: 'Nothing ran.',
    at: '2026-11-22T12:00:00.000Z',
  },
};

describe('start a task on schedule', () => {
  it('starts what was never tried', () => {
    given(maintenanceTaskDecider).when(onSchedule('02:30:00')).then(started());
  });

  it.each([
    ['runs', [started()]],
    ['is completed', [started(), completed()]],
    ['was skipped', [skipped]],
    ['failed a moment ago', [started(), failed()]],
  ])('leaves what %s', (_, history) => {
    given(maintenanceTaskDecider, ...history)
      .when(onSchedule('02:40:59'))
      .thenNothing();
  });

  it('starts again what failed, exactly when its pause is over', () => {
    given(maintenanceTaskDecider, started(), failed()).when(onSchedule('02:41:00')).then(started(2, '02:41:00.000'));
  });

  it('leaves what failed for good, however late it is', () => {
    given(maintenanceTaskDecider, started(), failed('no', { retryable: false }))
      .when(onSchedule('12:00:00'))
      .thenNothing();
  });

  it('gives up after the last attempt', () => {
    const history = [1, 2, 3].flatMap((attempt) => [
      started(attempt),
      failed('no', { taskId: taskIdOf(key, attempt) }),
    ]);

    given(maintenanceTaskDecider, ...history.slice(0, 4))
      .when(onSchedule('12:00:00'))
      .then(started(3, '12:00:00.000'));
    given(maintenanceTaskDecider, ...history)
      .when(onSchedule('12:00:00'))
      .thenNothing();
  });

  it('counts what an earlier attempt has proven, although the later one failed', () => {
    const history = [started(), failed(), started(2), completed(), failed('no', { taskId: second })];

    given(maintenanceTaskDecider, ...history)
      .when(onSchedule('12:00:00'))
      .thenNothing();
  });
});

describe('start a task on request', () => {
  it('starts what was never tried, in the name of who asked', () => {
    given(maintenanceTaskDecider)
      .when(onRequest('02:30:00'))
      .then({
        type: 'maintenance.task-started',
        data: { ...started().data, trigger: 'request', requestedBy: 'key:boss' },
      } as MaintenanceTaskEvent);
  });

  it('refuses while it runs, and names what runs', () => {
    const refusal = given(maintenanceTaskDecider, started(), failed(), started(2))
      .when(onRequest('03:00:00'))
      .thenRefused(TaskAlreadyRunning);

    expect(refusal.taskId).toBe(second);
  });

  it.each([
    ['completed', [started(), completed()]],
    ['skipped', [skipped]],
  ])('refuses to repeat in the same stream what is %s', (_, history) => {
    given(maintenanceTaskDecider, ...history)
      .when(onRequest('03:00:00'))
      .thenRefused(TaskAlreadyDone);
  });

  it('starts again what failed, without a pause and however often', () => {
    const history = [1, 2, 3].flatMap((attempt) => [
      started(attempt),
      failed('no', { taskId: taskIdOf(key, attempt) }),
    ]);

    expect(() => {
      given(maintenanceTaskDecider, ...history)
        .when(onRequest('02:31:01'))
        .thenNothing();
    }).toThrow(/daily-backup:2026-11-22\.4/);
  });
});

describe('record a verification', () => {
  it('completes the task when every check passed', () => {
    given(maintenanceTaskDecider, started())
      .when(verified([ok, ok]))
      .then(completed());
  });

  it.each([
    ['a check failed', [ok, bad], '1 of 2 checks did not pass (row counts).'],
    ['a check was not run', [ok, notRun, bad], '2 of 3 checks did not pass (heads, row counts).'],
    ['nothing was checked', [], 'nothing of it was checked.'],
  ])('fails the task when %s', (_, checks, reason) => {
    given(maintenanceTaskDecider, started())
      .when(verified(checks))
      .then(failed(`The backup was not verified: ${reason}`));
  });

  it('does nothing the second time, and nothing for a task of another log', () => {
    given(maintenanceTaskDecider, started(), completed())
      .when(verified([ok]))
      .thenNothing();
    given(maintenanceTaskDecider, started())
      .when(verified([ok], second))
      .thenNothing();
    given(maintenanceTaskDecider)
      .when(verified([ok]))
      .thenNothing();
  });

  it('completes a task that was given up before: the backup exists', () => {
    given(maintenanceTaskDecider, started(), failed('late'))
      .when(verified([ok, ok]))
      .then(completed());
  });

  it('completes an earlier attempt while a later one runs, which stays at work', () => {
    const history = [started(), failed('late'), started(2)];

    given(maintenanceTaskDecider, ...history)
      .when(verified([ok, ok]))
      .then(completed());
    given(maintenanceTaskDecider, ...history, completed())
      .when(onRequest('04:00:00'))
      .thenRefused(TaskAlreadyRunning);
  });

  it('takes no negative time when clocks differ', () => {
    given(maintenanceTaskDecider, started(1, '02:31:30.000'))
      .when(verified([ok, ok]))
      .then({
        type: 'maintenance.task-completed',
        data: { ...completed().data, startedAt: '2026-11-22T02:31:30.000Z', durationMs: 0 },
      } as MaintenanceTaskEvent);
  });
});

describe('record a failure', () => {
  it('fails the attempt, which may be tried again', () => {
    given(maintenanceTaskDecider, started()).when(backupFailed()).then(failed());
  });

  it.each([
    ['completed', [started(), completed()]],
    ['given up', [started(), failed('late')]],
    ['unknown', [started(2)]],
  ])('says nothing new of an attempt that is %s', (_, history) => {
    given(maintenanceTaskDecider, ...history)
      .when(backupFailed())
      .thenNothing();
  });

  it('cuts a reason that is too long to publish', () => {
    const long = {
      ...backupFailed(),
      data: { ...backupFailed().data, backup: { ...BackupFailedV1.sample, reason: 'x'.repeat(2_000) } },
    };
    const [event] = maintenanceTaskDecider.decide(long, maintenanceTaskDecider.evolve({ status: 'none' }, started()));

    expect(event?.type === 'maintenance.task-failed' && event.data.reason).toHaveLength(2_000);
  });
});

describe('give up a task', () => {
  const reason = 'No answer came within 3600 s. Look whether recovery-service runs.';

  it('fails it when its time is over', () => {
    given(maintenanceTaskDecider, started())
      .when(timeOut('03:30:00'))
      .then(failed(reason, { failedAt: '2026-11-22T03:30:00.000Z' }));
  });

  it('leaves it before, and when it has ended', () => {
    given(maintenanceTaskDecider, started()).when(timeOut('03:29:59')).thenNothing();
    given(maintenanceTaskDecider, started(), completed()).when(timeOut('12:00:00')).thenNothing();
    given(maintenanceTaskDecider, started(), failed()).when(timeOut('12:00:00')).thenNothing();
  });
});

describe('skip a task', () => {
  it('says so once', () => {
    given(maintenanceTaskDecider).when(skip).then(skipped);
    given(maintenanceTaskDecider, skipped).when(skip).thenNothing();
  });

  it('leaves what was begun', () => {
    given(maintenanceTaskDecider, started()).when(skip).thenNothing();
  });
});

describe('ids of tasks', () => {
  it.each([1, 2, 17])('lead back to the stream of run %i', (run) => {
    expect(taskKeyOf(taskIdOf({ ...key, run }, 3))).toEqual({ ...key, run });
  });

  it('are unlike for every run and attempt', () => {
    const ids = [1, 2, 12].flatMap((run) => [1, 2, 12].map((attempt) => taskIdOf({ ...key, run }, attempt)));

    expect(new Set(ids).size).toBe(9);
  });

  it.each(['', 'daily-backup', 'daily-backup:2026-11-22', '019ab2a0-0000-7a00-8000-000000000005', 'x:2026-11-22:0.1'])(
    'of others, such as %p, lead nowhere',
    (id) => {
      expect(taskKeyOf(id)).toBeUndefined();
    },
  );
});
