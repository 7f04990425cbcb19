import { describe, expect, it } from '@jest/globals';
import { TaskCompletedV1, TaskFailedV1, TaskSkippedV1, TaskStartedV1 } from '#libs/contracts';
import { position, type RecordedEvent } from '#libs/event-store';
import { categoryOf, correlationId, eventId, streamId, tenantId } from '#libs/kernel';
import { publishTask } from '../../publications/task.publications.ts';
import { taskRunProjection, type TaskRunRow } from './task-run.projection.ts';

const taskId = 'daily-backup:2026-11-22.1';
const key = { tenant: 'demo', task_id: taskId };

function recorded(at: number, type: string, data: object, stream = streamId('task', 'daily-backup:2026-11-22')) {
  const event: RecordedEvent = {
    position: position(at),
    lane: 0,
    slot: 0,
    tenant: tenantId('demo'),
    streamId: stream,
    category: categoryOf(stream),
    streamVersion: at,
    type,
    typeVersion: 1,
    id: eventId('019ab2a0-0000-7a00-8000-000000000001'),
    data: { ...data, taskId },
    metadata: { correlationId: correlationId('c'), actor: 'service:maintenance', occurredAt: '2026-11-22T02:00:00Z' },
    recordedAt: new Date('2026-11-22T02:00:00Z'),
    hash: '',
  };
  return event;
}

const started = recorded(7, 'maintenance.task-started', TaskStartedV1.sample);
const completed = recorded(8, 'maintenance.task-completed', TaskCompletedV1.sample);
const failed = recorded(9, 'maintenance.task-failed', TaskFailedV1.sample);
const skipped = recorded(3, 'maintenance.task-skipped', TaskSkippedV1.sample);

const fold = (...events: readonly RecordedEvent[]): TaskRunRow | undefined =>
  events.reduce<TaskRunRow | undefined>((row, event) => taskRunProjection.evolve(row, event, key) ?? row, undefined);

describe('the row of a run', () => {
  it('begins when the task does, at the place of that event', () => {
    expect(taskRunProjection.keysOf(started)).toEqual([key]);
    expect(fold(started)).toEqual({
      ...key,
      task: 'daily-backup',
      period: '2026-11-22',
      attempt: 1,
      trigger: 'schedule',
      status: 'running',
      started_at: '2026-11-22T02:00:00Z',
      ended_at: null,
      detail: null,
      position: 7,
    });
  });

  it('says what came of it', () => {
    expect(fold(started, completed)).toMatchObject({
      status: 'completed',
      ended_at: '2026-11-22T02:00:21Z',
      detail: 'backupId 019ab2a0-1000-7a00-8000-000000000006, sizeBytes 4194304',
      position: 7,
    });
  });

  it('says why it failed, and forgets that when it was completed after all', () => {
    expect(fold(started, failed)).toMatchObject({ status: 'failed', detail: TaskFailedV1.sample.reason });
    expect(fold(started, failed, completed)).toEqual(fold(started, completed));
  });

  it('is there for a period that was skipped', () => {
    expect(fold(skipped)).toMatchObject({ status: 'skipped', detail: TaskSkippedV1.sample.reason, position: 3 });
  });

  it('handles every event that it reads', () => {
    const types = [started, completed, failed, skipped].map(({ type }) => type);

    expect([...taskRunProjection.handles].sort()).toEqual(types.sort());
  });
});

describe('the publication of tasks', () => {
  it.each([
    [started, TaskStartedV1],
    [completed, TaskCompletedV1],
    [failed, TaskFailedV1],
    [skipped, TaskSkippedV1],
  ])('tells of each event under its contract: %#', (event, contract) => {
    const published = publishTask(event);

    expect(published).toEqual({ type: contract.type, data: { ...contract.sample, taskId }, subject: `task:${taskId}` });
    expect(contract.data.safeParse(published?.data).success).toBe(true);
  });

  it('tells nothing of other streams', () => {
    expect(publishTask(recorded(1, 'maintenance.other', {}, streamId('other', '1')))).toBeUndefined();
  });

  it('stops at an event of a version it does not know instead of leaving it out', () => {
    expect(() => publishTask({ ...started, typeVersion: 2 })).toThrow('maintenance.task-started version 2');
  });
});
