import { DAY_MS, HOUR_MS } from '#libs/kernel';
import type { ItemRegistered } from '#libs/contracts';
import type { LoggedFact } from '#libs/agent-kit';
import { Amount, Timeline } from './timeline.ts';
import { idOf, type Told } from './told.ts';

type Lot = Readonly<{ lotId: string; expiresOn: string; left: Amount; expired: Amount }>;
type Item = Readonly<{
  /** Sent anew now and then. */
  master: Timeline<ItemRegistered>;
  level: Amount;
  onOrder: Amount;
  used: Amount;
  wasted: Amount;
  adjusted: Amount;
  lots: Lot[];
  /** When stock came, milliseconds since 1970. */
  arrivals: number[];
}>;

const MEAN_OVER_DAYS = 28;
const WASTE_OVER_DAYS = 14;
/** A decision that is made a little early is no false alarm. */
const DAYS_AHEAD = 3;
const OVERSTOCKED_DAYS = 60;
const NOTABLE_ADJUSTMENT = 0.1;
const TOLERANCE = 0.8;

/** What stock there really was, lot by lot; what was used without naming a lot came from the one that expires first. */
export class StockTruth {
  readonly #told: Told;
  readonly #items = new Map<string, Item>();
  readonly #leadDays = new Map<string, number>();
  readonly #open = new Map<string, Map<string, number>>();
  readonly #endMs: number;

  constructor(told: Told) {
    this.#told = told;
    this.#endMs = told.facts.at(-1)?.occurredAtMs ?? 0;
    for (const fact of told.facts) this.#enter(fact);
  }

  /** At or below what its owner orders at, or used up before a delivery that is ordered now could help. */
  callsForReorder(subjectRef: string, atMs: number): boolean {
    const item = this.#item(idOf(subjectRef));
    const { reorderPoint = 0, minimumStock = 0 } = item.master.at(atMs) ?? {};
    const available = this.#usable(item, atMs) + Math.max(0, item.onOrder.at(atMs));
    if (available <= reorderPoint) return true;
    const untilMs = this.#deliveryMs(item, atMs);
    return available - this.#useAhead(item, atMs, untilMs) - expiring(item, atMs, untilMs) <= minimumStock;
  }

