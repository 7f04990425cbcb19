import type { Label } from '../../simulation/label.ts';

/** A decision of an agent, as far as it is judged. */
export type EvaluatedDecision = Readonly<{
  agentId: string;
  decisionType: string;
  subjectRef: string;
  /** By the business's clock, milliseconds since 1970. */
  atMs: number;
  finding: Readonly<{ key: string; kind: 'situation' | 'occurrence'; state: string; change: 'opened' | 'changed' }>;
  reasoning: string;
}>;

/** A situation is over. */
export type EvaluatedClearing = Readonly<{ agentId: string; key: string; atMs: number }>;

/** What an agent came to, in the order in which it did. */
export type AgentEntry =
  | Readonly<{ kind: 'decision'; decision: EvaluatedDecision }>
  | Readonly<{ kind: 'clearing'; clearing: EvaluatedClearing }>;

/** One business, what was planted in it, and what its agents made of it. */
export type EvaluatedBusiness = Readonly<{
  name: string;
  days: number;
  /** Until when it was told of, milliseconds since 1970; what should be decided later need not be decided yet. */
  endMs: number;
  labels: readonly Label[];
  entries: readonly AgentEntry[];
  /** Whether what a decision says about the business's state was so; see {@link judgedBy}. */
  isTrue: (decision: EvaluatedDecision) => boolean;
}>;
