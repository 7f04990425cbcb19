import { describe, expect, it } from '@jest/globals';
import { agentId, tenantId } from '#libs/kernel';
import { businessSettingsSchema } from '#libs/business-settings';
import { playAgent, type Happening } from '#libs/testing';
import type { AgentDefinition } from './agent.ts';
import type { LoggedFact } from './assessor.ts';
import type { Detector } from './detector.ts';
import type { Finding } from './finding.ts';

type Book = { stock: number; entered: number };
const settings = businessSettingsSchema.parse({
  business: { name: 'Spec', type: 'retail', timeZone: 'Europe/Berlin' },
});

const finding = (subject: string, state: string, grade = 1): Finding => ({
  subject,
  state,
  grade,
  evidence: { figures: [], positions: [] },
  byRules: () => ({
    action: { kind: 'publish-report', report: 'spec', from: '2026-01-01', to: '2026-01-01' },
    confidence: 1,
    reasoning: state,
  }),
});

const low: Detector<Book> = {
  id: 'low',
  decisionType: 'low_stock_alert',
  kind: 'situation',
  coolDownHours: 2,
  onFact: {
    types: ['steward.inventory.stock-moved.v1'],
    look: ({ book }) => ({
      looked: 'everything',
      findings: book.stock <= 0 ? [finding('item:A', 'out', 2)] : book.stock < 10 ? [finding('item:A', 'low')] : [],
    }),
  },
};
const daily: Detector<Book> = {
  id: 'daily',
  decisionType: 'daily_report',
  kind: 'occurrence',
  onSchedule: {
    schedule: { every: 'day', at: '06:00' },
    look: ({ window, book }) => ({ looked: [], findings: [finding(`day:${window.id}`, `${book.entered} entered`)] }),
  },
};
const broken: Detector<Book> = {
  id: 'broken',
  decisionType: 'never',
  kind: 'occurrence',
  onFact: {
    types: ['steward.inventory.stock-moved.v1'],
    look: () => {
      throw new Error('it divides by zero');
    },
  },
};

const agent = (...detectors: Detector<Book>[]): AgentDefinition<Book> => ({
  id: agentId('spec_agent'),
  name: 'Spec agent',
  handles: ['steward.inventory.stock-moved.v1'],
  detectors,
  isEnabled: () => true,
  bookKeeping: {
    version: 1,
    open: () => ({ stock: 0, entered: 0 }),
    enter: (book, fact) => {
      book.entered += 1;
      if (fact.type === 'steward.inventory.stock-moved.v1') book.stock += fact.data.quantity.value;
    },
  },
});

const moved = (at: string, value: number): Happening => ({
  type: 'steward.inventory.stock-moved.v1',
  data: { sku: 'A', movement: 'adjustment', quantity: { value, unit: 'each' } },
  at,
});
const states = (decisions: readonly { state: string; change: string }[]) =>
  decisions.map(({ state, change }) => `${change} ${state}`);

describe('a situation', () => {
  it('is decided once while it stays the same', () => {
    const player = playAgent(agent(low), settings);
    player.tell(
      moved('2026-03-02T10:00:00Z', 20),
      moved('2026-03-02T11:00:00Z', -12),
      moved('2026-03-02T12:00:00Z', -1),
    );
    expect(states(player.decisions)).toEqual(['opened low']);
  });

  it('is not decided again after its cool-down either, as long as it stays the same', () => {
    const player = playAgent(agent(low), settings);
    player.tell(moved('2026-03-02T10:00:00Z', 5), moved('2026-03-02T18:00:00Z', -1), moved('2026-03-09T10:00:00Z', 1));
    expect(states(player.decisions)).toEqual(['opened low']);
  });

  it('that becomes graver is decided at once, one that eases is not decided before its cool-down has ended', () => {
    const player = playAgent(agent(low), settings);
    player.tell(moved('2026-03-02T10:00:00Z', 5), moved('2026-03-02T10:10:00Z', -5), moved('2026-03-02T10:20:00Z', 3));
    expect(states(player.decisions)).toEqual(['opened low', 'changed out']);
    player.tell(moved('2026-03-02T12:11:00Z', 1));
    expect(states(player.decisions)).toEqual(['opened low', 'changed out', 'changed low']);
  });

  it('that is over and comes back within its cool-down waits for its end', () => {
    const player = playAgent(agent(low), settings);
    player.tell(
      moved('2026-03-02T10:00:00Z', 5),
      moved('2026-03-02T10:10:00Z', 50),
      moved('2026-03-02T10:20:00Z', -50),
    );
    expect(states(player.decisions)).toEqual(['opened low']);
    expect(player.cleared).toEqual(['low:item:A']);
    player.tell(moved('2026-03-02T12:01:00Z', 1));
    expect(states(player.decisions)).toEqual(['opened low', 'opened low']);
  });
});

