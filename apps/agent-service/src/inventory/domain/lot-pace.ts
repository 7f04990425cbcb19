import type { LocalDate } from '#libs/kernel';
import { expectedUse, type ItemOutlook } from './item-outlook.ts';
import { plus } from './stock-change.ts';
import { dayNumber } from './stock-book.ts';
import { onShelf, type StockBatch } from './stock-batch.ts';

/** How much of a batch will still lie there when it has expired. */
export type BatchAtRisk = Readonly<{ batch: StockBatch; atRisk: number }>;

/**
 * What of each batch will not be used before it expires, if all goes at the usual pace and what expires first is used first. A
 * batch is good up to and with the day on which it expires; one whose day was not told never expires. Without a known pace
 * nothing will be used.
 */
export function batchesAtRisk(
  batches: readonly StockBatch[],
  outlook: ItemOutlook,
  today: LocalDate,
): readonly BatchAtRisk[] {
  let used = 0;
  const day = dayNumber(today);
  return batches.map((batch) => {
    if (batch.expiresOn === null) {
      used += batch.quantity;
      return { batch, atRisk: 0 };
    }
    const daysLeft = dayNumber(batch.expiresOn) - day + 1;
    const pace = daysLeft > 0 ? expectedUse(outlook, today, daysLeft) : 0;
    const willBeUsed = Math.min(batch.quantity, Math.max(0, pace - used));
    used += willBeUsed;
    return { batch, atRisk: plus(batch.quantity, -wholePieces(willBeUsed, batch.quantity)) };
  });
}

/** Of what is counted in pieces no part is used. A binary remainder is no reason for one less. */
const wholePieces = (used: number, of: number): number => (Number.isInteger(of) ? Math.floor(used + 1e-6) : used);

/** What is there and can still be used: all but what will have expired by a day without being used. */
export function usableUntil(
  batches: readonly StockBatch[],
  outlook: ItemOutlook,
  { today, until }: Readonly<{ today: LocalDate; until: LocalDate }>,
): number {
  if (!batches.some(({ expiresOn }) => expiresOn !== null && expiresOn < until)) return onShelf(batches);
  return batchesAtRisk(batches, outlook, today).reduce((sum, { batch, atRisk }) => {
    const expires = batch.expiresOn !== null && batch.expiresOn < until;
    return plus(sum, batch.quantity - (expires ? atRisk : 0));
  }, 0);
}
