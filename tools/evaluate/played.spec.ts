import { describe, expect, it } from '@jest/globals';
import { DEFAULT_BUSINESS_SETTINGS } from '#libs/business-settings';
import type { AgentEntry } from './evaluated.ts';
import { differencesOf, type Played } from './played.ts';
import type { ToldStory } from './story.ts';

const STORY: ToldStory = {
  name: 'retail',
  settings: DEFAULT_BUSINESS_SETTINGS,
  days: 1,
  endMs: 0,
  events: [],
  labels: [],
};

function decided(state: string, key = 'low-cash:cash'): AgentEntry {
  return {
    kind: 'decision',
    decision: {
      agentId: 'accounting_agent',
      decisionType: 'low_cash_alert',
      subjectRef: 'cash',
      atMs: 0,
      finding: { key, kind: 'situation', state, change: 'opened' },
      reasoning: '',
    },
  };
}

const played = (...entries: AgentEntry[]): Played => ({
  entries: new Map([[STORY, entries]]),
  runsMs: new Map(),
  seconds: 1,
  failures: [],
});

describe('Two ways to play a story', () => {
  it('are alike when they came to the same, whatever events are called in their logs', () => {
    expect(differencesOf(played(decided('low', 'a:1')), played(decided('low', 'a:2')))).toEqual([]);
  });

  it.each([
    ['another state', [decided('low')], [decided('critical')]],
    ['one more', [decided('low'), decided('low')], [decided('low')]],
    ['one less', [], [decided('low')]],
  ])('differ by %s', (_, one, other) => {
    expect(differencesOf(played(...one), played(...other))).toEqual([expect.stringMatching(/^retail: /)]);
  });
});