describe('a judgement by rules', () => {
  const counting: Detector<Book> = {
    id: 'counting',
    decisionType: 'count',
    kind: 'occurrence',
    onFact: {
      types: ['steward.inventory.stock-moved.v1'],
      look: ({ book }) => ({
        looked: [],
        findings: [{ ...finding('item:A', 'counted'), byRules: () => judged(`${book.stock} there`) }],
      }),
    },
  };
  const judged = (reasoning: string) => ({ ...finding('item:A', 'counted').byRules(), reasoning });
  const fact = (position: number, value: number): LoggedFact => ({
    type: 'steward.inventory.stock-moved.v1',
    data: { sku: 'A', movement: 'adjustment', quantity: { value, unit: 'each' } },
    tenant: tenantId('demo'),
    position,
    eventId: `event-${position}`,
    correlationId: 'c',
    traceparent: null,
    occurredAtMs: position,
    recordedAtMs: position,
  });

  it('is of the moment at which was looked, however much later it is asked for', () => {
    const { assessor } = playAgent(agent(counting), settings);
    const assessed = [...assessor.take(fact(1, 5)), ...assessor.take(fact(2, 7))];
    const reasons = assessed.map((one) => (one.kind === 'decide' ? one.finding.byRules().reasoning : one.kind));
    expect(reasons).toEqual(['5 there', '12 there']);
  });

  it('that fails leaves its situation undecided, and is told', () => {
    const failing: Detector<Book> = {
      ...low,
      onFact: {
        types: ['steward.inventory.stock-moved.v1'],
        look: ({ book }) => ({
          looked: 'everything',
          findings: [
            {
              ...finding('item:A', 'low'),
              byRules: () => {
                if (book.entered === 1) throw new Error('no words');
                return judged('low');
              },
            },
          ],
        }),
      },
    };
    const { assessor } = playAgent(agent(failing), settings);
    expect([...assessor.take(fact(1, 5)), ...assessor.take(fact(2, 7))].map(({ kind }) => kind)).toEqual([
      'failed',
      'decide',
    ]);
  });
});

describe('a turn of a schedule', () => {
  it('comes once, in the time of the business, before the fact that is later', () => {
    const player = playAgent(agent(daily), settings);
    player.tell(
      moved('2026-03-01T10:00:00Z', 1),
      moved('2026-03-02T04:59:59Z', 1),
      moved('2026-03-02T05:00:00Z', 1),
      moved('2026-03-02T05:00:01Z', 1),
    );
    expect(player.decisions.map(({ subject, state, at }) => [subject, state, at])).toEqual([
      ['day:2026-03-02', '2 entered', '2026-03-02T05:00:00.000Z'],
    ]);
  });

  it('comes while nothing happens, by the clock on the wall, and only once', () => {
    const player = playAgent(agent(daily), settings);
    player.tell(moved('2026-03-01T10:00:00Z', 1));
    expect(player.waitUntil('2026-03-02T04:00:00Z')).toEqual([]);
    expect(player.waitUntil('2026-03-02T06:00:00Z')).toHaveLength(1);
    expect(player.waitUntil('2026-03-02T07:00:00Z')).toEqual([]);
    expect(player.tell(moved('2026-03-02T08:00:00Z', 1))).toEqual([]);
  });

  it('of many that came due while nothing happened comes the first and the last', () => {
    const player = playAgent(agent(daily), settings);
    player.tell(moved('2026-03-01T10:00:00Z', 1), moved('2026-03-20T10:00:00Z', 1));
    expect(player.decisions.map(({ subject }) => subject)).toEqual(['day:2026-03-02', 'day:2026-03-20']);
  });

  it('that an earlier life has had does not come again', () => {
    const first = playAgent(agent(daily), settings);
    first.tell(moved('2026-03-01T10:00:00Z', 1), moved('2026-03-02T10:00:00Z', 1));
    const { turns } = first.assessor.progress;
    expect(turns).toEqual({ daily: Date.parse('2026-03-02T05:00:00Z') });
  });
});

describe('a detector that fails', () => {
  it('is told, and hinders no other', () => {
    const player = playAgent(agent(broken, low), settings);
    expect(() => player.tell(moved('2026-03-02T10:00:00Z', 5))).toThrow('broken failed');
    const { assessor } = playAgent(agent(broken, low), settings);
    const at = Date.parse('2026-03-02T10:00:00Z');
    const assessed = assessor.take({
      type: 'steward.inventory.stock-moved.v1',
      data: { sku: 'A', movement: 'in', quantity: { value: 5, unit: 'each' } },
      tenant: assessor.tenant,
      position: 1,
      eventId: 'e',
      correlationId: 'c',
      traceparent: null,
      occurredAtMs: at,
      recordedAtMs: at,
    });
    expect(assessed.map(({ kind, detectorId }) => [kind, detectorId])).toEqual([
      ['failed', 'broken'],
      ['decide', 'low'],
    ]);
  });
});
