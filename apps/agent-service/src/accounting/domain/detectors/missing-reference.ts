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
/** A category that is younger is judged with the others of its kind, if it has shown no habit of its own. */
const LEAST_OF_CATEGORY = 5;
const LEAST_OF_KIND = 60;
/** Share of those without a reference; false alarms make it less. One that was forgotten before does not excuse the next. */
const MOST_WITHOUT = 0.05;
const FORGIVEN = 1;

/** A transaction without a reference, where those like it nearly always have one. */
export const missingReference: Detector<AccountingBook> = {
  id: 'missing-reference',
  decisionType: DECISION_TYPE,
  kind: 'occurrence',
  onFact: { types: ['steward.accounting.transaction-recorded.v1'], look },
};

type References = Readonly<{ count: number; withReference: number; steadiness: number }>;

function look(at: FactLook<AccountingBook>): Detection {
  const latest = latestTransaction(at.book, at.fact);
  if (latest?.sample.reference !== '') return NOTHING;
  const known = referencesOf(at.book, latest.group.habit);
  if (!known) return NOTHING;
  const without = (known.count - known.withReference - FORGIVEN) / known.count;
  if (without > MOST_WITHOUT / cautionOf(at.book.learning, DECISION_TYPE)) return NOTHING;
  return { looked: [latest.sample.subject], findings: [findingOf(at, latest.sample, known)] };
}

/** How many of those like it name a paper; `undefined` while too few are known. */
function referencesOf({ similar }: Readonly<AccountingBook>, habit: Habit | undefined): References | undefined {
  if (habit && habit.count >= LEAST_SIMILAR) return habit;
  if (!habit || habit.count < LEAST_OF_CATEGORY || habit.withReference < habit.count) return undefined;
  const kind = kindOf(similar.latest?.group ?? '');
  const groups = [...similar.groups].flatMap(([key, group]) =>
    kindOf(key) === kind && group.habit ? [group.habit] : [],
  );
  const sum = (of: (one: Habit) => number): number => groups.reduce((total, one) => total + of(one), 0);
  const count = sum((one) => one.count);
  if (count < LEAST_OF_KIND) return undefined;
  return { count, withReference: sum((one) => one.withReference), steadiness: habit.steadiness };
}

const kindOf = (key: string): string => key.slice(0, key.indexOf('|'));

function findingOf({ book, settings }: FactLook<AccountingBook>, sample: Sample, habit: References): Finding {
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
