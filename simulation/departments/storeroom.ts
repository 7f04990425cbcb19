import { StockMovedV1 } from '#libs/contracts';
import type { StockMoved } from '#libs/contracts';
import { DAY_MS, plusDays, type LocalDate } from '#libs/kernel';
import type { LabelKind } from '../label.ts';
import type { Random } from '../random.ts';
import type { Good } from '../trades/trade.ts';
import type { Day, World } from '../world.ts';
import { UNIT, type Assortment } from './assortment.ts';
import { StockRoom, type StoredLot } from './stock-room.ts';

type Move = Readonly<{ movement: StockMoved['movement']; quantity: number; lot?: StoredLot; reason: string }>;
type Found = Readonly<{ class: 'anomaly' | 'situation'; kind: LabelKind; decisionTypes: readonly string[] }>;

const MORNING_ROUND = 7 * 60 + 30;
const MISHAP = 8 * 60 + 20;
const COUNT_CHANCE = 0.12;
const COUNTED = 10 * 60;
/** Fewer are not worth a count, and one missing of them would be many. */
const COUNTED_FROM_UNITS = 30;
const OWN_USE_CHANCE = 0.5;
const LABELLED_MS = DAY_MS;
/** How likely something spoils or breaks in a day, by the longest shelf life in days that the row holds for. */
const SPOILAGE: readonly (readonly [shelfLifeDays: number, chance: number])[] = [
  [7, 0.02],
  [30, 0.005],
  [Infinity, 0.001],
];

/** Keeps goods, throws away what went bad, and counts. */
export class Storeroom {
  readonly shelves = new StockRoom();
  readonly #world: World;
  readonly #assortment: Assortment;
  readonly #random: Random;
  readonly #watched = new Map<string, number>();

  constructor(world: World, assortment: Assortment) {
    this.#world = world;
    this.#assortment = assortment;
    this.#random = world.random('storeroom');
  }

