import { describe, expect, it } from '@jest/globals';
import { AgentStartedV1, AssessmentCompletedV1, AssessmentFailedV1, DecisionMadeV1 } from '#libs/contracts';
import type { RecordedEvent } from '#libs/event-store';
import { MemoryTable, recorded } from '../../../recorded-event.contract.ts';
import { agentRows } from './agent.projection.ts';

const at = '2026-03-02T10:00:00.000Z';
const RECORDED_AT = '2026-03-02T09:00:01.000Z';
const turned = (what: 'started' | 'paused' | 'resumed', occurredAt = at) =>
  recorded(`agent.agent-${what}`, AgentStartedV1.sample, { occurredAt });
const assessed = recorded('agent.assessment-completed', AssessmentCompletedV1.sample);
const failed = (consecutiveFailures: number) =>
  recorded('agent.assessment-failed', { ...AssessmentFailedV1.sample, consecutiveFailures });
const decided = recorded('agent.decision-made', { ...DecisionMadeV1.sample, evidencePositions: [1] });

const row = async (...events: RecordedEvent[]) => (await new MemoryTable(agentRows).apply(...events)).all()[0];

describe('the list of agents', () => {
  it('shows one that was started as running', async () => {
    expect(await row(turned('started'))).toEqual({
      agent_id: 'inventory_agent',
      status: 'running',
      since: at,
      last_assessment_at: null,
      assessments: 0,
      decisions: 0,
      last_decision_at: null,
      consecutive_failures: 0,
    });
  });

  it('counts assessments and decisions', async () => {
    expect(await row(turned('started'), decided, decided, assessed, assessed, assessed)).toMatchObject({
      assessments: 3,
      decisions: 2,
      last_assessment_at: RECORDED_AT,
      last_decision_at: RECORDED_AT,
    });
  });

  it('shows one that fails as failing since the first failure, and as running after the next success', async () => {
    const events = [turned('started'), failed(1), failed(2)];
    expect(await row(...events)).toMatchObject({ status: 'failing', since: RECORDED_AT, consecutive_failures: 2 });
    expect(await row(...events, assessed)).toMatchObject({ status: 'running', consecutive_failures: 0 });
  });

  it('shows one that is paused as paused, whatever starts or fails, until it is resumed', async () => {
    const later = '2026-03-02T11:00:00.000Z';
    const events = [turned('started'), turned('paused', later), failed(1), turned('started')];
    expect(await row(...events)).toMatchObject({ status: 'paused', since: later });
    expect(await row(...events, turned('resumed'))).toMatchObject({ status: 'running', since: at });
  });
});
