import {
  ItemRegisteredV1,
  PurchaseOrderPlacedV1,
  PurchaseOrderReceivedV1,
  SupplierRegisteredV1,
} from '#libs/contracts';
import { daysBetween, plusDays, type LocalDate } from '#libs/kernel';
import type { Random } from '../random.ts';
import type { Good, Supplier } from '../trades/trade.ts';
import type { Day, World } from '../world.ts';
import { UNIT, type Assortment } from './assortment.ts';
import type { Payables } from './payables.ts';
import type { Storeroom } from './storeroom.ts';
import { SupplierConduct } from './supplier-conduct.ts';

type Line = Readonly<{ good: Good; quantity: number; unitCost: number }>;
type Order = Readonly<{ purchaseOrderId: string; supplier: Supplier; lines: readonly Line[]; expectedOn: LocalDate }>;

const ORDERED_AFTER_CLOSING_MINUTES = 40;
/** The owner reckons with so much more than is usual until the delivery after the next. */
const SAFETY = 1.25;
const OTHER_SUPPLIER_SHARE = 0.2;
const PARTIAL_SHARE = 0.03;
const FIRST_DELIVERY = 6 * 60;
const LAST_DELIVERY = 7 * 60 + 50;
const LAST_DELIVERY_IN_DAYTIME = 11 * 60;
/** A lot that is planted to expire would last for so many times its shelf life. */
const TOO_MUCH = 2.2;

/** Orders goods when they run low, receives them, and passes their bills on. */
export class Purchasing {
  readonly #world: World;
  readonly #assortment: Assortment;
  readonly #storeroom: Storeroom;
  readonly #payables: Payables;
  readonly #conduct: SupplierConduct;
  readonly #random: Random;
  readonly #onOrder = new Map<string, number>();
  #orders = 0;

  constructor(
    world: World,
    { assortment, storeroom, payables }: { assortment: Assortment; storeroom: Storeroom; payables: Payables },
  ) {
    this.#world = world;
    this.#assortment = assortment;
    this.#storeroom = storeroom;
    this.#payables = payables;
    this.#conduct = new SupplierConduct(world);
    this.#random = world.random('purchasing');
  }

  /** Units that were ordered and have not come. */
  onOrder(sku: string): number {
    return this.#onOrder.get(sku) ?? 0;
  }

  open(date: LocalDate): void {
    for (const { supplierId, name, leadTimeDays, reliability, paymentTermsDays } of this.#world.trade.suppliers) {
      const terms = { supplierId, name, leadTimeDays, reliability, paymentTermsDays };
      this.#world.publish(SupplierRegisteredV1, supplierId, terms);
    }
    this.#registerItems(date);
  }

