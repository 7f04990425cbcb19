import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { canonicalJson } from '#libs/event-store';
import { checkDeciderLaws } from '#libs/testing';
import { componentHealthCodec, componentHealthSnapshots } from '../adapters/component-health.codec.ts';
import { componentHealthDecider, type ComponentHealthCommand } from './component-health.decider.ts';
import type { Subject } from './component-health.ts';

const AGENT: Subject = { kind: 'agent', name: 'inventory_agent' };
const SERVICE: Subject = { kind: 'service', name: 'recovery-service' };

const meta = fc.record({
  at: fc.date({ min: new Date(0), max: new Date(4e12), noInvalidDate: true }),
  by: fc.constantFrom('user:operator', 'service:health'),
});
const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 100 });
const heartbeatsOf = (subject: Subject) =>
  fc.record({
    type: fc.constant('judge-heartbeats' as const),
    data: fc.record({
      subject: fc.constant(subject),
      verdict: fc.constantFrom(
        'silent' as const,
        'running' as const,
        'paused' as const,
        'failing' as const,
        'unclear' as const,
      ),
      lastSeenAt: fc.constant('2026-11-22T09:29:15.000Z'),
      said: fc.option(text),
      silentAfterMs: fc.constant(10_000),
    }),
    meta,
  });

/** Assessments and turns are those of agents; a stream is one subject's. */
const commandsOf = (subject: Subject): fc.Arbitrary<ComponentHealthCommand> => {
  if (subject.kind === 'service') return heartbeatsOf(subject);
  const data = fc.record({ subject: fc.constant(subject) });
  return fc.oneof(
    { weight: 3, arbitrary: heartbeatsOf(subject) },
    fc.record({
      type: fc.constant('note-failed-assessment' as const),
      data: fc.record({
        subject: fc.constant(subject),
        reason: text,
        consecutiveFailures: fc.integer({ min: 1, max: 5 }),
        failuresUntilUnhealthy: fc.constant(3),
      }),
      meta,
    }),
    fc.record({
      type: fc.constantFrom('note-completed-assessment' as const, 'note-start' as const, 'note-resume' as const),
      data,
      meta,
    }),
    fc.record({
      type: fc.constant('note-pause' as const),
      data: fc.record({ subject: fc.constant(subject), reason: fc.option(text) }),
      meta,
    }),
  );
};

describe('the health of agents and services', () => {
  it('obeys the laws of deciders, and every event comes back from the log', () => {
    const seen = [AGENT, SERVICE].flatMap((subject) => [
      ...checkDeciderLaws({
        decider: componentHealthDecider,
        codec: componentHealthCodec,
        states: componentHealthSnapshots.schema,
        commands: commandsOf(subject),
        // The first heartbeat makes a subject known, and the next one may judge it.
        saysAtMost: 2,
        canonicalJson,
      }),
    ]);

    expect(new Set(seen)).toEqual(new Set(componentHealthCodec.types.map(({ type }) => type)));
  });
});
