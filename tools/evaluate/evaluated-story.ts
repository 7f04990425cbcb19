import type { AgentEntry, EvaluatedBusiness } from './evaluated.ts';
import { loggedFact } from './in-memory.ts';
import type { ToldStory } from './story.ts';
import { truthOf } from './truth/truth.ts';

/** A story with what agents made of it, ready to be scored. */
export function evaluated(story: ToldStory, entries: readonly AgentEntry[]): EvaluatedBusiness {
  const { name, days, endMs, labels, settings, events } = story;
  const facts = events.map((event, index) => loggedFact(event, index + 1));
  return { name, days, endMs, labels, entries, isTrue: truthOf(facts, settings) };
}
