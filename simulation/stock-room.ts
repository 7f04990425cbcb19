/** What expires together. */
export type StoredLot = Readonly<{ lotId: string; expiresOn: string; quantity: number }>;

/** The stock on the shelves, by item and lot, oldest first. Whole units; never below zero. */
export class StockRoom {
  readonly #lots = new Map<string, StoredLot[]>();

  /** How much there is of an item. */
  level(sku: string): number {
    return this.#sum(sku, () => true);
  }

  /** How much of it may still be used on that day. */
  levelGoodOn(sku: string, date: string): number {
    return this.#sum(sku, ({ expiresOn }) => expiresOn >= date);
  }

  put(sku: string, lot: StoredLot): void {
    const lots = [...this.#lotsOf(sku), lot].sort((left, right) => (left.expiresOn < right.expiresOn ? -1 : 1));
    this.#lots.set(sku, lots);
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
    if (oldest === undefined || oldest.expiresOn >= date) return undefined;
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
