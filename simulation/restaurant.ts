import {
  ItemRegisteredV1,
  OrderCompletedV1,
  PurchaseOrderPlacedV1,
  PurchaseOrderReceivedV1,
  StockMovedV1,
  SupplierRegisteredV1,
} from '#libs/contracts';
import type { ItemRegistered, StockMoved } from '#libs/contracts';
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '#libs/kernel';
import { localDate, sellingHours, startOfDay } from './calendar.ts';
import { CURRENCY, ITEMS, SHORT_AT_OPENING, SUPPLIERS, UNIT } from './catalogue.ts';
import type { Item, Supplier } from './catalogue.ts';
import { Publication } from './publication.ts';
import type { SimulatedEvent } from './publication.ts';
import { Random } from './random.ts';
import { StockRoom } from './stock-room.ts';
import type { StoredLot } from './stock-room.ts';
import { takeOrder } from './tickets.ts';

type OrderLine = Readonly<{ item: Item; quantity: number }>;
type PurchaseOrder = Readonly<{ purchaseOrderId: string; supplier: Supplier; lines: readonly OrderLine[] }>;
type Happening = Readonly<{ atMs: number; happen: (atMs: number) => Iterable<SimulatedEvent> }>;

const OPENING_CHECK_AFTER_MS = 20 * MINUTE_MS;
const MORNING_ROUND_MS = 7 * HOUR_MS + 30 * MINUTE_MS;
const FIRST_DELIVERY_MS = 6 * HOUR_MS;
const CLOSING_MS = 21 * HOUR_MS + 30 * MINUTE_MS;
const MISCOUNT_CHANCE = 0.05;
/** How likely something spoils or breaks in a day, by the longest shelf life in days that the row holds for. */
const SPOILAGE: readonly (readonly [shelfLifeDays: number, chance: number])[] = [
  [7, 0.02],
  [30, 0.005],
  [Infinity, 0.001],
];

/**
 * A small restaurant that buys, stores, sells and throws away. Iterating it gives its life, event by event, without
 * end and in the order of time. Everything follows from the seed and the start: no clock and no other chance is used.
 */
export class Restaurant implements Iterable<SimulatedEvent> {
  readonly #fromMs: number;
  readonly #random: Random;
  readonly #publication: Publication;
  readonly #stock = new StockRoom();
  readonly #onOrder = new Map<string, number>();
  #agenda: Happening[] = [];
  #tickets = 0;
  #purchaseOrders = 0;
  #lostUnits = 0;

  constructor(seed: number, from: Date, tenant?: string) {
    this.#fromMs = from.getTime();
    this.#random = Random.fromSeed(seed);
    this.#publication = new Publication(seed, this.#fromMs, tenant);
  }

  /** What is on the shelves after the event that was given last. */
  stockOf(sku: string): number {
    return this.#stock.level(sku);
  }

  /** Units that guests wanted so far when there were none. */
  get lostUnits(): number {
    return this.#lostUnits;
  }

