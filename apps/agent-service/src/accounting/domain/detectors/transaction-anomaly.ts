import { NOTHING, type Detection, type Detector, type FactLook, type Finding } from '#libs/agent-kit';
import type { DecisionAction } from '#libs/contracts';
import { agreement, judge, type Verdict } from '../anomaly-methods.ts';
import type { AccountingBook } from '../accounting-book.ts';
import { dynamicConfidence, FULL_VOLUME } from '../confidence.ts';
import type { Habit } from '../habit.ts';
import { cautionOf } from '../learning-book.ts';
import { atStart, latestTransaction, nameOf } from '../latest-transaction.ts';
import type { Sample } from '../similar-transactions.ts';
import { change, clockTime, counted, inWords, percent } from '../words.ts';

const DECISION_TYPE = 'transaction_anomaly';
const METHODS = 4;
/** Two methods of five say what one glance would: that something is not as usual. */
const LEAST_AGREEMENT = 2;

/** A transaction or sale whose amount or time is not as those like it: at least two of the methods say so. */
export const transactionAnomaly: Detector<AccountingBook> = {
  id: 'transaction-anomaly',
  decisionType: DECISION_TYPE,
  kind: 'occurrence',
  onFact: {
    types: ['steward.accounting.transaction-recorded.v1', 'steward.sales.order-completed.v1'],
    look,
  },
};

function look(at: FactLook<AccountingBook>): Detection {
  const { book, fact, settings } = at;
  const latest = latestTransaction(book, fact);
  const habit = latest?.group.habit;
  if (!latest || !habit) return NOTHING;
  const { sample } = latest;
  const verdict = judge({ amount: sample.amount, local: fact.local }, habit, {
    threshold: settings.agents.accounting.anomalyThreshold,
    sensitivity: cautionOf(book.learning, DECISION_TYPE),
  });
  if (agreement(verdict) < LEAST_AGREEMENT) return NOTHING;
  return { looked: [sample.subject], findings: [findingOf(at, { sample, habit, verdict })] };
}

type Case = Readonly<{ sample: Sample; habit: Habit; verdict: Verdict }>;
type Concern = Extract<DecisionAction, { kind: 'flag-transaction' }>['concerns'][number];

function concernsOf({ says }: Verdict): Concern[] {
  const concerns: Concern[] = [];
  if (says.zScore || says.quartiles || says.median) concerns.push('unusual-amount');
  if (says.hour) concerns.push('unusual-time');
  return concerns;
}

function findingOf(at: FactLook<AccountingBook>, { sample, habit, verdict }: Case): Finding {
  const { fact, settings, book } = at;
  const { currency } = sample;
  const concerns = concernsOf(verdict);
  const money = (amount: number): Readonly<{ amount: number; currency: string }> => ({
    amount: Math.round(amount),
    currency,
  });
  return {
    subject: sample.subject,
    state: concerns.join('+'),
    grade: concerns.includes('unusual-amount') && Math.abs(verdict.medianDistance) > 5 ? 4 : 3,
    evidence: {
      figures: [
        { name: 'amount', money: money(sample.amount) },
        { name: 'usual amount (median)', money: money(habit.amount.median) },
        { name: 'similar transactions', value: habit.count },
        { name: 'z-score', value: rounded(verdict.zScore) },
        { name: 'distance to the median', value: rounded(verdict.medianDistance), unit: 'share' },
        { name: 'local time', value: clockTime(fact.local.minuteOfDay) },
        { name: 'share of transactions at this hour', value: rounded(verdict.hourShare), unit: 'share' },
        { name: 'methods that agree', value: Math.min(METHODS, agreement(verdict)), unit: `of ${METHODS}` },
      ],
      positions: [],
    },
    byRules: () => ({
      action: { kind: 'flag-transaction', transactionRef: sample.subject, concerns },
      ...dynamicConfidence(book.learning, settings, DECISION_TYPE, {
        volume: habit.count / FULL_VOLUME,
        stability: (agreement(verdict) + 1) / METHODS,
        seasonal: habit.steadiness,
      }),
      reasoning: reasoningOf({ sample, habit, verdict }, fact.local.minuteOfDay),
    }),
  };
}

function reasoningOf({ sample, habit, verdict }: Case, minuteOfDay: number): string {
  const { currency } = sample;
  const { says, medianDistance, zScore } = verdict;
  const parts = [`${atStart(nameOf(sample))} of ${inWords(sample.amount, currency)} is unusual.`];
  if (says.zScore || says.quartiles || says.median) {
    const usual = inWords(Math.round(habit.amount.median), currency);
    parts.push(
      `The median of ${counted(habit.count, 'similar one')} is ${usual}; this one is ${change(medianDistance)} from it, ` +
        `${rounded(zScore)} times the usual spread.`,
    );
  }
  if (says.hour) {
    parts.push(
      `It was at ${clockTime(minuteOfDay)}, when ${percent(verdict.hourShare)} of ${counted(habit.count, 'similar one')} happen, ` +
        `${counted(verdict.minutesToUsual, 'minute')} from the nearest usual hour.`,
    );
  }
  parts.push('Check it against its receipt, and ask who entered it.');
  return parts.join(' ');
}

const rounded = (value: number): number => Math.round(value * 100) / 100;
