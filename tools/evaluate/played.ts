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

const SHOWN = 3;

/**
 * Says where two ways to play the same stories came to other entries. They should not: agents are pure. What an event is
 * called in a log is that log's own matter.
 */
export function differencesOf(one: Played, other: Played): readonly string[] {
  return [...one.entries].flatMap(([story, entries]) => {
    const [here, there] = [linesOf(entries), linesOf(other.entries.get(story) ?? [])];
    const surplus = without(here, there);
    const missing = without(there, here);
    if (surplus.length + missing.length === 0) return [];
    const some = [
      ...surplus.slice(0, SHOWN).map((line) => `+ ${line}`),
      ...missing.slice(0, SHOWN).map((line) => `- ${line}`),
    ].join('; ');
    return [
      `${story.name}: the service made ${surplus.length} entries that the same agents do not make in memory, and lacks ${missing.length}: ${some}`,
    ];
  });
}

/** What is left of some lines when others are taken away, each once. */
function without(lines: readonly string[], others: readonly string[]): readonly string[] {
  const left = new Map<string, number>();
  for (const line of others) left.set(line, (left.get(line) ?? 0) + 1);
  return lines.filter((line) => {
    const count = left.get(line) ?? 0;
    left.set(line, count - 1);
    return count <= 0;
  });
}

function linesOf(entries: readonly AgentEntry[]): readonly string[] {
  return entries.map((entry) => {
    if (entry.kind === 'clearing') {
      const { agentId, key, atMs } = entry.clearing;
      return `${new Date(atMs).toISOString()} ${agentId} cleared ${key}`;
    }
    const { agentId, decisionType, subjectRef, finding, atMs } = entry.decision;
    return `${new Date(atMs).toISOString()} ${agentId} ${decisionType} ${subjectRef} [${finding.state}, ${finding.change}]`;
  });
}
