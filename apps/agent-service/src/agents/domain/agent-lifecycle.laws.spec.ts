import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { canonicalJson } from '#libs/event-store';
import { checkDeciderLaws } from '#libs/testing';
import { agentLifecycleCodec, agentLifecycleSnapshots } from '../adapters/agent-lifecycle.codec.ts';
import { agentLifecycleDecider, type AgentLifecycleCommand } from './agent-lifecycle.ts';

const commands: fc.Arbitrary<AgentLifecycleCommand> = fc.record({
  type: fc.constantFrom('StartAgent', 'PauseAgent', 'ResumeAgent'),
  data: fc.record(
    { agentId: fc.constant('inventory_agent'), reason: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 100 }) },
    { requiredKeys: ['agentId'] },
  ),
  meta: fc.record({
    at: fc.date({ min: new Date(0), max: new Date(4e12), noInvalidDate: true }),
    by: fc.constantFrom('user:owner', 'key:ops'),
  }),
});

describe('the lifecycle of agents', () => {
  it('obeys the laws of deciders, and every event comes back from the log', () => {
    const seen = checkDeciderLaws({
      decider: agentLifecycleDecider,
      codec: agentLifecycleCodec,
      states: agentLifecycleSnapshots.schema,
      commands,
      // Each start of a process is told.
      repeatable: ({ type }) => type === 'StartAgent',
      canonicalJson,
    });

    expect(seen).toEqual(new Set(agentLifecycleCodec.types.map(({ type }) => type)));
  });
});
