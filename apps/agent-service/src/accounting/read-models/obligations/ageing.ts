import { plusDays, type LocalDate } from '#libs/kernel';
import type { AgeingBucket } from '#libs/contracts';

/** From how many days after the due day on, the least first. */
const FROM_DAYS = { current: -Infinity, '1-30': 1, '31-60': 31, '61-90': 61, 'over-90': 91 } as const satisfies Record<
  AgeingBucket,
  number
>;

/** The youngest first. */
export const BUCKETS = ['current', '1-30', '31-60', '61-90', 'over-90'] as const satisfies readonly AgeingBucket[];

/** @param daysOverdue days after the due day; 0 or less when it is not due yet */
export function bucketOf(daysOverdue: number): AgeingBucket {
  return BUCKETS.findLast((bucket) => daysOverdue >= FROM_DAYS[bucket]) ?? 'current';
}

/** The first day on which documents of a bucket were due; `null` when there is none. */
export function firstDueDay(bucket: AgeingBucket, today: LocalDate): LocalDate | null {
  const next = BUCKETS[BUCKETS.indexOf(bucket) + 1];
  return next === undefined ? null : plusDays(today, 1 - FROM_DAYS[next]);
}

/** The last day on which documents of a bucket were due; `null` when there is none. */
export function lastDueDay(bucket: AgeingBucket, today: LocalDate): LocalDate | null {
  return bucket === 'current' ? null : plusDays(today, -FROM_DAYS[bucket]);
}
