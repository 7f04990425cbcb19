import type { LocalDate } from '#libs/kernel';
import { plus } from './stock-change.ts';

/** Goods that came together and go together. */
export type StockBatch = {
  /** `null`: nobody named the lot; such goods are one batch for each day on which they came. */
  lotId: string | null;
  /** The last day on which they are good, when it was told. */
  expiresOn: LocalDate | null;
  receivedOn: LocalDate;
  /** Orders what is used first: the day told, or what the shelf life of the item lets expect; `null` keeps longest. */
  useBy: LocalDate | null;
  /** Above zero. */
  quantity: number;
};

/** Beyond so many batches of one item two become one, so that a book does not grow. */
const MOST_BATCHES = 60;

/** Puts goods on the shelf, sorted by what must be used first. Changes the list. */
export function put(batches: StockBatch[], came: StockBatch): void {
  if (came.quantity <= 0) return;
  const same = batches.find(
    ({ lotId, receivedOn }) => lotId === came.lotId && (lotId !== null || receivedOn === came.receivedOn),
  );
  if (same) {
    same.quantity = plus(same.quantity, came.quantity);
    same.expiresOn = came.expiresOn ?? same.expiresOn;
    same.useBy = came.useBy ?? same.useBy;
  } else {
    batches.push({ ...came });
  }
  batches.sort(firstToUse);
  if (batches.length > MOST_BATCHES) mergeTwo(batches);
}

/**
 * Takes goods from the shelf: from the lot that is named, the rest and everything else from what expires first. What is not
 * there can't be taken. Changes the list.
 * @returns what was taken
 */
export function take(batches: StockBatch[], quantity: number, lotId?: string): number {
  const named = lotId === undefined ? [] : batches.filter((batch) => batch.lotId === lotId);
  let left = quantity;
  for (const batch of [...named, ...batches]) {
    if (left <= 0) break;
    const taken = Math.min(left, batch.quantity);
    batch.quantity = plus(batch.quantity, -taken);
    left = plus(left, -taken);
  }
  removeEmpty(batches);
  return plus(quantity, -left);
}

/** What is on the shelf, all batches together. */
export const onShelf = (batches: readonly StockBatch[]): number =>
  batches.reduce((sum, { quantity }) => plus(sum, quantity), 0);

function removeEmpty(batches: StockBatch[]): void {
  for (let index = batches.length - 1; index >= 0; index -= 1) {
    if ((batches[index]?.quantity ?? 0) <= 0) batches.splice(index, 1);
  }
}

function firstToUse(left: StockBatch, right: StockBatch): number {
  const [ours, theirs] = [left.useBy ?? NEVER, right.useBy ?? NEVER];
  if (ours !== theirs) return ours < theirs ? -1 : 1;
  return left.receivedOn < right.receivedOn ? -1 : left.receivedOn > right.receivedOn ? 1 : 0;
}

const NEVER = '9999-12-31';

/** The two oldest without a name become one; when all have names, the two that keep longest. */
function mergeTwo(batches: StockBatch[]): void {
  const unnamed = batches.filter(({ lotId }) => lotId === null);
  const [oldest, next] = unnamed.length > 1 ? unnamed : batches.slice(-2);
  if (!oldest || !next) return;
  next.quantity = plus(next.quantity, oldest.quantity);
  batches.splice(batches.indexOf(oldest), 1);
}