  /** At its minimum, or lasts for less than a new delivery takes, or was used up before the next one came. */
  isLow(subjectRef: string, atMs: number): boolean {
    const item = this.#item(idOf(subjectRef));
    const { minimumStock = 0 } = item.master.at(atMs) ?? {};
    const level = this.#usable(item, atMs);
    if (level <= Math.max(minimumStock, this.#perDay(item, atMs) * this.#leadDaysOf(item, atMs))) return true;
    const nextMs = item.arrivals.find((arrivedMs) => arrivedMs > atMs) ?? Infinity;
    return level - this.#useAhead(item, atMs, Math.min(nextMs, this.#deliveryMs(item, atMs))) <= minimumStock;
  }

  /** More than its owner wants at most, or than is used in two months or before it spoils. */
  isOverstocked(subjectRef: string, atMs: number): boolean {
    const item = this.#item(idOf(subjectRef));
    const { maximumStock = Infinity, shelfLifeDays = Infinity } = item.master.at(atMs) ?? {};
    const level = item.level.at(atMs);
    return level > maximumStock || level > this.#perDay(item, atMs) * Math.min(OVERSTOCKED_DAYS, shelfLifeDays);
  }

  /** It was counted anew within the last day, and much was missing or too much. */
  wasAdjusted(subjectRef: string, atMs: number): boolean {
    const item = this.#item(idOf(subjectRef));
    const sinceMs = atMs - DAY_MS - 2 * HOUR_MS;
    const before = Math.max(1, item.level.at(sinceMs));
    return item.adjusted.changes
      .between(sinceMs, atMs)
      .some((change) => Math.abs(change) >= before * NOTABLE_ADJUSTMENT * TOLERANCE);
  }

  /** More of it was thrown away in two weeks than the settings bear. */
  isWasted(subjectRef: string, atMs: number): boolean {
    const skus = subjectRef.startsWith('item:') ? [idOf(subjectRef)] : [...this.#items.keys()];
    const sinceMs = atMs - WASTE_OVER_DAYS * DAY_MS;
    const valueOf = (of: 'used' | 'wasted'): number =>
      skus.reduce((sum, sku) => {
        const item = this.#item(sku);
        return sum + item[of].between(sinceMs, atMs) * (item.master.at(atMs)?.unitCost.amount ?? 1);
      }, 0);
    const wasted = valueOf('wasted');
    const limit = this.#told.settings.agents.inventory.wasteShareLimit;
    return wasted > 0 && wasted / (wasted + valueOf('used')) >= limit * TOLERANCE;
  }

  /** Some of the lot was there, and was later thrown away because it expired, or would not have been used up in time. */
  isAtRisk(subjectRef: string, atMs: number): boolean {
    const [sku = '', lotId = ''] = idOf(subjectRef).split('/');
    const item = this.#item(sku);
    const lot = item.lots.find((one) => one.lotId === lotId);
    if (!lot || lot.left.at(atMs) <= 0) return false;
    if (lot.expired.between(atMs, Infinity) > 0) return true;
    const expiresMs = this.#told.zone.instantOf(lot.expiresOn) + DAY_MS;
    if (expiresMs <= this.#endMs) return lot.left.at(expiresMs) > 0;
    const before = item.lots
      .filter((one) => one.expiresOn <= lot.expiresOn)
      .reduce((sum, one) => sum + one.left.at(atMs), 0);
    return before > (this.#perDay(item, atMs) * (expiresMs - atMs) * TOLERANCE) / DAY_MS;
  }

  /** By when what is ordered now could surely help. */
  #deliveryMs(item: Item, atMs: number): number {
    const { lowStockMultiplier } = this.#told.settings.agents.inventory;
    return atMs + (this.#leadDaysOf(item, atMs) * lowStockMultiplier + DAYS_AHEAD) * DAY_MS;
  }

  #leadDaysOf({ master }: Item, atMs: number): number {
    const { reorderLeadTime } = this.#told.settings.agents.inventory;
    return this.#leadDays.get(master.at(atMs)?.supplierId ?? '') ?? reorderLeadTime;
  }

  /** What is there, without the lots that have expired and were not thrown away yet. */
  #usable(item: Item, atMs: number): number {
    const today = this.#told.zone.at(atMs).date;
    const expired = item.lots.filter(({ expiresOn }) => expiresOn < today);
    return item.level.at(atMs) - expired.reduce((sum, { left }) => sum + Math.max(0, left.at(atMs)), 0);
  }

  /** What was really used then; after the end of the story, what was used on average. */
  #useAhead(item: Item, atMs: number, untilMs: number): number {
    const untoldMs = Math.max(0, untilMs - Math.max(atMs, this.#endMs));
    return item.used.between(atMs, untilMs) + (this.#perDay(item, atMs) * untoldMs) / DAY_MS;
  }

  #perDay(item: Item, atMs: number): number {
    const firstMs = this.#told.facts[0]?.occurredAtMs ?? atMs;
    const days = Math.min(MEAN_OVER_DAYS, Math.max(1, (atMs - firstMs) / DAY_MS));
    return item.used.between(atMs - days * DAY_MS, atMs) / days;
  }

  #item(sku: string): Item {
    const known = this.#items.get(sku);
    if (known) return known;
    const item: Item = {
      master: new Timeline(),
      level: new Amount(),
      onOrder: new Amount(),
      used: new Amount(),
      wasted: new Amount(),
      adjusted: new Amount(),
      lots: [],
      arrivals: [],
    };
    this.#items.set(sku, item);
    return item;
  }

  #enter(fact: LoggedFact): void {
    const atMs = fact.occurredAtMs;
    switch (fact.type) {
      case 'steward.inventory.supplier-registered.v1':
        this.#leadDays.set(fact.data.supplierId, fact.data.leadTimeDays);
        return;
      case 'steward.inventory.item-registered.v1':
        this.#item(fact.data.sku).master.note(atMs, fact.data);
        return;
      case 'steward.sales.order-completed.v1':
        for (const { sku, quantity } of fact.data.lines) {
          this.#use(this.#item(sku), atMs, fact.data.kind === 'sale' ? quantity.value : -quantity.value);
        }
        return;
      case 'steward.inventory.stock-moved.v1':
        this.#move(fact, atMs);
        return;
      case 'steward.inventory.purchase-order-placed.v1': {
        const { purchaseOrderId, lines } = fact.data;
        this.#open.set(purchaseOrderId, new Map(lines.map(({ sku, quantity }) => [sku, quantity.value])));
        for (const { sku, quantity } of lines) this.#item(sku).onOrder.add(atMs, quantity.value);
        return;
      }
      case 'steward.inventory.purchase-order-received.v1':
        this.#receive(fact, atMs);
        return;
      default:
        return;
    }
  }

  #move({ data }: Extract<LoggedFact, { type: 'steward.inventory.stock-moved.v1' }>, atMs: number): void {
    const item = this.#item(data.sku);
    const { value } = data.quantity;
    switch (data.movement) {
      case 'in':
        put(item, atMs, value, data.lot);
        return;
      case 'out':
        this.#use(item, atMs, value, data.lot?.lotId);
        return;
      case 'waste':
        item.wasted.add(atMs, value);
        take(item, atMs, value, data.lot?.lotId)?.expired.add(atMs, value);
        return;
      case 'adjustment':
        item.adjusted.add(atMs, value);
        if (value > 0) put(item, atMs, value, undefined);
        else take(item, atMs, -value, undefined);
        return;
    }
  }

  #use(item: Item, atMs: number, quantity: number, lotId?: string): void {
    item.used.add(atMs, quantity);
    if (quantity > 0) take(item, atMs, quantity, lotId);
    else put(item, atMs, -quantity, undefined);
  }

