import { HOUR_MS, MINUTE_MS } from '#libs/kernel';
import { NOTHING, type Detection, type Detector, type FactLook, type Finding } from '#libs/agent-kit';
import type { AccountingBook } from '../accounting-book.ts';
import { dynamicConfidence, FULL_VOLUME } from '../confidence.ts';
import { atStart, latestTransaction, nameOf } from '../latest-transaction.ts';
import { cautionOf } from '../learning-book.ts';
import { printOf, REPEAT_MS, type Sample, type SimilarGroup } from '../similar-transactions.ts';
import { counted, inWords } from '../words.ts';

const DECISION_TYPE = 'duplicate_transaction';
/** Within it the same is the same, whatever number it got. */
const AT_ONCE_MS = HOUR_MS;
/** Papers that say nothing: on the same day, if the category is known well enough to tell that equal ones are rare. */
const SAME_DAY_MS = 12 * HOUR_MS;
const WELL_KNOWN = 20;
/** So many equal ones to be expected by chance in the time between two are no surprise. */
const MOST_EXPECTED = 0.05;
/** Hours of a day in which a business does its transactions. */
const OPEN_MINUTES = 600;
/** Sales of unnamed customers are alike by nature: only one with so many different goods tells them apart. */
const LEAST_GOODS = 3;
const UNNAMED_MS = 20 * MINUTE_MS;
const LEAST_ORDERS = 50;

/**
 * The same transaction or sale a second time: same kind, category, amount, party and content, another id, within an hour, within
 * half a day when one names no reference, or within three days when both name the same. What is often equal (a daily fee, a small ticket) is none: then so
 * many equal ones would be expected anyway, by how often they came in 90 days.
 */
export const duplicateTransaction: Detector<AccountingBook> = {
  id: 'duplicate-transaction',
  decisionType: DECISION_TYPE,
  kind: 'occurrence',
  onFact: {
    types: ['steward.accounting.transaction-recorded.v1', 'steward.sales.order-completed.v1'],
    look,
  },
};

function look(at: FactLook<AccountingBook>): Detection {
  const latest = latestTransaction(at.book, at.fact);
  if (!latest) return NOTHING;
  const { group, sample } = latest;
  const caution = cautionOf(at.book.learning, DECISION_TYPE);
  const known = group.habit?.count ?? 0;
  const original = group.recent.findLast((other) => isSame(other, sample) && isWithin(other, sample, caution, known));
  if (!original) return NOTHING;
  const expected = expectedByChance(group, original, sample);
  if (expected === undefined || expected > MOST_EXPECTED / caution) return NOTHING;
  return { looked: [sample.subject], findings: [findingOf(at, { original, sample, group, expected })] };
}

function isSame(other: Sample, sample: Sample): boolean {
  if (other.subject === sample.subject || other.amount !== sample.amount) return false;
  if (other.party !== sample.party) return false;
  const sameReference = sample.reference !== '' && sample.reference === other.reference;
  return sameReference || other.content === sample.content;
}

function isWithin(other: Sample, sample: Sample, caution: number, known: number): boolean {
  const apartMs = Math.abs(sample.atMs - other.atMs);
  return apartMs <= windowMs(other, sample, known) / caution;
}

function windowMs(other: Sample, sample: Sample, known: number): number {
  if (sample.subject.startsWith('order:')) return sample.party === '' ? UNNAMED_MS : AT_ONCE_MS;
  if (sample.reference !== '' && sample.reference === other.reference) return REPEAT_MS;
  const saysNothing = sample.reference === '' || other.reference === '';
  return saysNothing && known >= WELL_KNOWN ? SAME_DAY_MS : AT_ONCE_MS;
}

/**
 * How many equal ones would come by chance in the time between the two. One that came only once before is taken to come again as
 * often as such ones do (Good and Turing: twice those seen twice, by those seen once). `undefined` when nobody can say.
 */
function expectedByChance(group: SimilarGroup, original: Sample, sample: Sample): number | undefined {
  const print = printOf(sample);
  const equal = group.prints.reduce((count, one) => count + (one === print ? 1 : 0), 0) - 2;
  const { habit } = group;
  const days = Math.max(1, habit?.spanDays ?? 1);
  if (isAnySale(sample, group)) return undefined;
  const again = habit && habit.seenOnce > 0 ? (2 * habit.seenTwice) / habit.seenOnce : 0;
  const perMinute = (equal > 0 ? equal + 1 : again) / (days * OPEN_MINUTES);
  return (perMinute * Math.abs(sample.atMs - original.atMs)) / MINUTE_MS;
}

/** A sale to nobody named, of too few goods, or among too few, to be told from others. */
function isAnySale({ subject, party, content }: Sample, { habit }: SimilarGroup): boolean {
  if (!subject.startsWith('order:') || party !== '') return false;
  const goods = content === '' ? 0 : content.split(' ').length;
  return goods < LEAST_GOODS || (habit?.count ?? 0) < LEAST_ORDERS;
}

type Case = Readonly<{ original: Sample; sample: Sample; group: SimilarGroup; expected: number }>;

function findingOf({ book, settings }: FactLook<AccountingBook>, { original, sample, group, expected }: Case): Finding {
  const { currency } = sample;
  const minutesApart = Math.round(Math.abs(sample.atMs - original.atMs) / MINUTE_MS);
  const sameReference = sample.reference !== '' && sample.reference === original.reference;
  const count = group.habit?.count ?? 0;
  return {
    subject: sample.subject,
    state: 'duplicate',
    grade: 3,
    evidence: {
      figures: [
        { name: 'amount', money: { amount: sample.amount, currency } },
        { name: 'seems to repeat', value: original.subject },
        { name: 'minutes apart', value: minutesApart, unit: 'min' },
        { name: 'same reference', value: sameReference },
        { name: 'equal ones expected by chance', value: Math.round(expected * 10_000) / 10_000 },
        { name: 'similar transactions', value: count },
      ],
      positions: [original.position],
    },
    byRules: () => ({
      action: {
        kind: 'flag-transaction',
        ...{ transactionRef: sample.subject, concerns: ['duplicate'], relatedRef: original.subject },
      },
      ...dynamicConfidence(book.learning, settings, DECISION_TYPE, {
        volume: count / FULL_VOLUME,
        stability: 1 - expected / MOST_EXPECTED / 2,
        seasonal: sameReference || sample.party !== '' ? 1 : 0.7,
      }),
      reasoning:
        `${atStart(nameOf(sample))} of ${inWords(sample.amount, currency)} seems to be ${nameOf(original)} entered again: same amount, ` +
        `category and ${sample.party === '' ? 'content' : 'party'}, ${counted(minutesApart, 'minute')} apart` +
        `${sameReference ? ', with the same reference' : ''}. Equal ones are not usual here. ` +
        'Check whether there are two receipts; if not, take one back.',
    }),
  };
}
