import { describe, expect, it } from '@jest/globals';
import { decisionSummary, liveLine, stateOf } from './live-lines.ts';

const AT = new Date(2026, 10, 22, 12, 3, 11);
const DECISION = {
  decisionId: 'd-1',
  agentId: 'inventory_agent',
  decisionType: 'reorder',
  subjectRef: 'items/TOMATO',
  action: { kind: 'reorder', sku: 'TOMATO', quantity: { value: 20, unit: 'kg' }, urgency: 'high' },
  reasoning: 'Two days\nof stock left.',
  decidedBy: 'rules',
};

describe('the live lines', () => {
  it('tell a decision in one line', () => {
    expect(liveLine('decision', DECISION, AT, 200)).toBe(
      '12:03:11 decision inventory_agent reorder TOMATO 20 kg (high), by rules: Two days of stock left.',
    );
  });

  it('tell a decision without an action by its type and subject', () => {
    const bare = { ...DECISION, action: undefined, reasoning: undefined };

    expect(liveLine('decision', bare, AT, 200)).toBe(
      '12:03:11 decision inventory_agent reorder items/TOMATO, by rules',
    );
  });

  it('tell an alert and a backup', () => {
    const alert = {
      alertId: 'a',
      name: 'agent-silent',
      severity: 'warning',
      status: 'raised',
      summary: 'No run for 5 min',
    };

    expect(liveLine('alert', alert, AT, 200)).toBe('12:03:11 alert    warning agent-silent raised: No run for 5 min');
    expect(liveLine('backup', { backupId: 'b-1', status: 'verified' }, AT, 200)).toBe('12:03:11 backup   b-1 verified');
  });

  it('fit the terminal', () => {
    expect(liveLine('decision', DECISION, AT, 40)).toHaveLength(40);
  });

  it('know the states of a thing', () => {
    expect(stateOf('decision', DECISION)).toEqual({ id: 'd-1', status: 'made' });
    expect(stateOf('alert', { alertId: 'a', status: 'raised' })).toEqual({ id: 'a', status: 'raised' });
    expect(stateOf('backup', 'nonsense')).toEqual({ id: '', status: '' });
  });
});

describe('many decisions at once', () => {
  const at = new Date('2026-03-02T09:00:00');
  const about = (agentId: string, businessTime: string) => ({ agentId, businessTime });

  it('are one line with how many of each agent, about which days', () => {
    const items = [
      about('inventory_agent', '2026-01-03T08:00:00Z'),
      about('hr_agent', '2026-01-01T08:00:00Z'),
      about('inventory_agent', '2026-01-02T08:00:00Z'),
    ];
    expect(decisionSummary(items, at, 200)).toBe(
      '09:00:00 decision 3 about 2026-01-01 to 2026-01-03: hr_agent 1, inventory_agent 2',
    );
    expect(decisionSummary(items.slice(0, 1), at, 200)).toBe('09:00:00 decision 1 about 2026-01-03: inventory_agent 1');
  });
});
