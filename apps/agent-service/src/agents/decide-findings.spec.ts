import { describe, expect, it } from '@jest/globals';
import { tenantId } from '#libs/kernel';
import { DecisionMadeV1 } from '#libs/contracts';
import type { Finding } from '#libs/agent-kit';
import { fixedClock, sequentialIds } from '#libs/testing';
import { decideFindings } from './decide-findings.ts';
import { rulesOnly, type DecisionMaker, type FindingToJudge } from './domain/decision-maker.ts';
import { findingStreamId, recordedDecisionSchema } from './finding-events.ts';
import type { AssessedOfTenant } from './tenant-assessors.ts';

const CAUSE = '019ab3c4-7a00-7d20-9c31-5d1f0a7b8c02';
const NOW = '2026-03-02T09:00:00.000Z';
const agent = { id: 'inventory_agent', name: 'Inventory agent' };
const trigger = { eventId: CAUSE, correlationId: 'evening', traceparent: null, position: 8 };

const finding: Finding = {
  subject: 'item:VEG001',
  state: 'low',
  grade: 2,
  evidence: { figures: [{ name: 'onHand', value: 8, unit: 'each' }], positions: [3, 8] },
  byRules: () => ({
    action: {
      kind: 'reorder',
      sku: 'VEG001',
      quantity: { value: 40, unit: 'each' },
      estimatedCost: { amount: 10_000, currency: 'USD' },
      urgency: 'high',
    },
    confidence: 0.8,
    confidenceBasis: [{ factor: 'history', weight: 1, value: 0.8 }],
    reasoning: '8 left of 10.',
  }),
};

function toDecide(more: Partial<Extract<AssessedOfTenant, { kind: 'decide' }>> = {}): AssessedOfTenant {
  return {
    kind: 'decide',
    change: 'opened',
    detectorId: 'reorder',
    decisionType: 'reorder',
    findingKind: 'situation',
    subject: 'item:VEG001',
    key: 'reorder:item:VEG001',
    finding,
    atMs: Date.parse('2026-03-02T08:59:00Z'),
    trigger,
    logPosition: 8,
    tenant: tenantId('demo'),
    ...more,
  };
}

async function appendsOf(assessed: readonly AssessedOfTenant[], maker: DecisionMaker = rulesOnly) {
  const told: string[] = [];
  const appends = await decideFindings(agent, assessed, {
    maker,
    clock: fixedClock(NOW),
    ids: sequentialIds(),
    signal: new AbortController().signal,
    onDecision: ({ subjectRef }) => told.push(subjectRef),
  });
  return { appends, told };
}

describe('a finding that is decided', () => {
  it('is recorded with its judgement, its evidence and what led to it, in the trace of its cause', async () => {
    const { appends, told } = await appendsOf([toDecide()]);

    expect(told).toEqual(['item:VEG001']);
    expect(appends).toMatchObject([
      {
        tenant: 'demo',
        streamId: 'finding-inventory_agent:reorder:item:VEG001',
        metadata: { actor: 'agent:inventory_agent', causationId: CAUSE, correlationId: 'evening' },
        events: [
          {
            type: 'agent.decision-made',
            data: {
              agentId: 'inventory_agent',
              decisionType: 'reorder',
              subjectRef: 'item:VEG001',
              confidence: 0.8,
              confidenceBasis: [{ factor: 'history', weight: 1, value: 0.8 }],
              decidedBy: 'rules',
              finding: {
                key: 'reorder:item:VEG001',
                detector: 'reorder',
                kind: 'situation',
                change: 'opened',
                state: 'low',
                grade: 2,
              },
              evidence: { figures: [{ name: 'onHand', value: 8, unit: 'each' }] },
              businessTime: '2026-03-02T08:59:00.000Z',
              basedOn: { logPosition: 8, eventIds: [CAUSE] },
              decidedAt: NOW,
              evidencePositions: [3, 8],
            },
          },
        ],
      },
    ]);
  });

  it('is a decision as its contract has it', async () => {
    const { appends } = await appendsOf([toDecide()]);
    const data = appends[0]?.events[0]?.data;
    expect(() => DecisionMadeV1.data.parse(data)).not.toThrow();
    expect(() => recordedDecisionSchema.parse(data)).not.toThrow();
  });

  it('names no event when no fact led to it', async () => {
    const none = { eventId: '', correlationId: '', traceparent: null, position: 0 };
    const { appends } = await appendsOf([
      toDecide({ trigger: none, finding: { ...finding, evidence: { figures: [], positions: [] } } }),
    ]);
    expect(appends[0]?.events[0]?.data).toMatchObject({ basedOn: { eventIds: [] }, evidencePositions: [] });
    expect(appends[0]?.metadata).not.toHaveProperty('causationId');
  });

  it.each([
    ['2026-03-01T08:59:59Z', true],
    ['2026-03-01T09:00:00Z', false],
  ])('counts as past when it is more than a day ago: %s', async (at, isPast) => {
    const asked: FindingToJudge[] = [];
    const maker: DecisionMaker = {
      preferred: 'claude',
      decide: (toJudge, signal) => {
        asked.push(toJudge);
        return rulesOnly.decide(toJudge, signal);
      },
    };
    await appendsOf([toDecide({ atMs: Date.parse(at) })], maker);
    expect(asked).toMatchObject([{ agentId: 'inventory_agent', isPast }]);
  });
});

describe('a situation that is over', () => {
  it('is cleared in its own stream', async () => {
    const { appends } = await appendsOf([
      {
        kind: 'clear',
        detectorId: 'reorder',
        subject: 'item:VEG001',
        key: 'reorder:item:VEG001',
        atMs: 0,
        trigger,
        logPosition: 9,
        tenant: tenantId('demo'),
      },
    ]);
    expect(appends).toMatchObject([
      {
        streamId: 'finding-inventory_agent:reorder:item:VEG001',
        events: [
          {
            type: 'agent.finding-cleared',
            data: { agentId: 'inventory_agent', key: 'reorder:item:VEG001', clearedAt: NOW },
          },
        ],
      },
    ]);
  });
});

describe('the stream of a finding', () => {
  it('has a bounded name, and another one for another key', () => {
    const long = (end: string) => findingStreamId('inventory_agent', `expiry:lot:${'x'.repeat(250)}${end}`);
    expect(long('1').length).toBeLessThanOrEqual('finding-'.length + 200);
    expect(long('1')).not.toBe(long('2'));
    expect(long('1')).toBe(long('1'));
  });
});
