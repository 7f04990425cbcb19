import {
  confidenceFrom,
  NOTHING,
  type Action,
  type Detection,
  type Detector,
  type FactLook,
  type Finding,
} from '#libs/agent-kit';
import { ACCOUNTING_AGENT, type AccountingBook } from '../accounting-book.ts';
import { accuracyOf, LEARNING_TYPES, LEAST_ACCURACY, LEAST_OUTCOMES, rightOf, type Learned } from '../learning-book.ts';
import { percent } from '../words.ts';

/** With so many outcomes what was learned is beyond doubt. */
const MANY_OUTCOMES = 10;
const WORST_GRADE = 4;

/**
 * Decisions of one type turn out wrong too often. Where the detector heeds it, the book has become more cautious by itself, and
 * this says so; where the threshold is the owner's, it asks the owner to look at it.
 */
export const decisionLearning: Detector<AccountingBook> = {
  id: 'decision-learning',
  decisionType: 'decision_learning',
  kind: 'situation',
  onFact: { types: ['steward.agent.outcome-recorded.v1'], look },
};

function look({ book, fact, local }: FactLook<AccountingBook>): Detection {
  if (fact.type !== 'steward.agent.outcome-recorded.v1' || fact.data.agentId !== ACCOUNTING_AGENT) return NOTHING;
  const decisionType = fact.data.decisionType ?? '';
  const learned = book.learning.types.get(decisionType);
  if (!learned) return NOTHING;
  const subject = `learning:${decisionType}`;
  const { judged } = learned;
  if (learned.caution > 1 && LEARNING_TYPES.includes(decisionType)) {
    const state = `caution-${learned.caution}`;
    const action: Action = {
      kind: 'adjust-parameter',
      ...{ parameter: `${decisionType}.caution`, from: learned.before, to: learned.caution },
    };
    const reasoning = adjustedBecause(decisionType, learned);
    return { looked: [subject], findings: [findingOf({ subject, state, learned, judged, action, reasoning })] };
  }
  if (!isInaccurate(learned)) return { looked: [subject], findings: [] };
  const now = rightOf(learned);
  const action: Action = { kind: 'publish-report', report: 'decision-accuracy', from: local.date, to: local.date };
  const reasoning =
    `Of ${now.count} decisions of type ${decisionType} only ${now.right} were right (${percent(now.right / now.count)}, wanted are ` +
    `${percent(LEAST_ACCURACY)}). Its threshold is yours to set: look at it in the settings of the accounting agent.`;
  return {
    looked: [subject],
    findings: [findingOf({ subject, state: 'inaccurate', learned, judged: now, action, reasoning })],
  };
}

function isInaccurate(learned: Learned): boolean {
  return learned.outcomes.length >= LEAST_OUTCOMES && (accuracyOf(learned) ?? 1) < LEAST_ACCURACY;
}

function adjustedBecause(decisionType: string, { judged, before, caution }: Learned): string {
  const share = percent(judged.right / judged.count);
  const sentence = `Of the last ${judged.count} decisions of type ${decisionType} ${judged.right} were right (${share}).`;
  return caution > before
    ? `${sentence} So the agent has become more cautious: it takes ${caution} times as much as the settings say, after ${before}, ` +
        'to call something unusual. It comes back when at least nine of ten are right.'
    : `${sentence} So the agent has become less cautious again: it takes ${caution} times as much as the settings say, after ${before}.`;
}

type Case = Readonly<{
  subject: string;
  state: string;
  learned: Learned;
  judged: Learned['judged'];
  action: Action;
  reasoning: string;
}>;

function findingOf({ subject, state, learned, judged, action, reasoning }: Case): Finding {
  return {
    ...{ subject, state, grade: Math.min(WORST_GRADE, 1 + learned.raised) },
    evidence: {
      figures: [
        { name: 'outcomes', value: judged.count },
        { name: 'right', value: judged.right },
        { name: 'caution', value: learned.caution },
        { name: 'caution before', value: learned.before },
      ],
      positions: learned.positions,
    },
    byRules: () => ({
      action,
      ...confidenceFrom([
        { factor: 'outcomes', weight: 0.6, value: judged.count / MANY_OUTCOMES },
        { factor: 'clarity', weight: 0.4, value: 2 * Math.abs(judged.right / Math.max(1, judged.count) - 0.5) },
      ]),
      reasoning,
    }),
  };
}
