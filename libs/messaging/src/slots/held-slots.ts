import type { SlotClaim, SlotHolder } from './slot-holder.ts';

/** `draining`: given up, but something may still be under way; `drained`: may be given to another instance. */
type Stage = 'held' | 'draining' | 'drained';
type Held = { readonly fence: number; stage: Stage };

/**
 * What this process believes that it holds, and until when; tells the holders of each change.
 *
 * The time is the process's own, measured from before each renewal was asked for, so a pause of the process or an
 * answer that was long under way shortens it and never lengthens it.
 */
export class HeldSlots {
  private readonly holders: readonly SlotHolder[];
  private readonly onFailure: (error: unknown) => void;
  private readonly slots = new Map<number, Held>();
  private sureUntil = -Infinity;

  constructor(holders: readonly SlotHolder[], onFailure: (error: unknown) => void) {
    this.holders = holders;
    this.onFailure = onFailure;
  }

  /** Everything that is leased to this instance, drained or not. */
  get claims(): readonly SlotClaim[] {
    return [...this.slots].map(([slot, { fence }]) => ({ slot, fence }));
  }

  get drained(): readonly SlotClaim[] {
    return this.claims.filter(({ slot }) => this.slots.get(slot)?.stage === 'drained');
  }

  /** Slots to work on, in their order. */
  get held(): readonly number[] {
    return this.claims
      .filter(({ slot }) => this.isHeld(slot))
      .map(({ slot }) => slot)
      .sort((left, right) => left - right);
  }

  /** Milliseconds for which the claims are still believed; not positive when they are believed no more. */
  get sureForMs(): number {
    return this.sureUntil - performance.now();
  }

  isHeld(slot: number): boolean {
    return this.slots.get(slot)?.stage === 'held' && this.sureForMs > 0;
  }

  /** @param untilMs by `performance.now()` */
  beSureUntil(untilMs: number): void {
    this.sureUntil = untilMs;
  }

  gain(claims: readonly SlotClaim[]): void {
    for (const { slot, fence } of claims) this.slots.set(slot, { fence, stage: 'held' });
    this.tell((holder) => {
      holder.gain(claims);
    });
  }

  /** Keeps slots that came too late to be worked on, so that they are given back. */
  receiveDrained(claims: readonly SlotClaim[]): void {
    for (const { slot, fence } of claims) this.slots.set(slot, { fence, stage: 'drained' });
  }

  /** @returns when no holder has anything under way in these slots; never rejects */
  async drain(slots: readonly number[]): Promise<void> {
    for (const slot of slots) this.move(slot, 'draining');
    const released: Promise<void>[] = [];
    this.tell((holder) => {
      released.push(holder.release(slots));
    });
    for (const outcome of await Promise.allSettled(released))
      if (outcome.status === 'rejected') this.onFailure(outcome.reason);
  }

  /** Whether it makes a difference: slots that were dropped meanwhile are none of ours, nor are those gained since. */
  finishDraining(claims: readonly SlotClaim[]): boolean {
    const ours = claims.filter(({ slot, fence }) => this.slots.get(slot)?.fence === fence);
    for (const { slot } of ours) this.move(slot, 'drained');
    return ours.length > 0;
  }

  /** Forgets slots whose holders were told before. */
  forget(claims: readonly SlotClaim[]): void {
    for (const { slot } of claims) this.slots.delete(slot);
  }

  /** @returns what was held or under way of them */
  drop(claims: readonly SlotClaim[]): readonly number[] {
    const atWork = claims.filter(({ slot }) => this.slots.get(slot)?.stage !== 'drained').map(({ slot }) => slot);
    this.forget(claims);
    if (atWork.length > 0)
      this.tell((holder) => {
        holder.drop(atWork);
      });
    return atWork;
  }

  private move(slot: number, stage: Stage): void {
    const held = this.slots.get(slot);
    if (held) held.stage = stage;
  }

  private tell(what: (holder: SlotHolder) => void): void {
    for (const holder of this.holders) {
      try {
        what(holder);
      } catch (error) {
        this.onFailure(error);
      }
    }
  }
}
