import { describe, expect, it } from '@jest/globals';
import { agentId, tenantId } from '#libs/kernel';
import { DecisionMadeV1 } from '#libs/contracts';
import { fixedClock, sequentialIds } from '#libs/testing';
import { assess } from './assessment.ts';
import type { AgentDefinition, Subject } from './domain/agent-definition.ts';
import { rulesOnly, type DecisionMaker } from './domain/decision-maker.ts';
import { reorderPrompt } from './domain/inventory/reorder-prompt.ts';
import { decideReorderByRules, detectReorder, reorderKey, type StockFacts } from './domain/inventory/reorder.ts';
import { recordedDecisionSchema } from './finding-events.ts';

const agent: AgentDefinition<StockFacts> = {
  id: agentId('inventory_agent'),
  name: 'Inventory agent',
  subjectsSince: () => Promise.reject(new Error('No subjects are read here.')),
  detect: (facts) => detectReorder(facts),
  rules: (finding) => decideReorderByRules(finding),
  prompt: reorderPrompt,
};

type Given = Readonly<{ sku?: string; onHand: number; isDecided?: boolean; streamVersion?: number }>;
const CAUSE = '019ab3c4-7a00-7d20-9c31-5d1f0a7b8c02';

function subject({ sku = 'VEG001', onHand, isDecided = false, streamVersion = 0 }: Given): Subject<StockFacts> {
  return {
    tenant: tenantId('demo'),
    findingKey: reorderKey(sku),
    trigger: { eventId: CAUSE, correlationId: 'evening', traceparent: null, positions: [3, 8] },
    open: { isDecided, streamVersion },
    facts: {
      sku,
      name: 'Fresh lettuce',
      unit: 'each',
      onHand,
      onOrder: 0,
      reorderPoint: 10,
      reorderQuantity: 40,
      unitCost: { amount: 250, currency: 'USD' },
      supplierId: null,
      leadTimeDays: 2,
      consumptionPerDay: 0,
      observedDays: 0,
    },
  };
}

async function assessed(given: readonly Given[], maker: DecisionMaker = rulesOnly) {
  const told: string[] = [];
  const assessment = await assess(
    agent,
    { subjects: given.map(subject), logPosition: 8, more: false },
    {
      maker,
      clock: fixedClock(),
      ids: sequentialIds(),
      signal: new AbortController().signal,
      onDecision: ({ subjectRef }) => told.push(subjectRef),
    },
  );
  return { ...assessment, told };
}

describe('an assessment', () => {
  it('decides about a new finding by the rules, and says from which facts', async () => {
    const { appends, findings, decisions, told } = await assessed([{ onHand: 8 }]);

    expect({ findings, decisions, told }).toEqual({ findings: 1, decisions: 1, told: ['item:VEG001'] });
    expect(appends).toMatchObject([
      {
        tenant: 'demo',
        streamId: 'finding-inventory_agent:reorder:VEG001',
        expected: 'no-stream',
        metadata: { actor: 'agent:inventory_agent', causationId: CAUSE, correlationId: 'evening' },
        events: [
          {
            type: 'agent.decision-made',
            typeVersion: 1,
            data: {
              agentId: 'inventory_agent',
              decisionType: 'reorder',
              subjectRef: 'item:VEG001',
              action: { kind: 'reorder', quantity: { value: 40, unit: 'each' } },
              decidedBy: 'rules',
              basedOn: { logPosition: 8, eventIds: [CAUSE] },
              decidedAt: '2026-03-02T09:00:00.000Z',
              evidencePositions: [3, 8],
            },
          },
        ],
      },
    ]);
  });

  it('records what its contract and its own schema can read', async () => {
    const { appends } = await assessed([{ onHand: 8 }]);
    const data = appends[0]?.events[0]?.data;
    expect(() => DecisionMadeV1.data.parse(data)).not.toThrow();
    expect(recordedDecisionSchema.parse(data)).toEqual(data);
  });

  it('leaves a finding alone that is decided already', async () => {
    expect(await assessed([{ onHand: 8, isDecided: true, streamVersion: 1 }])).toEqual({
      appends: [],
      findings: 1,
      decisions: 0,
      told: [],
    });
  });

  it('clears a finding that is over, at the version that was read', async () => {
    const { appends, findings } = await assessed([{ onHand: 50, isDecided: true, streamVersion: 1 }]);

    expect(findings).toBe(0);
    expect(appends).toMatchObject([
      {
        expected: 1,
        events: [
          {
            type: 'agent.finding-cleared',
            data: { agentId: 'inventory_agent', key: 'reorder:VEG001', clearedAt: '2026-03-02T09:00:00.000Z' },
          },
        ],
      },
    ]);
  });

  it('decides anew after a finding was cleared', async () => {
    const { appends } = await assessed([{ onHand: 8, streamVersion: 2 }]);
    expect(appends).toMatchObject([{ expected: 2, events: [{ type: 'agent.decision-made' }] }]);
  });

  it('does nothing where there is nothing to find', async () => {
    expect(await assessed([{ onHand: 50 }, { sku: 'B', onHand: 11 }])).toMatchObject({ appends: [], findings: 0 });
  });

  it('looks at each subject by itself', async () => {
    const { appends, findings, decisions } = await assessed([
      { sku: 'A', onHand: 1 },
      { sku: 'B', onHand: 50 },
      { sku: 'C', onHand: 50, isDecided: true, streamVersion: 1 },
      { sku: 'D', onHand: 1, isDecided: true, streamVersion: 1 },
      { sku: 'E', onHand: 1 },
    ]);

    expect({ findings, decisions }).toEqual({ findings: 3, decisions: 2 });
    expect(appends.map(({ streamId, events }) => [streamId.slice(-1), events[0]?.type])).toEqual([
      ['A', 'agent.decision-made'],
      ['E', 'agent.decision-made'],
      ['C', 'agent.finding-cleared'],
    ]);
  });

  it('says who decided, and why not the model', async () => {
    const maker: DecisionMaker = {
      preferred: 'claude',
      decide: (of, finding) =>
        Promise.resolve({ judgement: of.rules(finding), decidedBy: 'rules', fallbackReason: 'Claude answered 529' }),
    };
    const { appends } = await assessed([{ onHand: 8 }], maker);
    expect(appends[0]?.events[0]?.data).toMatchObject({ decidedBy: 'rules', fallbackReason: 'Claude answered 529' });
  });

  it('is no assessment when a decision was given up', async () => {
    const maker: DecisionMaker = { preferred: 'claude', decide: () => Promise.reject(new Error('given up')) };
    await expect(assessed([{ onHand: 8 }], maker)).rejects.toThrow('given up');
  });
});
