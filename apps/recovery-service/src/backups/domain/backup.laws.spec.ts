import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { canonicalJson } from '#libs/event-store';
import { checkDeciderLaws } from '#libs/testing';
import { backupCodec } from '../adapters/backup-codec.ts';
import { backupDecider } from './backup.decider.ts';
import type { BackupCommand } from './backup.ts';

const meta = fc.record({
  at: fc.date({ min: new Date(0), max: new Date(4e12), noInvalidDate: true }),
  by: fc.constantFrom('service:maintenance', 'service:recovery'),
});
const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 100 });
const attempt = fc.oneof({ weight: 3, arbitrary: fc.constant(1) }, fc.integer({ min: 1, max: 4 }));
const checkOf = (...outcomes: ('ok' | 'failed' | 'not-run')[]) =>
  fc.record({
    name: fc.constantFrom('hash chain', 'row counts'),
    outcome: fc.constantFrom(...outcomes),
    detail: fc.string({ unit: 'grapheme', maxLength: 50 }),
  });
const checks = fc.oneof(
  fc.array(checkOf('ok'), { minLength: 1, maxLength: 3 }),
  fc.array(checkOf('ok', 'failed', 'not-run'), { maxLength: 3 }),
);

const commands: fc.Arbitrary<BackupCommand> = fc.oneof(
  fc.record({
    type: fc.constant('request-backup' as const),
    data: fc.record(
      { backupId: fc.constant('backup-1'), taskId: fc.constant('daily-backup:2026-11-22.1'), reason: text },
      { requiredKeys: ['backupId'] },
    ),
    meta,
  }),
  fc.record({ type: fc.constant('begin-attempt' as const), data: fc.constant({}), meta }),
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant('complete-backup' as const),
      data: fc.record({
        attempt,
        sizeBytes: fc.nat(),
        sha256: fc.constantFrom('a'.repeat(64), 'b'.repeat(64)),
        location: text,
        logPositions: fc.array(
          fc.record({ log: fc.constantFrom('agent', 'health'), lane: fc.nat(3), position: fc.nat() }),
          { maxLength: 3 },
        ),
        tableCounts: fc.array(fc.record({ table: fc.constantFrom('agent.events', 'health.alerts'), rows: fc.nat() }), {
          maxLength: 3,
        }),
      }),
      meta,
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant('verify-backup' as const),
      data: fc.record({ attempt, checks, durationMs: fc.nat() }),
      meta,
    }),
  },
  fc.record({
    type: fc.constant('fail-backup' as const),
    data: fc.record({
      attempt,
      phase: fc.constantFrom('dump' as const, 'verify' as const, 'store' as const),
      reason: text,
    }),
    meta,
  }),
);

describe('backups', () => {
  it('obey the laws of deciders, and every event comes back from the log', () => {
    const seen = checkDeciderLaws({
      decider: backupDecider,
      codec: backupCodec,
      commands,
      // Each attempt is another one.
      repeatable: ({ type }) => type === 'begin-attempt',
      canonicalJson,
    });

    expect(seen).toEqual(new Set(backupCodec.types.map(({ type }) => type)));
  });
});
