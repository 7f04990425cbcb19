import { describe, expect, it } from '@jest/globals';
import type { EvaluatedDecision } from './evaluated.ts';
import { textOf, type Speeds } from './report.ts';
import { scoreOf } from './score.ts';

const ALARM: EvaluatedDecision = {
  agentId: 'accounting_agent',
  decisionType: 'transaction_anomaly',
  subjectRef: 'transaction:tx-1',
  atMs: Date.parse('2026-03-02T12:00:00Z'),
  finding: { key: 'transaction-anomaly:transaction:tx-1', kind: 'occurrence', state: 'unusual', change: 'opened' },
  reasoning: 'It is ten times as much as usual.',
};
const SPEEDS: Speeds = {
  seconds: 2,
  events: 1_000,
  runs: { accounting_agent: { p50Ms: 0.04, p99Ms: 8.2, maxMs: 40 } },
};
const SCORE = scoreOf(
  [
    {
      name: 'retail',
      days: 10,
      endMs: Infinity,
      labels: [],
      entries: [{ kind: 'decision', decision: ALARM }],
      isTrue: () => false,
    },
  ],
  ['accounting_agent'],
);

describe('The report', () => {
  it('has a line for each type, each agent, and what is not as wanted', () => {
    const text = textOf(SCORE, SPEEDS, false);
    expect(text).toMatch(/^10 simulated days, 1000 events, 2\.0 s \(500 events\/s\)$/m);
    expect(text).toMatch(/^transaction_anomaly +labels +1 +0\.10 +0 +1 +0\.000$/m);
    expect(text).toMatch(/^accounting_agent +1 +0\.04 +8\.20 +40\.00$/m);
    expect(text).toMatch(/^false alarms +1 \(0\.10 a day\)$/m);
    expect(text).toMatch(/^Not as wanted:$/m);
    expect(text).not.toContain('ten times');
  });

  it('tells each mistake with its reasoning when asked to', () => {
    expect(textOf(SCORE, SPEEDS, true)).toContain(
      'retail 2026-03-02T12:00Z transaction_anomaly transaction:tx-1 [unusual, opened]: It is ten times as much as usual.',
    );
  });
});
