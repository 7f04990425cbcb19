/** A slot that this instance holds, and the number that says so in every transaction that works on it. */
export type SlotClaim = Readonly<{ slot: number; fence: number }>;

/** Someone who works on slots while this instance holds them. What it throws is reported and changes nothing. */
export interface SlotHolder {
  /**
   * Held from now on; the fence is higher than any that was given for the slot before. It may come while a `release` of
   * the same slot has not resolved, when that took too long.
   */
  gain(claims: readonly SlotClaim[]): void;
  /** To be given to another instance: start nothing more of them; resolves when nothing of them is under way any more. */
  release(slots: readonly number[]): Promise<void>;
  /** The lease could not be renewed in time: start nothing more of them; what is under way will be refused by the fence. */
  drop(slots: readonly number[]): void;
}
