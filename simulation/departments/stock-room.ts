/** What expires together; a lot without a day keeps for ever. */
export type StoredLot = Readonly<{ lotId: string; expiresOn?: string; quantity: number }>;

/** Sorts behind every day. */
const NEVER = '~';

/** The stock on the shelves, by item and lot, oldest first. Whole units; never below zero. */
export class StockRoom {
  readonly #lots = new Map<string, StoredLot[]>();

  /** How much there is of an item. */
  level(sku: string): number {
    return this.#sum(sku, () => true);
  }

  /** How much of it may still be used on that day. */
  levelGoodOn(sku: string, date: string): number {
    return this.#sum(sku, ({ expiresOn }) => expiresOn === undefined || expiresOn >= date);
  }

  put(sku: string, lot: StoredLot): void {
    const same = this.#lotsOf(sku).find(({ lotId }) => lotId === lot.lotId);
    const merged = { ...lot, quantity: lot.quantity + (same?.quantity ?? 0) };
    const lots = [...this.#lotsOf(sku).filter((other) => other !== same), merged];
    this.#lots.set(sku, lots.sort(byExpiry));
  }

  /** Takes from the oldest lots; takes nothing, and says so, when there is not enough. */
  take(sku: string, quantity: number): boolean {
    if (this.level(sku) < quantity) return false;
    let missing = quantity;
    const left = this.#lotsOf(sku).map((lot) => {
      const taken = Math.min(lot.quantity, missing);
      missing -= taken;
      return { ...lot, quantity: lot.quantity - taken };
    });
    this.#lots.set(
      sku,
      left.filter((lot) => lot.quantity > 0),
    );
    return true;
  }

  /** The oldest lot of an item that may no longer be used on that day, taken off the shelf. */
  takeExpired(sku: string, date: string): StoredLot | undefined {
    const [oldest, ...others] = this.#lotsOf(sku);
    if (oldest?.expiresOn === undefined || oldest.expiresOn >= date) return undefined;
    this.#lots.set(sku, others);
    return oldest;
  }

  #lotsOf(sku: string): readonly StoredLot[] {
    return this.#lots.get(sku) ?? [];
  }

  #sum(sku: string, counts: (lot: StoredLot) => boolean): number {
    return this.#lotsOf(sku).reduce((sum, lot) => (counts(lot) ? sum + lot.quantity : sum), 0);
  }
}

function byExpiry(left: StoredLot, right: StoredLot): number {
  const [one, other] = [left.expiresOn ?? NEVER, right.expiresOn ?? NEVER];
  if (one === other) return 0;
  return one < other ? -1 : 1;
}
