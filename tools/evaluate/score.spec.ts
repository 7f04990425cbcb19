import { describe, expect, it } from '@jest/globals';
import type { Label } from '../../simulation/label.ts';
import type { AgentEntry, EvaluatedBusiness, EvaluatedDecision } from './evaluated.ts';
import { scoreOf } from './score.ts';

const AGENTS = ['accounting_agent'];
const HOUR = 3_600_000;
const START = Date.parse('2026-03-02T12:00:00Z');
const at = (hours: number): string => new Date(START + hours * HOUR).toISOString();

function label(subjectRef: string, more: Partial<Label> = {}): Label {
  return {
    labelId: `label-${subjectRef}`,
    class: 'anomaly',
    kind: 'unusual-amount',
    subjectRef,
    at: at(0),
    until: at(24),
    decisionTypes: ['transaction_anomaly'],
    isRequired: true,
    ...more,
  };
}

type Told = Partial<Pick<EvaluatedDecision, 'decisionType'> & EvaluatedDecision['finding']>;

function decided(subjectRef: string, hours: number, told: Told = {}): AgentEntry {
  const { decisionType = 'transaction_anomaly', ...finding } = told;
  const decision: EvaluatedDecision = {
    agentId: 'accounting_agent',
    decisionType,
    subjectRef,
    atMs: START + hours * HOUR,
    finding: { key: `${decisionType}:${subjectRef}`, kind: 'situation', state: 'seen', change: 'opened', ...finding },
    reasoning: '',
  };
  return { kind: 'decision', decision };
}

function cleared(key: string, hours: number): AgentEntry {
  return { kind: 'clearing', clearing: { agentId: 'accounting_agent', key, atMs: START + hours * HOUR } };
}

function business(
  labels: readonly Label[],
  entries: readonly AgentEntry[],
  isTrue: EvaluatedBusiness['isTrue'] = () => false,
): EvaluatedBusiness {
  return { name: 'restaurant', days: 10, endMs: START + 240 * HOUR, labels, entries, isTrue };
}

const score = (...businesses: EvaluatedBusiness[]) => scoreOf(businesses, AGENTS);

describe('Labels', () => {
  it('are found by a decision of their type about their subject, in time', () => {
    const { recall, precision } = score(business([label('transaction:1')], [decided('transaction:1', 1)]));
    expect({ recall, precision }).toEqual({ recall: 1, precision: 1 });
  });

  it.each([
    ['another subject', decided('transaction:2', 1)],
    ['another type', decided('transaction:1', 1, { decisionType: 'duplicate_transaction' })],
    ['an earlier one', decided('transaction:1', -1, { kind: 'occurrence' })],
  ])('are missed by a decision about %s, which is a false alarm', (_, entry) => {
    const { recall, falseAlarms } = score(business([label('transaction:1')], [entry]));
    expect(recall).toBe(0);
    expect(falseAlarms).toHaveLength(1);
  });

  it('are late after their time: not found, and no false alarm', () => {
    const { byKind, falseAlarms } = score(business([label('transaction:1')], [decided('transaction:1', 25)]));
    expect(byKind).toEqual([expect.objectContaining({ labelled: 1, found: 0, late: 1, missed: 0 })]);
    expect(falseAlarms).toEqual([]);
  });

  it('are known when their situation was decided before and is still open', () => {
    const low = label('cash', { class: 'situation', kind: 'low-cash', decisionTypes: ['low_cash_alert'] });
    const before = decided('cash', -5, { decisionType: 'low_cash_alert' });
    expect(score(business([low], [before])).undecided).toEqual([]);
    expect(score(business([low], [before, cleared('low_cash_alert:cash', -1)])).undecided).toHaveLength(1);
  });

  it('that nobody is required to decide are right to decide, and no fault to miss', () => {
    const optional = label('transaction:1', { isRequired: false });
    expect(score(business([optional], [])).undecided).toEqual([]);
    expect(score(business([optional], [decided('transaction:1', 1)])).falseAlarms).toEqual([]);
  });

  it('whose time is not over when the story ends may still be found, and are not missed', () => {
    const last = label('transaction:1', { at: at(230), until: at(250) });
    expect(score(business([last], [])).recall).toBeUndefined();
    expect(score(business([last], [decided('transaction:1', 231)])).recall).toBe(1);
  });

  it('of one business are not found by decisions in another', () => {
    const { recall } = score(business([label('transaction:1')], []), business([], [decided('transaction:1', 1)]));
    expect(recall).toBe(0);
  });
});

describe('Decisions', () => {
  const reorder = decided('item:VEG001', 1, { decisionType: 'reorder' });

  it('about a state are right when it was so', () => {
    expect(score(business([], [reorder], () => true)).falseAlarms).toEqual([]);
    expect(score(business([], [reorder], () => false)).falseAlarms).toHaveLength(1);
  });

  it('that report are neither right nor wrong', () => {
    const { overallPrecision, falseAlarms, byAgent } = score(
      business([], [decided('day:2026-03-01', 1, { decisionType: 'daily_financial_analysis' })]),
    );
    expect({ overallPrecision, falseAlarms }).toEqual({ overallPrecision: undefined, falseAlarms: [] });
    expect(byAgent).toEqual({ accounting_agent: 1 });
  });

  it('of a type that nobody can judge are refused', () => {
    expect(() => score(business([], [decided('cash', 1, { decisionType: 'guesswork' })]))).toThrow(/guesswork/);
  });
});

describe('Repeats', () => {
  const twice = (...between: AgentEntry[]) =>
    score(business([], [decided('cash', 1), ...between, decided('cash', 30)], () => true));

  it('are decisions in the same state with nothing in between', () => {
    expect(twice().repeated).toHaveLength(1);
  });

  it('are none after the situation was over, or in another state', () => {
    expect(twice(cleared('transaction_anomaly:cash', 2)).repeated).toEqual([]);
    expect(twice(decided('cash', 2, { state: 'critical', change: 'changed' })).repeated).toEqual([]);
  });

  it('are told apart from what flaps', () => {
    expect(twice(cleared('transaction_anomaly:cash', 29)).reopened).toHaveLength(1);
    expect(twice(cleared('transaction_anomaly:cash', 2)).reopened).toEqual([]);
  });
});

describe('Shortcomings', () => {
  const labels = Array.from({ length: 10 }, (_, index) => label(`transaction:${index}`));
  const found = labels.map(({ subjectRef }) => decided(subjectRef, 1));

  it('are none when all was found and nothing else', () => {
    expect(score(business(labels, found)).shortcomings).toEqual([]);
  });

  it.each([
    ['agents that find nothing', [], /recall of anomalies is 0\.000/],
    [
      'a detector that always fires',
      [...found, ...Array.from({ length: 5 }, (_, index) => decided(`transaction:good-${index}`, 1))],
      /precision of decisions about anomalies is 0\.667/,
    ],
    ['a decision made twice', [...found, ...found.slice(0, 1)], /1 decisions repeat/],
    ['an agent that decides nothing', [], /accounting_agent decided nothing/],
  ])('tell of %s', (_, entries, told) => {
    expect(score(business(labels, entries)).shortcomings).toContainEqual(expect.stringMatching(told));
  });

  it('tell of a planted situation that nobody decided', () => {
    const low = label('cash', { class: 'situation', kind: 'low-cash', decisionTypes: ['low_cash_alert'] });
    expect(score(business([...labels, low], found)).shortcomings).toEqual([
      '1 planted situations were not decided in time',
    ]);
  });
});
