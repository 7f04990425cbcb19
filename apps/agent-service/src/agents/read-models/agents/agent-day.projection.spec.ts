import { describe, expect, it } from '@jest/globals';
import { AssessmentCompletedV1, AssessmentFailedV1 } from '#libs/contracts';
import { MemoryTable, recorded } from '../../../recorded-event.contract.ts';
import { agentDayRows } from './agent-day.projection.ts';

describe('what an agent did on a day', () => {
  it('counts its runs, those that failed, and how long they took', async () => {
    const table = await new MemoryTable(agentDayRows).apply(
      recorded('agent.assessment-completed', { ...AssessmentCompletedV1.sample, durationMs: 100 }),
      recorded('agent.assessment-completed', { ...AssessmentCompletedV1.sample, durationMs: 20 }),
      recorded('agent.assessment-failed', { ...AssessmentFailedV1.sample, durationMs: 3 }),
    );

    expect(table.all()).toEqual([
      { agent_id: 'inventory_agent', day: '2026-03-02', assessments: 2, failures: 1, duration_ms: 123 },
    ]);
  });
});
