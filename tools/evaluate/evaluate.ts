import { at } from '../../bench/harness/statistics.ts';
import type { Progress } from '../terminal-bar.ts';
import { AGENTS } from './agents.ts';
import type { AgentEntry } from './evaluated.ts';
import { evaluated } from './evaluated-story.ts';
import { playInMemory } from './in-memory.ts';
import type { Options } from './options.ts';
import { differencesOf, type Played } from './played.ts';
import type { Speeds } from './report.ts';
import { scoreOf, type Score } from './score.ts';
import { tellStory, type ToldStory } from './story.ts';
import { playThroughService } from './through-service.ts';

export type Evaluation = Readonly<{
  score: Score;
  speeds: Speeds;
  /** Looks and assessments that failed, in words; there should be none. */
  failures: readonly string[];
}>;

/** Tells the stories, has the agents look after them, and scores what they decided. */
export async function evaluate(options: Options, onProgress: (progress: Progress) => void): Promise<Evaluation> {
  const stories = options.businesses.map((name) => {
    onProgress({ label: `${name}: `, text: 'simulating' });
    return tellStory(name, options);
  });
  const played = options.inMemory ? playAllInMemory(stories, onProgress) : await playBothWays(stories, onProgress);
  const businesses = stories.map((story) => evaluated(story, played.entries.get(story) ?? []));
  const score = scoreOf(
    businesses,
    AGENTS.map(({ id }) => id),
  );
  return { score, speeds: speedsOf(stories, played), failures: played.failures };
}

/** Through the service, whose decisions must be those that the same agents make in memory. */
async function playBothWays(stories: readonly ToldStory[], onProgress: (progress: Progress) => void): Promise<Played> {
  const played = await playThroughService(stories, onProgress);
  const inMemory = playAllInMemory(stories, onProgress);
  return { ...played, failures: [...played.failures, ...differencesOf(played, inMemory)] };
}

function playAllInMemory(stories: readonly ToldStory[], onProgress: (progress: Progress) => void): Played {
  const startedAt = performance.now();
  const entries = new Map<ToldStory, readonly AgentEntry[]>();
  const runsMs = new Map<string, number[]>();
  const failures: string[] = [];
  for (const story of stories) {
    const played = playInMemory(story.events, AGENTS, story.settings, (share) => {
      onProgress({ label: `${story.name}: `, share, text: `${(share * 100).toFixed(0)} % played` });
    });
    entries.set(story, played.entries);
    for (const [agentId, runs] of played.runsMs) runsMs.set(agentId, [...(runsMs.get(agentId) ?? []), ...runs]);
    failures.push(...played.failures);
  }
  return { entries, runsMs, failures, seconds: (performance.now() - startedAt) / 1_000 };
}

function speedsOf(stories: readonly ToldStory[], { runsMs, seconds }: Played): Speeds {
  const runs = [...runsMs].flatMap(([agentId, times]) => {
    if (times.length === 0) return [];
    const sorted = Float64Array.from(times).sort();
    return [[agentId, { p50Ms: at(sorted, 0.5), p99Ms: at(sorted, 0.99), maxMs: at(sorted, 1) }] as const];
  });
  return {
    seconds,
    events: stories.reduce((sum, { events }) => sum + events.length, 0),
    runs: Object.fromEntries(runs),
  };
}
