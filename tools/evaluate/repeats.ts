import { DAY_MS } from '#libs/kernel';
import type { AgentEntry, EvaluatedDecision } from './evaluated.ts';
import { situationOf } from './matching.ts';

/** What was said more often than there was reason to. */
export type Repeats = Readonly<{
  /** Decided again in the same state, though neither cleared nor changed in between. */
  repeated: readonly EvaluatedDecision[];
  /** Decided again in the same state within a day after it was cleared: no repeat, but it flaps. */
  reopened: readonly EvaluatedDecision[];
}>;

/** Finds them among the entries of one business. */
export function findRepeats(entries: readonly AgentEntry[]): Repeats {
  const states = new Map<string, string>();
  const cleared = new Map<string, Readonly<{ state: string; atMs: number }>>();
  const repeated: EvaluatedDecision[] = [];
  const reopened: EvaluatedDecision[] = [];
  for (const entry of entries) {
    if (entry.kind === 'clearing') {
      const { agentId, key, atMs } = entry.clearing;
      const situation = situationOf(agentId, key);
      const state = states.get(situation);
      if (state !== undefined) cleared.set(situation, { state, atMs });
      states.delete(situation);
      continue;
    }
    const { decision } = entry;
    const { key, state } = decision.finding;
    const situation = situationOf(decision.agentId, key);
    const before = cleared.get(situation);
    if (states.get(situation) === state) repeated.push(decision);
    else if (before?.state === state && decision.atMs - before.atMs < DAY_MS) reopened.push(decision);
    cleared.delete(situation);
    states.set(situation, state);
  }
  return { repeated, reopened };
}
