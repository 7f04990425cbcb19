/** The agents on some weeks of both businesses, as they must do in every run of the tests. */
import { beforeAll, describe, expect, it } from '@jest/globals';
import { anyAgent, type AnyAgent } from '#libs/agent-kit';
import { AGENTS } from './agents.ts';
import type { AgentEntry, EvaluatedBusiness } from './evaluated.ts';
import { evaluated } from './evaluated-story.ts';
import { playInMemory } from './in-memory.ts';
import { scoreOf, type Score } from './score.ts';
import { tellStory, type ToldStory } from './story.ts';

/** Most things are planted after three weeks, when there is a habit to differ from. */
const DAYS = 60;
const SEED = 4;
const IDS = AGENTS.map(({ id }) => id);

let stories: readonly ToldStory[] = [];
let played: readonly (readonly AgentEntry[])[] = [];
let businesses: readonly EvaluatedBusiness[] = [];

const scored = (entries: readonly (readonly AgentEntry[])[]): Score =>
  scoreOf(
    businesses.map((business, index) => ({ ...business, entries: entries[index] ?? [] })),
    IDS,
  );

beforeAll(() => {
  stories = (['restaurant', 'retail'] as const).map((name) => tellStory(name, { days: DAYS, seed: SEED }));
  played = stories.map(({ events, settings }) => {
    const { entries, failures } = playInMemory(events, AGENTS, settings);
    expect(failures).toEqual([]);
    return entries;
  });
  businesses = stories.map((story) => evaluated(story, []));
}, 120_000);

describe('The agents', () => {
  it('find what was planted, raise few false alarms, and say nothing twice', () => {
    expect(scored(played).shortcomings).toEqual([]);
  });

  it('have something of every class planted for them', () => {
    const kinds = new Set(stories.flatMap(({ labels }) => labels.map((label) => label.class)));
    expect([...kinds].toSorted()).toEqual(['anomaly', 'situation']);
  });
});

describe('The score notices', () => {
  const withoutDetectors = (agent: AnyAgent): AnyAgent =>
    agent.use((definition) => anyAgent({ ...definition, detectors: [] }));

  it('agents that look for nothing', () => {
    const blind = stories.map(
      ({ events, settings }) => playInMemory(events, AGENTS.map(withoutDetectors), settings).entries,
    );
    expect(scored(blind)).toMatchObject({ recall: 0, byAgent: Object.fromEntries(IDS.map((id) => [id, 0])) });
  });

  it('a detector that always fires', () => {
    const shouting = stories.map(({ events }, index) => [...(played[index] ?? []), ...alarmsOver(events)]);
    const { precision, shortcomings } = scored(shouting);
    expect(precision).toBeLessThan(0.7);
    expect(shortcomings).toContainEqual(expect.stringMatching(/precision of decisions about anomalies/));
  });

  it('decisions that are made twice', () => {
    const doubled = played.map((entries) => entries.flatMap((entry) => [entry, entry]));
    expect(scored(doubled).shortcomings).toContainEqual(expect.stringMatching(/repeat an unchanged situation/));
  });
});

/** An alarm over each transaction. */
function alarmsOver(events: ToldStory['events']): readonly AgentEntry[] {
  return events
    .filter(({ type }) => type === 'steward.accounting.transaction-recorded.v1')
    .map(({ id, subject = '', time = '' }) => ({
      kind: 'decision',
      decision: {
        agentId: 'accounting_agent',
        decisionType: 'transaction_anomaly',
        subjectRef: `transaction:${subject}`,
        atMs: Date.parse(time),
        finding: { key: `always:${id}`, kind: 'occurrence', state: 'seen', change: 'opened' },
        reasoning: '',
      },
    }));
}