  plan(day: Day): void {
    this.#conduct.plan(day);
    if (day.date.endsWith('-01')) {
      this.#world.at(day.date, 5 * 60, () => {
        this.#registerItems(day.date);
      });
    }
    this.#world.at(day.date, this.#world.demand.closingMinute + ORDERED_AFTER_CLOSING_MINUTES, () => {
      if (day.isOpen) this.#orderAll(day);
      this.#orderTooMuch(day);
    });
  }

  /** Seasons change what is usual, so master data are sent anew each month. */
  #registerItems(date: LocalDate): void {
    for (const good of this.#assortment.goods) {
      this.#world.publish(ItemRegisteredV1, good.sku, this.#assortment.masterDataOf(good, date));
    }
  }

  #orderAll({ date }: Day): void {
    const wanted = new Map<Supplier, Line[]>();
    for (const good of this.#assortment.goods) {
      const supplier = this.#choose(good);
      const quantity = this.#quantityToOrder(good, supplier, date);
      if (quantity === 0) continue;
      const line = { good, quantity, unitCost: this.#conduct.unitCost(good, supplier) };
      wanted.set(supplier, [...(wanted.get(supplier) ?? []), line]);
    }
    for (const [supplier, lines] of wanted) {
      const late = this.#conduct.lateDays(supplier);
      this.#place(supplier, lines, late);
      if (this.#conduct.isStuck(supplier)) this.#watchUntilOut(lines);
    }
  }

  #choose(good: Good): Supplier {
    const usual = this.#assortment.supplierOf(good.supplierId);
    const other = good.otherSupplierId;
    if (other === undefined || !this.#random.chance(OTHER_SUPPLIER_SHARE)) return usual;
    return this.#assortment.supplierOf(other);
  }

  /** The owner's rule, each evening: what will still be good when a delivery could come must last until the one after. */
  #quantityToOrder(good: Good, supplier: Supplier, date: LocalDate): number {
    const { reorderPoint, reorderQuantity } = this.#assortment.masterDataOf(good, date);
    const comesOn = plusDays(date, supplier.leadTimeDays);
    const needed = this.#assortment.useForeseen(good, plusDays(date, 1), supplier.leadTimeDays + 1) * SAFETY;
    const has = this.#storeroom.shelves.levelGoodOn(good.sku, comesOn) + this.onOrder(good.sku);
    if (has > Math.max(reorderPoint, needed)) return 0;
    const missing = needed - has;
    const longest = Math.max(1, Math.floor((good.shelfLifeDays ?? Infinity) * 0.6));
    const most = this.#assortment.useForeseen(good, comesOn, Math.min(longest, good.coverDays * 2));
    return Math.max(1, Math.min(Math.max(reorderQuantity, Math.ceil(missing)), Math.ceil(Math.max(most, missing))));
  }

  /** Somebody orders several times too much of something that does not keep. */
  #orderTooMuch({ index }: Day): void {
    const perishable = this.#storeroom.overorderable;
    if (perishable === undefined) return;
    const supplier = this.#assortment.supplierOf(perishable.supplierId);
    if (!this.#world.plot.has('expiring-lot', index + supplier.leadTimeDays)) return;
    const { shelfLifeDays = 1 } = perishable;
    const quantity = Math.ceil(this.#assortment.usePerDay(perishable, this.#world.today) * shelfLifeDays * TOO_MUCH);
    const unitCost = this.#conduct.unitCost(perishable, supplier);
    const order = this.#place(supplier, [{ good: perishable, quantity, unitCost }], 'planted');
    this.#world.at(order.expectedOn, 8 * 60 + 30, () => {
      this.#receive(order);
      this.#storeroom.labelExpiring(perishable, order.expectedOn);
    });
  }

  /** @param late days after the promised one, or `planted` when whoever places it sees to its coming */
  #place(supplier: Supplier, lines: readonly Line[], late: number | 'planted'): Order {
    const { today } = this.#world;
    this.#orders += 1;
    const purchaseOrderId = `po-${this.#orders}`;
    const expectedOn = this.#openDayFrom(plusDays(today, supplier.leadTimeDays));
    const order = { purchaseOrderId, supplier, lines, expectedOn };
    for (const { good, quantity } of lines) this.#onOrder.set(good.sku, this.onOrder(good.sku) + quantity);
    this.#world.publish(PurchaseOrderPlacedV1, purchaseOrderId, {
      purchaseOrderId,
      supplierId: supplier.supplierId,
      lines: lines.map(({ good, quantity, unitCost }) => ({
        sku: good.sku,
        quantity: { value: quantity, unit: UNIT },
        unitCost: this.#world.money(unitCost),
      })),
      expectedOn: order.expectedOn,
    });
    if (late !== 'planted') this.#expect(order, this.#openDayFrom(plusDays(expectedOn, late)));
    return order;
  }

  /** Nobody delivers on a day on which nobody is there. */
  #openDayFrom(date: LocalDate): LocalDate {
    let day = date;
    while (!this.#world.demand.isOpen(day)) day = plusDays(day, 1);
    return day;
  }

  #expect(order: Order, date: LocalDate): void {
    const latest = daysBetween(order.expectedOn, date) > 0 ? LAST_DELIVERY_IN_DAYTIME : LAST_DELIVERY;
    this.#world.at(date, this.#random.within(FIRST_DELIVERY, latest), () => {
      const [first, ...others] = order.lines;
      if (first === undefined || first.quantity < 10 || !this.#random.chance(PARTIAL_SHARE)) {
        this.#receive(order);
        return;
      }
      const part = Math.floor(first.quantity * 0.6);
      this.#receive({ ...order, lines: [{ ...first, quantity: part }, ...others] });
      const rest = { ...order, lines: [{ ...first, quantity: first.quantity - part }] };
      this.#world.at(this.#openDayFrom(plusDays(date, 1)), FIRST_DELIVERY + 30, () => {
        this.#receive(rest);
      });
    });
  }

  #receive({ purchaseOrderId, supplier, lines }: Order): void {
    const { today } = this.#world;
    const received = lines.map(({ good, quantity }) => {
      this.#onOrder.set(good.sku, Math.max(0, this.onOrder(good.sku) - quantity));
      const { lotId, expiresOn } = this.#storeroom.store(good, quantity, today);
      const lot = { lotId, ...(expiresOn === undefined ? {} : { expiresOn }) };
      return { sku: good.sku, quantity: { value: quantity, unit: UNIT }, lot };
    });
    this.#world.publish(PurchaseOrderReceivedV1, purchaseOrderId, {
      purchaseOrderId,
      supplierId: supplier.supplierId,
      lines: received,
    });
    const amount = lines.reduce((sum, { quantity, unitCost }) => sum + quantity * unitCost, 0);
    this.#world.atMs(this.#world.nowMs + 20 * 60_000, () => {
      this.#payables.forGoods(supplier, amount, purchaseOrderId);
    });
  }

  #watchUntilOut(lines: readonly Line[]): void {
    const placedMs = this.#world.nowMs;
    for (const { good } of lines) this.#storeroom.watch(good, placedMs);
  }
}