  /** Only once for each restaurant: it lives but one life. */
  *[Symbol.iterator](): Generator<SimulatedEvent, never> {
    yield* this.#open();
    for (let dayMs = startOfDay(this.#fromMs); ; dayMs += DAY_MS) {
      this.#plan(dayMs);
      const ofToday = this.#agenda.filter(({ atMs }) => atMs >= this.#fromMs && atMs < dayMs + DAY_MS);
      this.#agenda = this.#agenda.filter(({ atMs }) => atMs >= dayMs + DAY_MS);
      ofToday.sort((left, right) => left.atMs - right.atMs);
      for (const { atMs, happen } of ofToday) yield* happen(atMs);
    }
  }

  *#open(): Iterable<SimulatedEvent> {
    const atMs = this.#fromMs;
    for (const supplier of SUPPLIERS) {
      yield this.#publication.event(atMs, SupplierRegisteredV1, supplier.supplierId, { ...supplier });
    }
    for (const item of ITEMS) yield this.#publication.event(atMs, ItemRegisteredV1, item.sku, masterDataOf(item));
    for (const item of ITEMS) {
      const usual = Math.round((item.openingStock * this.#random.between(80, 120)) / 100);
      const quantity = item === SHORT_AT_OPENING.item ? SHORT_AT_OPENING.openingStock : usual;
      const lot = this.#store(item, quantity, atMs);
      yield this.#moved(atMs, item, { movement: 'in', quantity, lot, reason: 'opening stock' });
    }
    const checkAtMs = atMs + OPENING_CHECK_AFTER_MS;
    this.#agenda.push({ atMs: checkAtMs, happen: () => this.#checkShortItem(checkAtMs) });
  }

  /** So that something is due soon after the start, at whatever hour that is. */
  *#checkShortItem(atMs: number): Iterable<SimulatedEvent> {
    const { item } = SHORT_AT_OPENING;
    const quantity = this.#stock.level(item.sku) - item.reorderPoint;
    if (quantity <= 0) return;
    this.#stock.take(item.sku, quantity);
    yield this.#moved(atMs, item, { movement: 'waste', quantity, reason: 'sour at the opening check' });
  }

  #plan(dayMs: number): void {
    this.#agenda.push({ atMs: dayMs + MORNING_ROUND_MS, happen: (atMs) => this.#throwAwayExpired(atMs) });
    for (const { hour, expectedTickets } of sellingHours(dayMs)) {
      for (let count = this.#random.poisson(expectedTickets); count > 0; count -= 1) {
        const second = this.#random.between(0, HOUR_MS / SECOND_MS - 1);
        this.#agenda.push({
          atMs: dayMs + hour * HOUR_MS + second * SECOND_MS,
          happen: (atMs) => this.#sell(atMs),
        });
      }
    }
    this.#agenda.push({ atMs: dayMs + CLOSING_MS, happen: (atMs) => this.#close(atMs) });
  }

  *#throwAwayExpired(atMs: number): Iterable<SimulatedEvent> {
    for (const item of ITEMS) {
      const lot = this.#stock.takeExpired(item.sku, localDate(atMs));
      if (lot === undefined) continue;
      yield this.#moved(atMs, item, { movement: 'waste', quantity: lot.quantity, lot, reason: 'expired' });
    }
  }

  *#sell(atMs: number): Iterable<SimulatedEvent> {
    const { order, lostUnits } = takeOrder(this.#random, ({ sku }) => this.#stock.take(sku, 1));
    this.#lostUnits += lostUnits;
    if (order === undefined) return;
    this.#tickets += 1;
    const orderId = `ticket-${localDate(atMs)}-${this.#tickets}`;
    yield this.#publication.event(atMs, OrderCompletedV1, orderId, { orderId, ...order });
  }

  *#close(atMs: number): Iterable<SimulatedEvent> {
    yield* this.#spoil(atMs);
    yield* this.#count(atMs);
    for (const supplier of SUPPLIERS) yield* this.#replenish(atMs, supplier);
  }

  *#spoil(atMs: number): Iterable<SimulatedEvent> {
    for (const item of ITEMS) {
      const [, chance] = SPOILAGE.find(([days]) => item.shelfLifeDays <= days) ?? [0, 0];
      const level = this.#stock.level(item.sku);
      if (!this.#random.chance(chance) || level === 0) continue;
      const quantity = Math.max(1, Math.round((level * this.#random.between(1, 5)) / 100));
      this.#stock.take(item.sku, quantity);
      yield this.#moved(atMs, item, { movement: 'waste', quantity, reason: 'spoilt or broken' });
    }
  }

  *#count(atMs: number): Iterable<SimulatedEvent> {
    if (!this.#random.chance(MISCOUNT_CHANCE)) return;
    const item = this.#random.choose(ITEMS.map((each) => [each, 1]));
    const missing = Math.min(this.#random.between(1, 2), this.#stock.level(item.sku));
    if (missing === 0) return;
    this.#stock.take(item.sku, missing);
    yield this.#moved(atMs, item, { movement: 'adjustment', quantity: -missing, reason: 'counted less' });
  }

  /**
   * The owner's rule, each evening: what will still be good on the day a delivery could come, with what is on order,
   * must exceed the reorder point; otherwise the usual quantity is ordered.
   */
  *#replenish(atMs: number, supplier: Supplier): Iterable<SimulatedEvent> {
    const expectedMs = startOfDay(atMs) + supplier.leadTimeDays * DAY_MS;
    const lines = ITEMS.filter(({ supplierId }) => supplierId === supplier.supplierId)
      .filter((item) => {
        const usable = this.#stock.levelGoodOn(item.sku, localDate(expectedMs));
        return usable + (this.#onOrder.get(item.sku) ?? 0) <= item.reorderPoint;
      })
      .map((item) => ({ item, quantity: item.reorderQuantity }));
    if (lines.length === 0) return;

    this.#purchaseOrders += 1;
    const order = { purchaseOrderId: `po-${this.#purchaseOrders}`, supplier, lines };
    for (const { item, quantity } of lines) this.#onOrder.set(item.sku, quantity);
    this.#expect(order, expectedMs);
    yield this.#publication.event(atMs, PurchaseOrderPlacedV1, order.purchaseOrderId, {
      purchaseOrderId: order.purchaseOrderId,
      supplierId: supplier.supplierId,
      lines: lines.map(({ item, quantity }) => ({
        sku: item.sku,
        quantity: { value: quantity, unit: UNIT },
        unitCost: { amount: item.unitCost, currency: CURRENCY },
      })),
      expectedOn: localDate(expectedMs),
    });
  }

  #expect(order: PurchaseOrder, promisedMs: number): void {
    const lateDays = this.#random.chance(order.supplier.reliability) ? 0 : this.#random.between(1, 2);
    const atMs = promisedMs + lateDays * DAY_MS + FIRST_DELIVERY_MS + this.#random.between(0, 180) * MINUTE_MS;
    this.#agenda.push({ atMs, happen: () => this.#receive(atMs, order) });
  }

  *#receive(atMs: number, { purchaseOrderId, supplier, lines }: PurchaseOrder): Iterable<SimulatedEvent> {
    const received = lines.map(({ item, quantity }) => {
      this.#onOrder.delete(item.sku);
      const { lotId, expiresOn } = this.#store(item, quantity, atMs);
      return { sku: item.sku, quantity: { value: quantity, unit: UNIT }, lot: { lotId, expiresOn } };
    });
    yield this.#publication.event(atMs, PurchaseOrderReceivedV1, purchaseOrderId, {
      purchaseOrderId,
      supplierId: supplier.supplierId,
      lines: received,
    });
  }

  #store(item: Item, quantity: number, atMs: number): StoredLot {
    const lot = {
      lotId: `${item.sku}-${localDate(atMs)}`,
      expiresOn: localDate(atMs + item.shelfLifeDays * DAY_MS),
      quantity,
    };
    this.#stock.put(item.sku, lot);
    return lot;
  }

  #moved(
    atMs: number,
    item: Item,
    move: Readonly<{ movement: StockMoved['movement']; quantity: number; lot?: StoredLot; reason: string }>,
  ): SimulatedEvent {
    return this.#publication.event(atMs, StockMovedV1, item.sku, {
      sku: item.sku,
      movement: move.movement,
      quantity: { value: move.quantity, unit: UNIT },
      ...(move.lot === undefined ? {} : { lot: { lotId: move.lot.lotId, expiresOn: move.lot.expiresOn } }),
      ...(move.movement === 'in' ? { unitCost: { amount: item.unitCost, currency: CURRENCY } } : {}),
      reason: move.reason,
    });
  }
}

/** The restaurant that belongs to a seed and a start; see {@link Restaurant}. */
export function restaurant(seed: number, from: Date, tenant?: string): Restaurant {
  return new Restaurant(seed, from, tenant);
}

function masterDataOf(item: Item): ItemRegistered {
  return {
    sku: item.sku,
    name: item.name,
    category: item.category,
    unit: UNIT,
    unitCost: { amount: item.unitCost, currency: CURRENCY },
    sellingPrice: { amount: item.sellingPrice, currency: CURRENCY },
    reorderPoint: item.reorderPoint,
    reorderQuantity: item.reorderQuantity,
    minimumStock: item.minimumStock,
    maximumStock: item.maximumStock,
    supplierId: item.supplierId,
    shelfLifeDays: item.shelfLifeDays,
  };
}
