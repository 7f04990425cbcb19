import { agentId, DAY_MS, plusDays } from '#libs/kernel';
import type { AgentDefinition, Detector } from '#libs/agent-kit';
import { businessSettingsSchema } from '#libs/business-settings';
import { playAgent, type Happening, type PlayedAgent } from '#libs/testing';
import { DEMAND_FACTS, enterDemand, openDemandBook } from '../demand-book.ts';
import { enterPurchasing, openPurchasingBook, PURCHASING_FACTS } from '../purchasing-book.ts';
import { enterStock, openStockBook, STOCK_FACTS, type StockBook } from '../stock-book.ts';
import type { AnalyticsBook } from './analytics-book.ts';

/** A Monday. */
export const FIRST_DAY = '2026-01-05';
export const dayOf = (index: number) => plusDays(FIRST_DAY, index);
/** Noon of a day, counted from the first. */
export const noonOf = (index: number) => `${dayOf(index)}T12:00:00Z`;

export const settingsWith = (inventory: Record<string, unknown> = {}) =>
  businessSettingsSchema.parse({
    business: { name: 'Spec', type: 'restaurant', currency: 'USD', timeZone: 'UTC', clock: 'simulated' },
    agents: { inventory },
  });

type PlayedBook = AnalyticsBook & { stock: StockBook };

/** An agent that has one detector of the analyses. */
export function playDetector(detector: Detector<AnalyticsBook>, settings = settingsWith()): PlayedAgent<PlayedBook> {
  const agent: AgentDefinition<PlayedBook> = {
    id: agentId('spec_agent'),
    name: 'Spec agent',
    handles: [...new Set([...STOCK_FACTS, ...DEMAND_FACTS, ...PURCHASING_FACTS])],
    detectors: [detector],
    isEnabled: () => true,
    bookKeeping: {
      version: 1,
      open: () => ({ stock: openStockBook(), demand: openDemandBook(), purchasing: openPurchasingBook() }),
      enter: (book, fact, given) => {
        enterStock(book.stock, fact);
        enterDemand(book.demand, fact);
        enterPurchasing(book.purchasing, fact, given);
      },
    },
  };
  return playAgent(agent, settings);
}

export const registered = (sku: string, master: Record<string, unknown> = {}): Happening => ({
  type: 'steward.inventory.item-registered.v1',
  data: {
    ...{ sku, name: `Item ${sku}`, category: 'goods', unit: 'each', unitCost: { amount: 250, currency: 'USD' } },
    ...{ reorderPoint: 10, reorderQuantity: 24, supplierId: 'main' },
    ...master,
  },
  at: `${FIRST_DAY}T06:00:00Z`,
});

export const supplier = (supplierId: string, leadTimeDays = 3): Happening => ({
  type: 'steward.inventory.supplier-registered.v1',
  data: { supplierId, name: `Supplier ${supplierId}`, leadTimeDays },
  at: `${FIRST_DAY}T06:00:00Z`,
});

export const used = (sku: string, day: number, value: number): Happening => ({
  type: 'steward.inventory.stock-moved.v1',
  data: { sku, movement: 'out', quantity: { value, unit: 'each' } },
  at: noonOf(day),
});

/** Use of one item, day after day; days without use tell nothing. */
export const usedDaily = (sku: string, values: readonly number[]): readonly Happening[] =>
  values.flatMap((value, day) => (value > 0 ? [used(sku, day, value)] : []));

type Ordered = Readonly<{
  id: string;
  supplierId?: string;
  sku?: string;
  placed: number;
  expected?: number;
  price?: number;
}>;

export const placed = ({
  id,
  supplierId = 'main',
  sku = 'A',
  placed: day,
  expected,
  price = 250,
}: Ordered): Happening => ({
  type: 'steward.inventory.purchase-order-placed.v1',
  data: {
    purchaseOrderId: id,
    supplierId,
    lines: [{ sku, quantity: { value: 40, unit: 'each' }, unitCost: { amount: price, currency: 'USD' } }],
    ...(expected === undefined ? {} : { expectedOn: dayOf(expected) }),
  },
  at: noonOf(day),
});

export const received = (id: string, day: number, { sku = 'A', value = 40, supplierId = 'main' } = {}): Happening => ({
  type: 'steward.inventory.purchase-order-received.v1',
  data: { purchaseOrderId: id, supplierId, lines: [{ sku, quantity: { value, unit: 'each' } }] },
  at: noonOf(day),
});

/** An order of three days' lead time, so many days late. */
export const delivered = (id: string, day: number, daysLate = 0): readonly Happening[] => [
  placed({ id, placed: day, expected: day + 3 }),
  received(id, day + 3 + daysLate),
];

/** As they came to be known. */
export const inOrder = (...happenings: readonly Happening[]): readonly Happening[] =>
  happenings.toSorted((left, right) => Date.parse(left.at) - Date.parse(right.at));

export const endOf = (day: number) => new Date(Date.parse(`${dayOf(day)}T00:00:00Z`) + DAY_MS - 1_000).toISOString();
