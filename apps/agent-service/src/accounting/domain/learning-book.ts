import type { OutcomeRecorded } from '#libs/contracts';
import { withPosition } from '#libs/agent-kit';

/** What became of the decisions of one type. */
export type Learned = {
  /** The latest outcomes since the factor last changed; a decision counts once, by what was said last. */
  outcomes: { decisionId: string; wasRight: boolean }[];
  /**
   * Divides how easily the detector is alarmed: 1 as the owner set it, up to {@link MOST_CAUTION} after false alarms, never
   * below 1: an agent does not become more suspicious than it was told to be.
   */
  caution: number;
  /** The factor before it last changed, and the outcomes that changed it. */
  before: number;
  judged: { right: number; count: number };
  /** How many times it has been raised without having come back. */
  raised: number;
  positions: number[];
};

/** Outcomes by decision type. Plain data. */
export type LearningBook = { types: Map<string, Learned> };

/** Decisions whose detector heeds what was learned; for the others the threshold is the owner's word. */
export const LEARNING_TYPES: readonly string[] = [
  'transaction_anomaly',
  'duplicate_transaction',
  'missing_reference',
  'financial_trend_analysis',
];

export const LEAST_OUTCOMES = 5;
export const LEAST_ACCURACY = 0.7;
export const MOST_CAUTION = 2;
const RAISED_BY = 1.25;
/** After so many outcomes, nearly all of them right, the factor comes back a step. */
const OUTCOMES_TO_RELAX = 10;
const ACCURACY_TO_RELAX = 0.9;
const MOST_OUTCOMES = 50;
const MOST_TYPES = 50;
/** A type without outcomes counts as right so often, as if it had been seen this many times. */
const PRIOR_ACCURACY = 0.7;
const PRIOR_OUTCOMES = 5;

export function openLearning(): LearningBook {
  return { types: new Map() };
}

/** The share of decisions that were right, of those that are known; `undefined` without any. */
export function accuracyOf({ outcomes }: Readonly<{ outcomes: Learned['outcomes'] }>): number | undefined {
  if (outcomes.length === 0) return undefined;
  return rightOf({ outcomes }).right / outcomes.length;
}

/** How many of the outcomes known say that the decision was right. */
export function rightOf({ outcomes }: Readonly<Pick<Learned, 'outcomes'>>): Learned['judged'] {
  return { right: outcomes.filter(({ wasRight }) => wasRight).length, count: outcomes.length };
}

/** How far decisions of a type may be trusted, 0 to 1; with few outcomes near to {@link PRIOR_ACCURACY}. */
export function trackRecord(book: Readonly<LearningBook>, decisionType: string): number {
  const outcomes = book.types.get(decisionType)?.outcomes ?? [];
  const { right } = rightOf({ outcomes });
  return (right + PRIOR_ACCURACY * PRIOR_OUTCOMES) / (outcomes.length + PRIOR_OUTCOMES);
}

/** The factor of a type, see {@link Learned.caution}. */
export function cautionOf(book: Readonly<LearningBook>, decisionType: string): number {
  return book.types.get(decisionType)?.caution ?? 1;
}

/**
 * Enters what became of a decision. Below 70 % right of at least five, the type's caution rises by a quarter; from 90 % of
 * ten on it comes back by as much. Then the count begins anew, since those outcomes were of the former caution.
 */
export function enterOutcome(book: LearningBook, outcome: OutcomeRecorded, position: number): void {
  const { decisionId, decisionType, wasRight } = outcome;
  if (decisionType === undefined || wasRight === undefined) return;
  const learned = learnedOf(book, decisionType);
  if (!learned) return;
  learned.outcomes = [...learned.outcomes.filter((known) => known.decisionId !== decisionId), { decisionId, wasRight }];
  if (learned.outcomes.length > MOST_OUTCOMES) learned.outcomes.shift();
  withPosition(learned.positions, position);
  if (LEARNING_TYPES.includes(decisionType)) adjust(learned);
}

function learnedOf(book: LearningBook, decisionType: string): Learned | undefined {
  const known = book.types.get(decisionType);
  if (known) return known;
  if (book.types.size >= MOST_TYPES) return undefined;
  const learned: Learned = {
    outcomes: [],
    caution: 1,
    before: 1,
    judged: { right: 0, count: 0 },
    raised: 0,
    positions: [],
  };
  book.types.set(decisionType, learned);
  return learned;
}

function adjust(learned: Learned): void {
  const accuracy = accuracyOf(learned) ?? 1;
  const count = learned.outcomes.length;
  if (accuracy < LEAST_ACCURACY && count >= LEAST_OUTCOMES && learned.caution < MOST_CAUTION) {
    change(learned, Math.min(MOST_CAUTION, learned.caution * RAISED_BY));
    learned.raised += 1;
  } else if (accuracy >= ACCURACY_TO_RELAX && count >= OUTCOMES_TO_RELAX && learned.caution > 1) {
    change(learned, Math.max(1, learned.caution / RAISED_BY));
    learned.raised = learned.caution === 1 ? 0 : Math.max(0, learned.raised - 1);
  }
}

function change(learned: Learned, caution: number): void {
  learned.before = learned.caution;
  learned.judged = rightOf(learned);
  learned.caution = Math.round(caution * 1_000) / 1_000;
  learned.outcomes = [];
}
