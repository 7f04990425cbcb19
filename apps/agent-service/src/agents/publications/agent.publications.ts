import {
  AgentPausedV1,
  AgentResumedV1,
  AgentStartedV1,
  AssessmentCompletedV1,
  AssessmentFailedV1,
  DecisionMadeV1,
  OutcomeRecordedV1,
  type EventContract,
} from '#libs/contracts';
import type { Publication } from '#libs/messaging';

/** What agent-service says, by the type in its log. Business events are not repeated: their senders published them. */
const PUBLISHED: Readonly<Record<string, EventContract<object>>> = {
  'agent.agent-started': AgentStartedV1,
  'agent.agent-paused': AgentPausedV1,
  'agent.agent-resumed': AgentResumedV1,
  'agent.assessment-completed': AssessmentCompletedV1,
  'agent.assessment-failed': AssessmentFailedV1,
  'agent.decision-made': DecisionMadeV1,
  'agent.outcome-recorded': OutcomeRecordedV1,
};

/** Tells others about agents, assessments and decisions; parsing leaves out what only the log needs. */
export const agentPublication: Publication = ({ type, data }) => {
  const contract = PUBLISHED[type];
  if (!contract) return undefined;
  const published = contract.data.parse(data);
  const subject = 'subjectRef' in published ? String(published.subjectRef) : undefined;
  return { type: contract.type, data: published, ...(subject === undefined ? {} : { subject }) };
};
