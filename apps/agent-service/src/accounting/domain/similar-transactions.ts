import { DAY_MS, fnv1a, type LocalMoment, type Money } from '#libs/kernel';
import type { OrderCompleted, TransactionRecorded } from '#libs/contracts';
import { habitOf, type Habit } from './habit.ts';

/** What is compared of a transaction or sale. */
export type Sample = Readonly<{
  /** `transaction:<id>` or `order:<id>`. */
  subject: string;
  /** Minor units, without sign: what takes back is compared with what takes back. */
  amount: number;
  currency: string;
  /** Counterparty, customer or pair of accounts; empty when nobody is named. */
  party: string;
  /** What it says it is for, without its numbers; of a sale what was sold. */
  content: string;
  reference: string;
  atMs: number;
  position: number;
}>;

/**
 * Transactions that are alike by kind, category, direction and currency, of the last {@link SIMILAR_DAYS} days. The columns are
 * parallel: the i-th entry of each belongs to the i-th transaction.
 */
export type SimilarGroup = {
  amounts: number[];
  minutes: number[];
  /** Days since 1970 of the business's calendar. */
  days: number[];
  /** Fingerprint of amount, party and content. */
  prints: number[];
  hasReference: number[];
  /** The latest, in full, to find what is the same. */
  recent: Sample[];
  /** Of the transactions before the latest one. */
  habit: Habit | undefined;
  /** How many transactions the habit is made of, and on which day. */
  habitOf: { count: number; day: number };
};

/** What an agent remembers of transactions to compare others with. Plain data. */
export type SimilarBook = {
  groups: Map<string, SimilarGroup>;
  /** The latest transaction that was entered, and the group it was entered in. */
  latest: { position: number; group: string } | undefined;
};

export const SIMILAR_DAYS = 90;
/** For so long the same transaction again may be a mistake. */
export const REPEAT_MS = 3 * DAY_MS;
const MOST_RECENT = 400;
const MOST_SAMPLES = 10_000;
const MOST_GROUPS = 500;
/** A small group learns from each transaction; a large one when it has grown by this share, or after so many days. */
const SMALL = 24;
const GROWN = 1.05;
const STALE_DAYS = 3;

export function openSimilar(): SimilarBook {
  return { groups: new Map(), latest: undefined };
}

/** Enters a transaction in its group; the group's habit stays that of the ones before it. */
export function enterSample(
  book: SimilarBook,
  { key, sample, local }: Readonly<{ key: string; sample: Sample; local: LocalMoment }>,
): void {
  const group = groupOf(book, key);
  const day = Math.floor(Date.parse(`${local.date}T00:00:00Z`) / DAY_MS);
  forgetOld(group, day);
  refreshHabit(group, day);
  group.amounts.push(sample.amount);
  group.minutes.push(local.minuteOfDay);
  group.days.push(day);
  group.prints.push(printOf(sample));
  group.hasReference.push(sample.reference === '' ? 0 : 1);
  while (group.recent.length > 0 && isOver(group.recent[0], sample.atMs)) group.recent.shift();
  group.recent.push(sample);
  if (group.recent.length > MOST_RECENT) group.recent.shift();
  book.latest = { position: sample.position, group: key };
}

/** The same amount, party and content give the same number. */
export function printOf({ amount, party, content }: Pick<Sample, 'amount' | 'party' | 'content'>): number {
  return fnv1a(`${amount}|${party}|${content}`);
}

function groupOf(book: SimilarBook, key: string): SimilarGroup {
  const known = book.groups.get(key);
  if (known) {
    // Maps keep the order of insertion: what was used last stands last, and the first is forgotten first.
    book.groups.delete(key);
    book.groups.set(key, known);
    return known;
  }
  const group: SimilarGroup = {
    ...{ amounts: [], minutes: [], days: [], prints: [], hasReference: [], recent: [] },
    ...{ habit: undefined, habitOf: { count: 0, day: 0 } },
  };
  book.groups.set(key, group);
  const oldest = book.groups.keys().next();
  if (book.groups.size > MOST_GROUPS && oldest.done !== true) book.groups.delete(oldest.value);
  return group;
}

const isOver = (sample: Sample | undefined, atMs: number): boolean =>
  sample !== undefined && sample.atMs < atMs - REPEAT_MS;

function forgetOld(group: SimilarGroup, day: number): void {
  const { days } = group;
  let old = 0;
  while (old < days.length && (days[old] ?? day) < day - SIMILAR_DAYS) old += 1;
  old = Math.max(old, days.length - MOST_SAMPLES);
  if (old === 0) return;
  for (const column of [group.amounts, group.minutes, days, group.prints, group.hasReference]) column.splice(0, old);
}

function refreshHabit(group: SimilarGroup, day: number): void {
  const { count, day: madeOn } = group.habitOf;
  const samples = group.amounts.length;
  if (samples === 0) return;
  const isDue = samples <= SMALL || Math.abs(day - madeOn) >= STALE_DAYS || samples >= count * GROWN;
  if (!isDue) return;
  group.habit = habitOf(group);
  group.habitOf = { count: samples, day };
}

/** The group and what is compared of a transaction. */
export function sampleOfTransaction(
  data: TransactionRecorded,
  at: Readonly<{ atMs: number; position: number }>,
): Readonly<{ key: string; sample: Sample }> {
  const { transactionId, kind, category = '', amount, counterparty, description, reference = '' } = data;
  const accounts = kind === 'transfer' ? `${data.fromAccountId ?? ''}>${data.toAccountId ?? ''}` : '';
  return {
    key: groupKey(kind, category, amount),
    sample: {
      subject: `transaction:${transactionId}`,
      amount: Math.abs(amount.amount),
      currency: amount.currency,
      party: counterparty === undefined ? accounts : alike(counterparty),
      content: alike(description),
      reference: reference.trim().toLowerCase(),
      ...at,
    },
  };
}

/** The group and what is compared of a sale or return. */
export function sampleOfOrder(
  data: OrderCompleted,
  at: Readonly<{ atMs: number; position: number }>,
): Readonly<{ key: string; sample: Sample }> {
  const { orderId, kind, channel = '', customerId = '', total, lines } = data;
  const sold = lines.map(({ sku, quantity }) => `${sku}*${quantity.value}`).toSorted();
  return {
    key: groupKey(`order-${kind}`, channel, total),
    sample: {
      subject: `order:${orderId}`,
      amount: Math.abs(total.amount),
      currency: total.currency,
      party: customerId,
      content: sold.join(' '),
      reference: '',
      ...at,
    },
  };
}

function groupKey(kind: string, category: string, { amount, currency }: Money): string {
  return `${kind}|${category}|${amount < 0 ? 'back' : 'on'}|${currency}`;
}

/** Two texts that differ only in case, spaces or numbers are alike: "Invoice 17" and "invoice 18". */
function alike(text: string): string {
  return text
    .toLowerCase()
    .replace(/[\d\s#.,:;/_-]+/gu, ' ')
    .trim();
}
