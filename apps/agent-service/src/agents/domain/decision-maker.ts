import type { DecisionMade } from '#libs/contracts';
import type { AgentDefinition, Finding, Judgement } from './agent-definition.ts';

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
  decide<Facts>(agent: AgentDefinition<Facts>, finding: Finding<Facts>, signal: AbortSignal): Promise<MadeDecision>;
}

/** Decides by the agent's rules alone. */
export const rulesOnly: DecisionMaker = {
  preferred: 'rules',
  decide: (agent, finding) => Promise.resolve({ judgement: agent.rules(finding), decidedBy: 'rules' }),
};
