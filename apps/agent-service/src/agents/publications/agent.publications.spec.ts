import { describe, expect, it } from '@jest/globals';
import {
  AgentPausedV1,
  AgentResumedV1,
  AgentStartedV1,
  AssessmentCompletedV1,
  AssessmentFailedV1,
  DecisionMadeV1,
} from '#libs/contracts';
import { recorded } from '../../recorded-event.contract.ts';
import { agentPublication } from './agent.publications.ts';

describe('what agent-service tells others', () => {
  it.each(
    [AgentStartedV1, AgentPausedV1, AgentResumedV1, AssessmentCompletedV1, AssessmentFailedV1].map((contract) => ({
      type: contract.type,
      contract,
    })),
  )('$type', ({ type, contract }) => {
    const event = recorded(`agent.${contract.event}`, contract.sample);
    expect(agentPublication(event)).toEqual({ type, data: contract.sample });
  });

  it('a decision under its subject, without what only the log needs', () => {
    const event = recorded('agent.decision-made', { ...DecisionMadeV1.sample, evidencePositions: [1, 2] });
    expect(agentPublication(event)).toEqual({
      type: DecisionMadeV1.type,
      data: DecisionMadeV1.sample,
      subject: 'item:VEG001',
    });
  });

  it.each(['agent.finding-cleared', 'inventory.stock-moved', 'sales.order-completed'])('nothing of %s', (type) => {
    expect(agentPublication(recorded(type, {}))).toBeUndefined();
  });
});
