import { plusDays, type LocalDate } from '#libs/kernel';
import { put, take, type StockBatch } from '../../domain/stock-batch.ts';
import { plus, type StockChange } from '../../domain/stock-change.ts';

type Shelf = Readonly<{
  /** The first to be used first. */
  batches: readonly Readonly<StockBatch>[];
  onHand: number;
  shelfLifeDays: number | null;
}>;

/** The batches after a change, as the inventory agent has them: together they are what is on hand, or nothing when that is below zero. */
export function batchesAfter(shelf: Shelf, change: StockChange, today: LocalDate): readonly Readonly<StockBatch>[] {
  if (change.onHand === 0) return shelf.batches;
  const batches = shelf.batches.map((batch) => ({ ...batch }));
  if (change.onHand < 0) {
    take(batches, -change.onHand, change.lot?.lotId);
    return batches;
  }
  const expiresOn = change.lot?.expiresOn ?? null;
  const { shelfLifeDays } = shelf;
  put(batches, {
    lotId: change.lot?.lotId ?? null,
    expiresOn,
    receivedOn: today,
    useBy: expiresOn ?? (shelfLifeDays === null ? null : plusDays(today, shelfLifeDays)),
    // What was already sold before it was said to have come is gone.
    quantity: Math.min(change.onHand, plus(shelf.onHand, change.onHand)),
  });
  return batches;
}
