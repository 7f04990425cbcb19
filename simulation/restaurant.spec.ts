import { describe, expect, it } from '@jest/globals';
import {
  OrderCompletedV1,
  parseBusinessEvent,
  parseStructured,
  PurchaseOrderPlacedV1,
  PurchaseOrderReceivedV1,
  StockMovedV1,
} from '#libs/contracts';
import type { CloudEvent } from '#libs/contracts';
import { DAY_MS, eventId, MINUTE_MS } from '#libs/kernel';
import { ITEMS } from './catalogue.ts';
import type { SimulatedEvent } from './publication.ts';
import { restaurant } from './restaurant.ts';
import type { Restaurant } from './restaurant.ts';

const FROM = new Date('2026-11-22T11:00:00Z');
const SEED = 1;

type Step = Readonly<{ simulated: SimulatedEvent; ownStock: ReadonlyMap<string, number> }>;

function ownStockOf(business: Restaurant): Map<string, number> {
  return new Map(ITEMS.map(({ sku }) => [sku, business.stockOf(sku)]));
}

/** The life of a restaurant, with its own idea of its stock after each event. */
function live(days: number, seed = SEED, from = FROM): Step[] {
  const business = restaurant(seed, from, 'demo');
  const steps: Step[] = [];
  for (const simulated of business) {
    if (simulated.atMs >= from.getTime() + days * DAY_MS) break;
    steps.push({ simulated, ownStock: ownStockOf(business) });
  }
  return steps;
}

/** Stock as a stranger works it out who has nothing but the events. */
class StockOfEvents {
  readonly levels = new Map<string, number>();

  apply(event: CloudEvent): void {
    if (event.type === OrderCompletedV1.type) {
      for (const { sku, quantity } of OrderCompletedV1.read(event).data.lines) this.#add(sku, -quantity.value);
    } else if (event.type === PurchaseOrderReceivedV1.type) {
      for (const { sku, quantity } of PurchaseOrderReceivedV1.read(event).data.lines) this.#add(sku, quantity.value);
    } else if (event.type === StockMovedV1.type) {
      const { sku, movement, quantity } = StockMovedV1.read(event).data;
      this.#add(sku, movement === 'out' || movement === 'waste' ? -quantity.value : quantity.value);
    }
  }

  #add(sku: string, quantity: number): void {
    this.levels.set(sku, (this.levels.get(sku) ?? 0) + quantity);
  }
}

/** How often an item fell to its reorder point from above it. */
function crossings(steps: readonly Step[], sku: string, reorderPoint: number): number {
  let before = 0;
  let count = 0;
  for (const { ownStock } of steps) {
    const level = ownStock.get(sku) ?? 0;
    if (level <= reorderPoint && before > reorderPoint) count += 1;
    before = level;
  }
  return count;
}

describe('the simulated restaurant', () => {
  const sixtyDays = live(60);

  it('gives byte-equal events for the same seed and start', () => {
    const textOf = (steps: readonly Step[]): string => JSON.stringify(steps.map(({ simulated }) => simulated.event));

    expect(textOf(live(10))).toBe(textOf(live(10)));
    expect(textOf(live(10, 2))).not.toBe(textOf(live(10)));
  });

  it('gives every event an id of its own, also when the same seed begins at another time', () => {
    const ids = [...live(5), ...live(5, SEED, new Date(FROM.getTime() + DAY_MS))].map(
      ({ simulated }) => simulated.event.id,
    );

    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(eventId(id)).toBe(id);
  });

  it('publishes nothing that the contracts do not allow, in the order of time and without gaps in its count', () => {
    let atMs = FROM.getTime();
    for (const [index, { simulated }] of sixtyDays.entries()) {
      parseBusinessEvent(parseStructured(JSON.parse(JSON.stringify(simulated.event))));
      expect(simulated.counter).toBe(index + 1);
      expect(simulated.atMs).toBeGreaterThanOrEqual(atMs);
      expect(simulated.event.time).toBe(new Date(simulated.atMs).toISOString());
      atMs = simulated.atMs;
    }
  });

  it('has at every moment the stock that its events tell', () => {
    const told = new StockOfEvents();
    for (const { simulated, ownStock } of sixtyDays) {
      told.apply(simulated.event);
      // Before its opening stock is told an item has none either way.
      for (const [sku, level] of ownStock) expect([sku, told.levels.get(sku) ?? 0]).toEqual([sku, level]);
    }
  });

  it('never has less than nothing', () => {
    const lowest = Math.min(...sixtyDays.flatMap(({ ownStock }) => [...ownStock.values()]));

    expect(lowest).toBe(0);
  });

  it.each(ITEMS.map(({ sku, reorderPoint }) => ({ sku, reorderPoint })))(
    'brings $sku to its reorder point several times in sixty days',
    ({ sku, reorderPoint }) => {
      expect(crossings(sixtyDays, sku, reorderPoint)).toBeGreaterThanOrEqual(3);
    },
  );

  it('brings an item to its reorder point within the first fifty minutes, at whatever hour it begins', () => {
    for (let hour = 0; hour < 24; hour += 1) {
      const from = new Date(Date.UTC(2026, 10, 22, hour));
      const start = live(1, SEED, from).filter(({ simulated }) => simulated.atMs < from.getTime() + 50 * MINUTE_MS);
      const reached = ITEMS.filter(({ sku, reorderPoint }) => crossings(start, sku, reorderPoint) > 0);

      expect(reached.length).toBeGreaterThan(0);
    }
  });

  it('receives what it ordered, mostly on the promised day and never before', () => {
    const placed = new Map<string, string>();
    let late = 0;
    let received = 0;
    for (const { simulated } of sixtyDays) {
      const { event } = simulated;
      if (event.type === PurchaseOrderPlacedV1.type) {
        const { purchaseOrderId, expectedOn = '' } = PurchaseOrderPlacedV1.read(event).data;
        placed.set(purchaseOrderId, expectedOn);
      }
      if (event.type !== PurchaseOrderReceivedV1.type) continue;
      const expectedOn = placed.get(PurchaseOrderReceivedV1.read(event).data.purchaseOrderId) ?? 'never ordered';
      const arrivedOn = new Date(simulated.atMs).toISOString().slice(0, 10);
      expect(arrivedOn >= expectedOn).toBe(true);
      received += 1;
      if (arrivedOn > expectedOn) late += 1;
    }

    expect(received).toBeGreaterThan(20);
    expect(placed.size - received).toBeLessThanOrEqual(2);
    expect(late / received).toBeGreaterThan(0);
    expect(late / received).toBeLessThan(0.25);
  });

  it('throws perishables away', () => {
    const wasted = sixtyDays.flatMap(({ simulated }) => {
      if (simulated.event.type !== StockMovedV1.type) return [];
      const { movement, sku, reason } = StockMovedV1.read(simulated.event).data;
      return movement === 'waste' && reason === 'expired' ? [sku] : [];
    });

    expect(wasted).toContain('VEG001');
    expect(wasted).toContain('MEAT001');
  });

  it('bills what its lines and tip add up to', () => {
    for (const { simulated } of sixtyDays) {
      if (simulated.event.type !== OrderCompletedV1.type) continue;
      const { lines, adjustments = [], total } = OrderCompletedV1.read(simulated.event).data;
      const goods = lines.reduce((sum, { quantity, unitPrice }) => sum + quantity.value * unitPrice.amount, 0);
      const extras = adjustments.reduce((sum, { amount }) => sum + amount.amount, 0);
      expect(total.amount).toBe(goods + extras);
    }
  });
});
