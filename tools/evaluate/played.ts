import type { AgentEntry } from './evaluated.ts';
import type { ToldStory } from './story.ts';

/** What agents came to, however they were made to work. */
export type Played = Readonly<{
  entries: ReadonlyMap<ToldStory, readonly AgentEntry[]>;
  /** How long each run of an agent took. */
  runsMs: ReadonlyMap<string, readonly number[]>;
  /** From the first event to the last assessment. */
  seconds: number;
  failures: readonly string[];
}>;

/** Says where two ways to play the same stories came to other entries. They should not: agents are pure. */
export function differencesOf(one: Played, other: Played): readonly string[] {
  return [...one.entries].flatMap(([story, entries]) => {
    const [here, there] = [linesOf(entries), linesOf(other.entries.get(story) ?? [])];
    const only = (lines: ReadonlySet<string>, others: ReadonlySet<string>): readonly string[] =>
      [...lines].filter((line) => !others.has(line));
    const [surplus, missing] = [only(here, there), only(there, here)];
    if (surplus.length + missing.length === 0) return [];
    const some = [...surplus.slice(0, 3).map((line) => `+ ${line}`), ...missing.slice(0, 3).map((line) => `- ${line}`)];
    return [
      `${story.name}: the service made ${surplus.length} entries that the same agents do not make in memory, and lacks ${missing.length}: ${some.join('; ')}`,
    ];
  });
}

function linesOf(entries: readonly AgentEntry[]): ReadonlySet<string> {
  return new Set(
    entries.map((entry) => {
      if (entry.kind === 'clearing') {
        const { agentId, key, atMs } = entry.clearing;
        return `${new Date(atMs).toISOString()} ${agentId} cleared ${key}`;
      }
      const { agentId, decisionType, finding, atMs } = entry.decision;
      return `${new Date(atMs).toISOString()} ${agentId} ${decisionType} ${finding.key} [${finding.state}]`;
    }),
  );
}
