import { setTimeout as delay } from 'node:timers/promises';
import { WakeSignal, type Queryable } from '#libs/event-store';
import { SECOND_MS, SLOT_COUNT } from '#libs/kernel';
import type { Bus } from '../bus.ts';
import { planSlots } from './fair-share.ts';
import { HeldSlots } from './held-slots.ts';
import type { SlotClaim, SlotHolder } from './slot-holder.ts';
import { SlotTable, type SlotSight } from './slot-table.ts';
import { SlotsLost, SlotsNotConfirmed, SlotsStillBusy } from './slot.errors.ts';

export type SlotLeasesOptions = Readonly<{
  database: Queryable;
  /** Brings notices from other instances, so that slots change hands at once; correct without. */
  bus: Bus;
  /** The instances among which the slots are shared: the service's name. */
  group: string;
  /** This instance; never two alive with the same name. */
  owner: string;
  holders: readonly SlotHolder[];
  onFailure: (error: unknown) => void;
  /** @default 6000: another instance takes over at most this long after a sudden death */
  ttlMs?: number;
}>;

/** For health. */
export type SlotStatus = Readonly<{
  held: readonly number[];
  /** Live instances at the last look, this one included once it is a member. */
  members: readonly string[];
  /** What hinders now. */
  trouble: string | null;
}>;

const DEFAULT_TTL_MS = 6 * SECOND_MS;
/** Past the end of another's lease, so that one look finds all that ends at about the same time. */
const PAST_END_MS = 20;

/**
 * Shares the 64 slots out among the live instances of a service, so that each slot is worked on by one of them.
 *
 * As far as a lease can promise that: a process that was paused may go on for a moment with what it had begun, so every
 * transaction must compare its fence, and whoever starts something asks `isHeld` first, which knows the time.
 *
 * Leases are renewed after a third of their time. When the database has not confirmed that after two thirds, everything is
 * dropped, which leaves the last third before another instance takes it.
 */
export class SlotLeases {
  private readonly options: SlotLeasesOptions;
  private readonly ttlMs: number;
  private readonly table: SlotTable;
  private readonly slots: HeldSlots;
  private readonly wake = new WakeSignal();
  private readonly never = new AbortController().signal;
  private members: readonly string[] = [];
  private trouble: string | null = null;
  private watchdog: NodeJS.Timeout | undefined;
  private unsubscribe: (() => void) | undefined;
  private running: Promise<void> | undefined;
  private leaving = false;

  constructor(options: SlotLeasesOptions) {
    this.options = options;
    this.ttlMs = options.ttlMs ?? DEFAULT_TTL_MS;
    this.table = new SlotTable({ ...options, ttlMs: this.ttlMs, answerWithinMs: this.ttlMs / 3 });
    this.slots = new HeldSlots(options.holders, (error) => {
      this.fail(error);
    });
  }

  /** Slots to work on now, in their order. */
  get held(): readonly number[] {
    return this.slots.held;
  }

  get status(): SlotStatus {
    return { held: this.held, members: this.members, trouble: this.trouble };
  }

  /** To be asked before anything is started: false as soon as the lease may be over, even before `drop` was called. */
  isHeld(slot: number): boolean {
    return this.slots.isHeld(slot);
  }

  start(): void {
    if (this.running) return;
    const { bus, owner } = this.options;
    this.unsubscribe = bus.subscribe(this.subject, ({ text }) => {
      if (text !== owner) this.wake.notify();
    });
    this.running = this.run();
  }

  /** Lets all work on slots end, gives them back, and tells the others, who take them at once. Safe to call twice. */
  async stop(): Promise<void> {
    if (!this.leaving) {
      this.leaving = true;
      this.shed(this.held);
      this.wake.notify();
    }
    await this.running;
    clearTimeout(this.watchdog);
    this.unsubscribe?.();
  }

  private get subject(): string {
    return `slots.${this.options.group}`;
  }

  private async run(): Promise<void> {
    while (!(await this.hasLeft())) {
      const waitMs = await this.turn();
      await this.wake.wait(waitMs, this.never);
    }
  }

  /** Leaves when that was asked for and nothing is under way any more; without the database, the leases end by themselves. */
  private async hasLeft(): Promise<boolean> {
    const { claims, drained } = this.slots;
    if (!this.leaving || drained.length < claims.length) return false;
    try {
      await this.table.giveBack(drained, 'and leave');
    } catch (error) {
      this.fail(error);
    }
    this.slots.forget(drained);
    this.members = [];
    this.tellOthers();
    return true;
  }

