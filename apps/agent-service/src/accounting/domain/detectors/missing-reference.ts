import { NOTHING, type Detection, type Detector, type FactLook, type Finding } from '#libs/agent-kit';
import type { AccountingBook } from '../accounting-book.ts';
import { dynamicConfidence, FULL_VOLUME } from '../confidence.ts';
import type { Habit } from '../habit.ts';
import { atStart, latestTransaction, nameOf } from '../latest-transaction.ts';
import { cautionOf } from '../learning-book.ts';
import type { Sample } from '../similar-transactions.ts';
import { inWords, percent } from '../words.ts';

const DECISION_TYPE = 'missing_reference';
const LEAST_SIMILAR = 20;
/** Of those without a reference; false alarms make it less. */
const MOST_WITHOUT = 0.05;

/** A transaction without a reference, where those like it nearly always have one. */
export const missingReference: Detector<AccountingBook> = {
  id: 'missing-reference',
  decisionType: DECISION_TYPE,
  kind: 'occurrence',
  onFact: { types: ['steward.accounting.transaction-recorded.v1'], look },
};

function look(at: FactLook<AccountingBook>): Detection {
  const latest = latestTransaction(at.book, at.fact);
  const habit = latest?.group.habit;
  if (!latest || !habit || latest.sample.reference !== '' || habit.count < LEAST_SIMILAR) return NOTHING;
  const without = 1 - habit.withReference / habit.count;
  if (without > MOST_WITHOUT / cautionOf(at.book.learning, DECISION_TYPE)) return NOTHING;
  return { looked: [latest.sample.subject], findings: [findingOf(at, latest.sample, habit)] };
}

function findingOf({ book, settings }: FactLook<AccountingBook>, sample: Sample, habit: Habit): Finding {
  const { currency } = sample;
  const share = habit.withReference / habit.count;
  return {
    subject: sample.subject,
    state: 'missing-reference',
    grade: 2,
    evidence: {
      figures: [
        { name: 'amount', money: { amount: sample.amount, currency } },
        { name: 'similar transactions', value: habit.count },
        { name: 'with a reference', value: habit.withReference },
      ],
      positions: [],
    },
    byRules: () => ({
      action: { kind: 'flag-transaction', transactionRef: sample.subject, concerns: ['missing-reference'] },
      ...dynamicConfidence(book.learning, settings, DECISION_TYPE, {
        volume: habit.count / FULL_VOLUME,
        stability: share,
        seasonal: habit.steadiness,
      }),
      reasoning:
        `${atStart(nameOf(sample))} of ${inWords(sample.amount, currency)} names no receipt or invoice, while ${percent(share)} of ` +
        `${habit.count} similar ones do. Ask for the receipt and add its number.`,
    }),
  };
}