  open(date: LocalDate): void {
    for (const good of this.#assortment.goods) {
      const { reorderPoint, reorderQuantity } = this.#assortment.masterDataOf(good, date);
      const longest = Math.min(good.coverDays, (good.shelfLifeDays ?? Infinity) * 0.5);
      const most = this.#assortment.usePerDay(good, date) * (longest + 1);
      const usual = Math.max(reorderPoint, Math.min(reorderPoint + reorderQuantity, most));
      const quantity = Math.ceil(usual * this.#random.within(1, 1.2));
      this.#move(good, { movement: 'in', quantity, lot: this.store(good, quantity, date), reason: 'opening stock' });
    }
  }

  plan(day: Day): void {
    this.#world.at(day.date, MORNING_ROUND, () => {
      this.#throwAwayExpired(day.date);
    });
    if (!day.isOpen) return;
    const { closingMinute } = this.#world.demand;
    this.#world.at(day.date, MISHAP, () => {
      this.#plant(day);
    });
    this.#world.at(day.date, COUNTED, () => {
      this.#count(day);
    });
    this.#world.at(day.date, closingMinute - 5 * 60, () => {
      this.#useOneself();
    });
    this.#world.at(day.date, closingMinute + 10, () => {
      this.#spoil();
    });
    this.#world.at(day.date, closingMinute + 15, () => {
      this.#tellOfWatched();
    });
  }

  /** Puts a delivery on the shelf. */
  store(good: Good, quantity: number, date: LocalDate): StoredLot {
    const lotId = `${good.sku}-${date.replaceAll('-', '')}`;
    const { shelfLifeDays } = good;
    const lot = {
      lotId,
      quantity,
      ...(shelfLifeDays === undefined ? {} : { expiresOn: plusDays(date, shelfLifeDays) }),
    };
    this.shelves.put(good.sku, lot);
    return lot;
  }

  /** What is ordered too much of when that is planted: it does not keep, and is no other planted good. */
  get overorderable(): Good | undefined {
    return this.#perishable(0);
  }

  labelExpiring({ sku, shelfLifeDays = 1 }: Good, date: LocalDate): void {
    const lotId = `${sku}-${date.replaceAll('-', '')}`;
    const atMs = this.#world.nowMs;
    const untilMs = this.#world.zone.instantOf(plusDays(date, shelfLifeDays + 1));
    const planted = {
      class: 'situation',
      decisionTypes: ['expiry_alert'],
      kind: 'expiring-lot',
      atMs,
      untilMs,
    } as const;
    this.#world.label({ ...planted, subjectRef: `lot:${sku}/${lotId}` });
  }

  /** An order of that good is stuck: when it runs low, that was planted since then. */
  watch({ sku }: Good, sinceMs: number): void {
    this.#watched.set(sku, sinceMs);
  }

  #tellOfWatched(): void {
    const { today, nowMs } = this.#world;
    for (const good of this.#assortment.goods) {
      const sinceMs = this.#watched.get(good.sku);
      if (sinceMs === undefined) continue;
      const { minimumStock = 0 } = this.#assortment.masterDataOf(good, today);
      if (this.shelves.level(good.sku) <= minimumStock) {
        this.#watched.delete(good.sku);
        this.#label(
          good,
          { class: 'situation', kind: 'stock-out', decisionTypes: ['low_stock_alert', 'reorder'] },
          sinceMs,
        );
      } else if (nowMs - sinceMs > 10 * DAY_MS) this.#watched.delete(good.sku);
    }
  }

  #throwAwayExpired(date: LocalDate): void {
    for (const good of this.#assortment.goods) {
      const lot = this.shelves.takeExpired(good.sku, date);
      if (lot === undefined) continue;
      this.#move(good, { movement: 'waste', quantity: lot.quantity, lot, reason: 'expired' });
    }
  }

  #plant({ index }: Day): void {
    if (this.#world.plot.has('low-stock', index)) this.#loseToMishap();
    if (this.#world.plot.has('consumption-spike', index)) this.#useTooMuch();
  }

  /** Most of a good that does not keep goes bad at once. */
  #loseToMishap(): void {
    const good = this.#perishable(1);
    if (good === undefined) return;
    const { minimumStock = 1 } = this.#assortment.masterDataOf(good, this.#world.today);
    const left = Math.max(1, Math.floor(minimumStock * 0.7));
    const quantity = this.shelves.level(good.sku) - left;
    if (quantity <= 0 || !this.shelves.take(good.sku, quantity)) return;
    this.#label(good, { class: 'situation', kind: 'low-stock', decisionTypes: ['low_stock_alert', 'reorder'] });
    this.#move(good, { movement: 'waste', quantity, reason: 'spoilt or broken' });
  }

  /** Several days' worth of a good leaves at once, of one of which there is plenty. */
  #useTooMuch(): void {
    const { today } = this.#world;
    const days = (good: Good): number => this.shelves.level(good.sku) / this.#assortment.usePerDay(good, today);
    const [good] = this.#assortment.goods.toSorted((one, other) => days(other) - days(one));
    if (good === undefined || days(good) < 4) return;
    const perDay = this.#assortment.usePerDay(good, today);
    const quantity = Math.max(4, Math.round(perDay * this.#random.within(3, Math.min(6, days(good) - 1))));
    if (!this.shelves.take(good.sku, quantity)) return;
    this.#label(good, { class: 'anomaly', kind: 'consumption-spike', decisionTypes: ['unusual_consumption'] });
    this.#move(good, { movement: 'out', quantity, reason: this.#world.trade.ownUse });
  }

  #useOneself(): void {
    if (!this.#random.chance(OWN_USE_CHANCE)) return;
    const good = this.#random.pick(this.#assortment.goods);
    const quantity = this.#random.between(1, 2);
    if (good === undefined || !this.shelves.take(good.sku, quantity)) return;
    this.#move(good, { movement: 'out', quantity, reason: this.#world.trade.ownUse });
  }

  #spoil(): void {
    for (const good of this.#assortment.goods) {
      const [, chance] = SPOILAGE.find(([days]) => (good.shelfLifeDays ?? Infinity) <= days) ?? [0, 0];
      const level = this.shelves.level(good.sku);
      if (!this.#random.chance(chance) || level === 0) continue;
      const quantity = Math.max(1, Math.round((level * this.#random.between(1, 5)) / 100));
      this.shelves.take(good.sku, quantity);
      this.#move(good, { movement: 'waste', quantity, reason: 'spoilt or broken' });
    }
  }

  #count({ index }: Day): void {
    if (this.#world.plot.has('stock-shrinkage', index)) {
      this.#missMany();
      return;
    }
    if (!this.#random.chance(COUNT_CHANCE)) return;
    const good = this.#random.pick(this.#countable());
    if (good === undefined) return;
    const quantity = this.#random.chance(0.3) ? 1 : -this.#random.between(1, 2);
    if (quantity > 0) this.shelves.put(good.sku, { lotId: `${good.sku}-found`, quantity });
    else this.shelves.take(good.sku, -quantity);
    this.#move(good, { movement: 'adjustment', quantity, reason: 'stock count' });
  }

  /** A count finds that a good part of what should be there is not. */
  #missMany(): void {
    const [good] = this.#countable().toSorted(
      (one, other) => this.shelves.level(other.sku) - this.shelves.level(one.sku),
    );
    if (good === undefined) return;
    const quantity = Math.ceil(this.shelves.level(good.sku) * this.#random.within(0.25, 0.4));
    if (!this.shelves.take(good.sku, quantity)) return;
    this.#label(good, { class: 'situation', kind: 'stock-shrinkage', decisionTypes: ['inventory_adjustment_alert'] });
    this.#move(good, { movement: 'adjustment', quantity: -quantity, reason: 'stock count' });
  }

  #countable(): readonly Good[] {
    return this.#assortment.goods.filter(({ sku }) => this.shelves.level(sku) >= COUNTED_FROM_UNITS);
  }

  /** The goods that keep least, in a fixed order. */
  #perishable(index: number): Good | undefined {
    const keepsFor = ({ shelfLifeDays = Infinity }: Good): number => shelfLifeDays;
    return this.#assortment.goods.toSorted((one, other) => keepsFor(one) - keepsFor(other))[index];
  }

  #label({ sku }: Good, found: Found, sinceMs = this.#world.nowMs): void {
    const untilMs = this.#world.nowMs + LABELLED_MS;
    this.#world.label({ ...found, subjectRef: `item:${sku}`, atMs: sinceMs, untilMs });
  }

  #move(good: Good, { movement, quantity, lot, reason }: Move): void {
    this.#world.publish(StockMovedV1, good.sku, {
      sku: good.sku,
      movement,
      quantity: { value: quantity, unit: UNIT },
      ...(lot === undefined
        ? {}
        : { lot: { lotId: lot.lotId, ...(lot.expiresOn === undefined ? {} : { expiresOn: lot.expiresOn }) } }),
      ...(movement === 'in' ? { unitCost: this.#world.money(this.#world.minor(good.unitCost)) } : {}),
      reason,
    });
  }
}
