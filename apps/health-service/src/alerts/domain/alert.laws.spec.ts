import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { canonicalJson } from '#libs/event-store';
import { checkDeciderLaws } from '#libs/testing';
import { alertCodec, alertSnapshots } from '../adapters/alert.codec.ts';
import { alertDecider, type AlertCommand } from './alert.decider.ts';
import { alertIdOf } from './alert.ts';

const FINGERPRINT = '5b1f0c9d2e7a4f38';

const meta = fc.record({
  at: fc.date({ min: new Date(0), max: new Date(4e12), noInvalidDate: true }),
  by: fc.constantFrom('user:operator', 'service:health'),
});
const text = (maxLength: number) => fc.string({ unit: 'grapheme', minLength: 1, maxLength });
const instant = fc.constantFrom('2026-11-22T09:35:02Z', '2026-11-22T09:35:02.123Z');

const commands: fc.Arbitrary<AlertCommand> = fc.oneof(
  fc.record({
    type: fc.constant('raise-alert' as const),
    data: fc.record(
      {
        name: fc.constantFrom('agent-unhealthy', 'component unhealthy'),
        severity: fc.constantFrom('critical' as const, 'warning' as const, 'info' as const),
        fingerprint: fc.constant(FINGERPRINT),
        summary: text(100),
        description: text(100),
        labels: fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), fc.string({ unit: 'grapheme', maxLength: 20 }), {
          noNullPrototype: true,
        }),
        runbook: text(50),
        startsAt: instant,
      },
      { requiredKeys: ['name', 'severity', 'fingerprint', 'summary', 'description', 'labels', 'startsAt'] },
    ),
    meta,
  }),
  fc.record({
    type: fc.constant('acknowledge-alert' as const),
    data: fc.tuple(fc.integer({ min: 1, max: 4 }), fc.option(text(50))).map(([episode, note]) => ({
      alertId: alertIdOf(FINGERPRINT, episode),
      episode,
      note,
    })),
    meta,
  }),
  fc.record({ type: fc.constant('resolve-alert' as const), data: fc.record({ resolution: text(50) }), meta }),
);

describe('alerts', () => {
  it('obey the laws of deciders, and every event and state comes back from the log', () => {
    const seen = checkDeciderLaws({
      decider: alertDecider,
      codec: alertCodec,
      states: alertSnapshots.schema,
      commands,
      canonicalJson,
    });

    expect(seen).toEqual(new Set(alertCodec.types.map(({ type }) => type)));
  });
});
