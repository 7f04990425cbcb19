import type { ItemRegistered } from '#libs/contracts';
import { plusDays, type LocalDate } from '#libs/kernel';
import { Random } from '../random.ts';
import type { Good, Supplier } from '../trades/trade.ts';
import type { World } from '../world.ts';
import { fillBasket } from './basket.ts';

export const UNIT = 'each';
const SAMPLED_TICKETS = 2_000;
const SAMPLE_SEED = 1;
/** More than is expected to be used until the next delivery, by so much, lies on the shelf when it is ordered. */
const SAFETY = 1.35;
const MINIMUM_DAYS = 0.35;

/** What is sold, how fast, and by what figures the owner keeps it in stock. */
export class Assortment {
  readonly #world: World;
  readonly #unitsPerTicket: ReadonlyMap<string, number>;

  constructor(world: World) {
    this.#world = world;
    this.#unitsPerTicket = measuredUse(world.trade.goods, world.profile.avgTicket);
  }

  get goods(): readonly Good[] {
    return this.#world.trade.goods;
  }

  supplierOf(supplierId: string): Supplier {
    const supplier = this.#world.trade.suppliers.find((each) => each.supplierId === supplierId);
    if (supplier === undefined) throw new Error(`The trade has no supplier ${supplierId}.`);
    return supplier;
  }

  /** Units that are sold on an average day of that month. */
  usePerDay(good: Good, date: LocalDate): number {
    return this.#unitsFor(good, this.#world.demand.usualRevenueInMonth(date));
  }

  /** Units that the owner expects to sell from one day on, for so many days. */
  useForeseen(good: Good, from: LocalDate, days: number): number {
    const today = this.#world.today;
    let revenue = 0;
    for (let ahead = 0; ahead < days; ahead += 1) {
      revenue += this.#world.demand.revenueForeseen(plusDays(from, ahead), today);
    }
    return this.#unitsFor(good, revenue);
  }

  masterDataOf(good: Good, date: LocalDate): ItemRegistered {
    const { leadTimeDays } = this.supplierOf(good.supplierId);
    const perDay = this.usePerDay(good, date);
    const reorderPoint = Math.ceil(perDay * (leadTimeDays + 1) * SAFETY);
    const reorderQuantity = Math.max(5, Math.ceil((perDay * good.coverDays) / 5) * 5);
    return {
      sku: good.sku,
      name: good.name,
      category: good.category,
      unit: UNIT,
      unitCost: this.#world.money(this.#world.minor(good.unitCost)),
      sellingPrice: this.#world.money(this.#world.minor(good.sellingPrice)),
      reorderPoint,
      reorderQuantity,
      minimumStock: Math.ceil(perDay * MINIMUM_DAYS),
      maximumStock: Math.ceil(reorderPoint * SAFETY) + 2 * reorderQuantity,
      supplierId: good.supplierId,
      ...(good.shelfLifeDays === undefined ? {} : { shelfLifeDays: good.shelfLifeDays }),
    };
  }

  #unitsFor(good: Good, revenue: number): number {
    return ((this.#unitsPerTicket.get(good.sku) ?? 0) * revenue) / this.#world.profile.avgTicket;
  }
}

/** Fills baskets from full shelves and counts. */
function measuredUse(goods: readonly Good[], averageTicket: number): ReadonlyMap<string, number> {
  const random = Random.forPurpose(SAMPLE_SEED, 'basket sample');
  const units = new Map<string, number>();
  for (let ticket = 0; ticket < SAMPLED_TICKETS; ticket += 1) {
    const { basket } = fillBasket({ random, goods, averageTicket, takeOne: () => true });
    for (const [{ sku }, count] of basket) units.set(sku, (units.get(sku) ?? 0) + count / SAMPLED_TICKETS);
  }
  return units;
}