  #receive(
    { data }: Extract<LoggedFact, { type: 'steward.inventory.purchase-order-received.v1' }>,
    atMs: number,
  ): void {
    const ordered = this.#open.get(data.purchaseOrderId);
    for (const { sku, quantity, lot } of data.lines) {
      const item = this.#item(sku);
      put(item, atMs, quantity.value, lot);
      const open = ordered?.get(sku) ?? 0;
      item.onOrder.add(atMs, -Math.min(open, quantity.value));
      ordered?.set(sku, Math.max(0, open - quantity.value));
    }
  }
}

function put(
  item: Item,
  atMs: number,
  quantity: number,
  lot: Readonly<{ lotId: string; expiresOn?: string | undefined }> | undefined,
): void {
  item.level.add(atMs, quantity);
  item.arrivals.push(atMs);
  if (lot?.expiresOn === undefined) return;
  const { lotId, expiresOn } = lot;
  const known = item.lots.find((one) => one.lotId === lotId);
  const into = known ?? { lotId, expiresOn, left: new Amount(), expired: new Amount() };
  if (!known) item.lots.push(into);
  item.lots.sort((left, right) => (left.expiresOn < right.expiresOn ? -1 : 1));
  into.left.add(atMs, quantity);
}

/** @returns the lot that was named */
function take(item: Item, atMs: number, quantity: number, lotId: string | undefined): Lot | undefined {
  item.level.add(atMs, -quantity);
  const named = item.lots.find((lot) => lot.lotId === lotId);
  let missing = quantity;
  for (const lot of named ? [named] : item.lots) {
    const taken = Math.min(Math.max(0, lot.left.at(Infinity)), missing);
    if (taken > 0) lot.left.add(atMs, -taken);
    missing -= taken;
    if (missing <= 0) break;
  }
  return named;
}

/** What of the lots that are there spoils in that time. */
function expiring(item: Item, atMs: number, untilMs: number): number {
  return item.lots
    .filter((lot) => lot.left.at(atMs) > 0)
    .reduce((sum, lot) => sum + lot.expired.between(atMs, untilMs), 0);
}
