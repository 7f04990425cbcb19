import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { canonicalJson } from '#libs/event-store';
import { checkDeciderLaws } from '#libs/testing';
import { taskEventCodec } from '../adapters/task-event.codec.ts';
import { maintenanceTaskDecider, type MaintenanceTaskCommand } from './maintenance-task.decider.ts';
import { taskIdOf, type TaskKey } from './task-ids.ts';

const KEY: TaskKey = { task: 'daily-backup', period: '2026-11-22', run: 1 };

const NOON_MS = Date.parse('2026-11-22T12:00:00Z');
const instant = fc.integer({ min: 0, max: 7_200 }).map((seconds) => new Date(NOON_MS + seconds * 1_000));
const meta = fc.record({ at: instant, by: fc.constantFrom('service:maintenance', 'user:operator') });
const attempt = fc.record({
  key: fc.constant(KEY),
  taskId: fc.integer({ min: 1, max: 4 }).map((number) => taskIdOf(KEY, number)),
});
const check = fc.record({
  name: fc.constantFrom('hash chain', 'row counts'),
  outcome: fc.constantFrom('ok' as const, 'ok' as const, 'failed' as const),
  detail: fc.string({ unit: 'grapheme', maxLength: 50 }),
});
const time = instant.map((at) => at.toISOString());

const commands: fc.Arbitrary<MaintenanceTaskCommand> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant('start-task' as const),
      data: fc.oneof(
        fc.record({ key: fc.constant(KEY), trigger: fc.constant('request' as const) }),
        fc.record({
          key: fc.constant(KEY),
          trigger: fc.constant('schedule' as const),
          retry: fc.constant({ retryAfterMs: 600_000, maximumAttempts: 3 }),
        }),
      ),
      meta,
    }),
  },
  fc.record({
    type: fc.constant('record-verification' as const),
    data: fc
      .tuple(attempt, time, fc.nat(), fc.array(check, { maxLength: 3 }))
      .map(([ref, verifiedAt, durationMs, checks]) => ({
        ...ref,
        backup: { backupId: 'backup-1', verifiedAt, durationMs, checks },
      })),
    meta,
  }),
  fc.record({
    type: fc.constant('record-failure' as const),
    data: fc.tuple(attempt, time, fc.string({ unit: 'grapheme', minLength: 1 })).map(([ref, failedAt, reason]) => ({
      ...ref,
      backup: { backupId: 'backup-1', phase: 'dump' as const, reason, failedAt },
    })),
    meta,
  }),
  fc.record({
    type: fc.constant('time-out-task' as const),
    data: attempt.map((ref) => ({ ...ref, timeoutMs: 1_800_000 })),
    meta,
  }),
  fc.record({
    type: fc.constant('skip-task' as const),
    data: fc.record({ key: fc.constant(KEY), reason: fc.string({ unit: 'grapheme', minLength: 1 }) }),
    meta,
  }),
);

describe('maintenance tasks', () => {
  it('obey the laws of deciders, and every event comes back from the log', () => {
    const seen = checkDeciderLaws({
      decider: maintenanceTaskDecider,
      codec: taskEventCodec,
      commands,
      canonicalJson,
    });

    expect(seen).toEqual(new Set(taskEventCodec.types.map(({ type }) => type)));
  });
});
