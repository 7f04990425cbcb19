import type { SlotClaim, SlotHolder } from '#libs/messaging';

/** Counts the slots that this instance holds. */
export class SlotCount implements SlotHolder {
  private readonly slots = new Set<number>();
  private readonly onCount: (held: number) => void;

  constructor(onCount: (held: number) => void) {
    this.onCount = onCount;
  }

  gain(claims: readonly SlotClaim[]): void {
    for (const { slot } of claims) this.slots.add(slot);
    this.onCount(this.slots.size);
  }

  release(slots: readonly number[]): Promise<void> {
    this.drop(slots);
    return Promise.resolve();
  }

  drop(slots: readonly number[]): void {
    for (const slot of slots) this.slots.delete(slot);
    this.onCount(this.slots.size);
  }
}
