import { describe, expect, it } from '@jest/globals';
import { DecisionMadeV1 } from '#libs/contracts';
import { MemoryTable, recorded } from '../../../recorded-event.contract.ts';
import { decisionRows } from './decision.projection.ts';

const { sample } = DecisionMadeV1;
const made = { ...sample, evidencePositions: [3, 5] };
const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736';

describe('the list of decisions', () => {
  it('shows what was decided, with its place in the log, its trace and what led to it', async () => {
    const place = { at: 9, correlation: 'evening', traceparent: `00-${TRACE_ID}-00f067aa0ba902b7-01` };
    const table = await new MemoryTable(decisionRows).apply(recorded('agent.decision-made', made, place));

    expect(table.all()).toEqual([
      {
        decision_id: sample.decisionId,
        tenant: 'demo',
        position: 9,
        agent_id: 'inventory_agent',
        decision_type: 'reorder',
        subject_ref: 'item:VEG001',
        decided_by: 'rules',
        decided_at: sample.decidedAt,
        business_time: sample.decidedAt,
        confidence: 0.88,
        recorded_at: '2026-03-02T09:00:01.000Z',
        correlation_id: 'evening',
        trace_id: TRACE_ID,
        decision: sample,
        evidence_positions: [3, 5],
      },
    ]);
  });

  it('shows when it was in the business', async () => {
    const simulated = { ...made, businessTime: '2026-03-02T17:00:00.000Z' };
    const table = await new MemoryTable(decisionRows).apply(recorded('agent.decision-made', simulated));
    expect(table.all()).toMatchObject([{ business_time: '2026-03-02T17:00:00.000Z' }]);
  });

  it('shows a decision without a trace', async () => {
    const table = await new MemoryTable(decisionRows).apply(recorded('agent.decision-made', made));
    expect(table.all()).toMatchObject([{ trace_id: null }]);
  });

  it('refuses to show what is no decision', async () => {
    await expect(new MemoryTable(decisionRows).apply(recorded('agent.decision-made', sample))).rejects.toThrow();
  });
});
