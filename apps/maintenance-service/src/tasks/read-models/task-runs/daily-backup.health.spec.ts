import { describe, expect, it } from '@jest/globals';
import type { TaskItem, TaskStatus } from '#libs/contracts';
import { healthOfPeriod } from './daily-backup.health.ts';

const due = { period: '2026-11-22', dueAt: new Date('2026-11-22T02:30:00Z') };
const run = (status: TaskStatus, attempt = 1): TaskItem => ({
  taskId: `daily-backup:2026-11-22.${attempt}`,
  task: 'daily-backup',
  period: '2026-11-22',
  status,
  attempt,
  trigger: 'schedule',
  startedAt: '2026-11-22T02:30:00Z',
  endedAt: null,
  detail: status === 'failed' ? 'disk full' : null,
});
const health = (runs: readonly TaskItem[], at = '02:30:00', isScheduled = true) =>
  healthOfPeriod(due, runs, { now: new Date(`2026-11-22T${at}Z`), isScheduled });

describe('the health of the daily backup', () => {
  it.each<readonly [string, readonly TaskItem[]]>([
    ['runs', [run('running')]],
    ['is completed', [run('completed')]],
    ['was completed after a failure', [run('failed'), run('completed', 2)]],
    ['was completed before a repetition failed', [run('completed'), run('failed', 2)]],
    ['was skipped', [run('skipped')]],
  ])('is good when it %s', (_, runs) => {
    expect(health(runs).status).toBe('healthy');
  });

  it('is degraded when it failed, and stays so while it is tried again', () => {
    const expected = { status: 'degraded', error: 'disk full', taskId: 'daily-backup:2026-11-22.1' };

    expect(health([run('failed')])).toMatchObject(expected);
    expect(health([run('failed'), run('running', 2)])).toMatchObject(expected);
  });

  it('is degraded when nobody started it', () => {
    expect(health([], '02:32:00').status).toBe('healthy');
    expect(health([], '02:32:01')).toMatchObject({ status: 'degraded', period: '2026-11-22' });
    expect(health([], '12:00:00', false)).toEqual({ status: 'healthy', period: '2026-11-22', task: 'off' });
  });
});