  /** Never rejects. @returns after how many milliseconds to look again, unless woken */
  private async turn(): Promise<number> {
    try {
      await this.giveBackDrained();
      const waitMs = await this.look();
      this.trouble = null;
      return waitMs;
    } catch (error) {
      this.fail(error);
      return this.ttlMs / 6;
    } finally {
      this.dropWhenUnsure();
    }
  }

  private async giveBackDrained(): Promise<void> {
    const { drained } = this.slots;
    if (drained.length === 0) return;
    await this.table.giveBack(drained, 'and stay');
    this.slots.forget(drained);
    this.tellOthers();
  }

  /** One renewal, and a step towards the fair share. @returns as `turn` */
  private async look(): Promise<number> {
    const askedAt = performance.now();
    const sight = await this.seeAll();
    this.dropWhenUnsure();
    const isNew = this.slots.sureForMs <= 0;
    this.slots.beSureUntil(askedAt + (this.ttlMs * 2) / 3);
    this.watch();
    this.dropLost(sight);
    this.members = [...sight.members, this.options.owner].sort();
    // Who holds too much learns of it now rather than when it looks by itself.
    if (isNew) this.tellOthers();
    await this.approachShare(sight);
    const lookIn = Math.min(this.ttlMs / 3, (sight.nextEndMs ?? Infinity) + PAST_END_MS);
    return Math.max(0, askedAt + lookIn - performance.now());
  }

  private async seeAll(): Promise<SlotSight> {
    const sight = await this.table.look(this.slots.claims);
    if (sight.leases.length === SLOT_COUNT) return sight;
    await this.table.open();
    return this.table.look(this.slots.claims);
  }

  private async approachShare({ members, leases }: SlotSight): Promise<void> {
    if (this.leaving) return;
    const { held: mine, claims } = this.slots;
    const claimed = claims.map(({ slot }) => slot);
    const { shed, take } = planSlots({ owner: this.options.owner, mine, leaving: claimed, members, leases });
    this.shed(shed);
    if (take > 0) this.receive(await this.table.take(take, claimed));
  }

  private receive(claims: readonly SlotClaim[]): void {
    this.dropWhenUnsure();
    // Those that come too late to be sure of bear this instance's name, and are taken again at the next turn.
    if (this.slots.sureForMs <= 0) this.wake.notify();
    else if (this.leaving) this.slots.receiveDrained(claims);
    else this.slots.gain(claims);
  }

  /** Gives slots away when the work on them has ended, or after most of a lease's time. */
  private shed(slots: readonly number[]): void {
    if (slots.length > 0) void this.drain(this.slots.claims.filter(({ slot }) => slots.includes(slot)));
  }

  private async drain(claims: readonly SlotClaim[]): Promise<void> {
    const slots = claims.map(({ slot }) => slot);
    const withinMs = (this.ttlMs * 5) / 6;
    const over = new AbortController();
    const inTime = await Promise.race([
      this.slots.drain(slots).then(() => true),
      delay(withinMs, false, { signal: over.signal }),
    ]);
    over.abort();
    if (!this.slots.finishDraining(claims)) return;
    if (!inTime) this.fail(new SlotsStillBusy(slots, withinMs));
    this.wake.notify();
  }

  private dropLost({ renewed }: SlotSight): void {
    const kept = new Set(renewed);
    const lost = this.slots.drop(this.slots.claims.filter(({ slot }) => !kept.has(slot)));
    if (lost.length > 0) this.fail(new SlotsLost(lost, this.options.owner));
  }

  private watch(): void {
    clearTimeout(this.watchdog);
    this.watchdog = setTimeout(() => {
      if (this.slots.sureForMs > 0) this.watch();
      else this.dropWhenUnsure();
    }, Math.ceil(this.slots.sureForMs));
  }

  private dropWhenUnsure(): void {
    if (this.slots.sureForMs > 0) return;
    const dropped = this.slots.drop(this.slots.claims);
    if (dropped.length === 0) return;
    this.fail(new SlotsNotConfirmed(dropped, (this.ttlMs * 2) / 3));
    this.wake.notify();
  }

  /** Harmless when it gets lost: the others look by themselves. */
  private tellOthers(): void {
    try {
      this.options.bus.publish(this.subject, this.options.owner);
    } catch (error) {
      this.fail(error);
    }
  }

  private fail(error: unknown): void {
    this.trouble = error instanceof Error ? error.message : String(error);
    this.options.onFailure(error);
  }
}
