import { describe, expect, it } from '@jest/globals';
import { DecisionMadeV1 } from '#libs/contracts';
import type { RecordedEvent } from '#libs/event-store';
import { MemoryTable, recorded } from '../../../recorded-event.contract.ts';
import { situationRows } from './situation.projection.ts';

const finding = { key: 'low:item:A', detector: 'low', kind: 'situation', change: 'opened', state: 'low', grade: 2 };
const decision = { ...DecisionMadeV1.sample, evidencePositions: [1], businessTime: '2026-03-02T08:00:00Z' };
const decided = (more: object = {}, streamVersion = 1) =>
  recorded('agent.decision-made', { ...decision, finding: { ...finding, ...more } }, { streamVersion });
const cleared = recorded(
  'agent.finding-cleared',
  { agentId: 'inventory_agent', key: 'low:item:A', clearedAt: '2026-03-02T09:00:00Z' },
  { streamVersion: 2 },
);
const rows = async (...events: readonly RecordedEvent[]) =>
  (await new MemoryTable(situationRows).apply(...events)).all();

describe('situations', () => {
  it('are open from their decision on, by the clock of the business', async () => {
    expect(await rows(decided())).toMatchObject([
      {
        agent_id: 'inventory_agent',
        key: 'low:item:A',
        detector: 'low',
        subject: 'item:VEG001',
        state: 'low',
        grade: 2,
        is_open: true,
        decided_at: '2026-03-02T08:00:00Z',
      },
    ]);
  });

  it('are over once they are cleared, and known with what was decided', async () => {
    expect(await rows(decided(), cleared)).toMatchObject([{ state: 'low', is_open: false, stream_version: 2 }]);
  });

  it('show the latest state', async () => {
    expect(await rows(decided(), decided({ change: 'changed', state: 'out', grade: 3 }, 2))).toMatchObject([
      { state: 'out', grade: 3 },
    ]);
  });

  it('leave out what has only happened, and decisions of a time when findings had no states', async () => {
    expect(await rows(decided({ kind: 'occurrence' }))).toEqual([]);
    expect(await rows(recorded('agent.decision-made', { ...decision, finding: undefined }))).toEqual([]);
  });
});
