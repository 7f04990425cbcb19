import type { DecisionMade } from '#libs/contracts';
import type { Finding, Judgement } from '#libs/agent-kit';

/** A finding that somebody must judge. */
export type FindingToJudge = Readonly<{
  agentId: string;
  finding: Finding;
  /** It is about a time long gone: history that was loaded. No model is paid for it. */
  isPast: boolean;
}>;

/** A judgement and by whom. */
export type MadeDecision = Readonly<{
  judgement: Judgement;
  decidedBy: DecisionMade['decidedBy'];
  /** Why the rules decided although a model is preferred. */
  fallbackReason?: string;
  model?: NonNullable<DecisionMade['model']>;
}>;

/** Port: judges a finding with a model or by rules. Rejects only when it is aborted, since rules can always decide. */
export interface DecisionMaker {
  /** Who would decide now. */
  readonly preferred: DecisionMade['decidedBy'];
  decide(toJudge: FindingToJudge, signal: AbortSignal): Promise<MadeDecision>;
}

/** Decides by the rules of the agent alone. */
export const rulesOnly: DecisionMaker = {
  preferred: 'rules',
  decide: ({ finding }) => Promise.resolve({ judgement: finding.byRules(), decidedBy: 'rules' }),
};
