import type { LabelKind } from '../label.ts';
import { DAY_MS } from '#libs/kernel';
import type { Random } from '../random.ts';
import type { Good, Supplier } from '../trades/trade.ts';
import type { Day, World } from '../world.ts';

const MONDAY = 1;
const WEEKLY_DRIFT = 0.004;
const NOISE = 0.01;
/** While a supplier is bad: how often it keeps its word, by how many days it fails to, what it asks for. */
const BAD_RELIABILITY = 0.25;
const BAD_DAYS = 35;
const BAD_PRICE = 1.06;
const LABELLED_DAYS = 45;
/** What is stuck comes so many days late. */
const STUCK_DAYS = 6;

/** How the suppliers keep their word, and what they ask for. */
export class SupplierConduct {
  readonly #world: World;
  readonly #random: Random;
  readonly #drift = new Map<string, number>();
  #badFromDay = -Infinity;
  #stuckFromDay = Infinity;
  #today = 0;
  #stuck: Supplier | undefined;

  constructor(world: World) {
    this.#world = world;
    this.#random = world.random('suppliers');
  }

  plan({ index, weekday, date }: Day): void {
    this.#today = index;
    if (weekday === MONDAY) this.#driftPrices();
    if (this.#has('stock-out', index)) this.#stuckFromDay = Math.min(this.#stuckFromDay, index);
    if (!this.#has('unreliable-supplier', index)) return;
    this.#badFromDay = index;
    this.#world.at(date, 0, () => {
      const { nowMs } = this.#world;
      this.#world.label({
        class: 'situation',
        kind: 'unreliable-supplier',
        subjectRef: `supplier:${this.#laxSupplier.supplierId}`,
        decisionTypes: ['supplier_performance'],
        atMs: nowMs,
        untilMs: nowMs + LABELLED_DAYS * DAY_MS,
      });
    });
  }

  /** Days by which the delivery of an order that is placed now will miss its day. */
  lateDays(supplier: Supplier): number {
    this.#stuck = undefined;
    if (this.#today >= this.#stuckFromDay && supplier === this.#stuckSupplier) {
      this.#stuckFromDay = Infinity;
      this.#stuck = supplier;
      return STUCK_DAYS;
    }
    if (this.#isBad(supplier)) return this.#random.chance(BAD_RELIABILITY) ? 0 : this.#random.between(1, 3);
    return this.#random.chance(supplier.reliability) ? 0 : this.#random.between(1, 2);
  }

  /** Whether the order that was asked about last will be stuck. */
  isStuck(supplier: Supplier): boolean {
    return this.#stuck === supplier;
  }

  /** Minor units for one piece, on an order that is placed now. */
  unitCost(good: Good, supplier: Supplier): number {
    const factor =
      supplier.priceFactor *
      (this.#drift.get(supplier.supplierId) ?? 1) *
      (this.#isBad(supplier) ? BAD_PRICE : 1) *
      this.#world.scenarios.factor(this.#today, 'supplyCost') *
      this.#random.normal(1, NOISE);
    return Math.max(1, Math.round(this.#world.minor(good.unitCost) * factor));
  }

  /** What goods that keep come from: one that gets worse, and another whose orders are stuck now and then. */
  get #laxSupplier(): Supplier {
    return this.#supplierAt(1);
  }

  get #stuckSupplier(): Supplier {
    return this.#supplierAt(1);
  }

  #supplierAt(index: number): Supplier {
    const supplier = this.#world.trade.suppliers[index];
    if (supplier === undefined) throw new Error(`The trade has no supplier number ${index}.`);
    return supplier;
  }

  #isBad(supplier: Supplier): boolean {
    const age = this.#today - this.#badFromDay;
    return supplier === this.#laxSupplier && age >= 0 && age < BAD_DAYS;
  }

  #has(kind: LabelKind, day: number): boolean {
    return this.#world.plot.has(kind, day);
  }

  #driftPrices(): void {
    for (const { supplierId } of this.#world.trade.suppliers) {
      const change = 1 + this.#random.normal(0, WEEKLY_DRIFT);
      this.#drift.set(supplierId, Math.min(1.15, Math.max(0.9, (this.#drift.get(supplierId) ?? 1) * change)));
    }
  }
}
