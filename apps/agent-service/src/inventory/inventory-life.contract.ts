import { plusDays, type LocalDate } from '#libs/kernel';
import type { CashAdviser, CashAnswer } from '#libs/agent-kit';
import { businessSettingsSchema, type BusinessSettings } from '#libs/business-settings';
import { playAgent, type Happening, type PlayedAgent } from '#libs/testing';
import type { InventoryBook } from './domain/inventory-book.ts';
import { inventoryAgent } from './inventory-agent.ts';

type Registration = Extract<Happening, { type: 'steward.inventory.item-registered.v1' }>['data'];
type Movement = Extract<Happening, { type: 'steward.inventory.stock-moved.v1' }>['data'];

/** The first day of a told life, a Monday. */
export const FIRST_DAY = '2026-01-05';
/** The day so many days after the first one. */
export const dayOf = (day: number): LocalDate => plusDays(FIRST_DAY, day);
const instant = (day: number, time: string): string => `${dayOf(day)}T${time}:00Z`;

/** A restaurant in UTC whose clock may run ahead. */
export function settingsWith(inventory: object = {}): BusinessSettings {
  return businessSettingsSchema.parse({
    business: { name: 'Spec', type: 'restaurant', currency: 'USD', timeZone: 'UTC', clock: 'simulated' },
    agents: { inventory },
  });
}

/** Accounting that always answers the same, and keeps what it was asked. */
export function cashThatSays(verdict: CashAnswer['verdict']): CashAdviser<{ facts: number }> & { asked: number[] } {
  const asked: number[] = [];
  return {
    asked,
    bookKeeping: {
      version: 3,
      open: () => ({ facts: 0 }),
      enter: (book) => {
        book.facts += 1;
      },
    },
    answer: ({ amount, purpose }, { logPosition }) => {
      asked.push(amount.amount);
      const answer = `It is ${verdict}.`;
      const question = `Is there cash for ${purpose}?`;
      return { verdict, consultation: { agentId: 'accounting_agent', question, answer, figures: [], logPosition } };
    },
  };
}

export type InventoryLife = PlayedAgent<InventoryBook & { cash: { facts: number } }>;

/** The inventory agent at work on one business. */
export function playInventory(inventory: object = {}, cash = cashThatSays('affordable')): InventoryLife {
  return playAgent(inventoryAgent(cash), settingsWith(inventory));
}

/** An item that is reordered at 10, by 24, and keeps for ever. */
export function registered(sku: string, data: Partial<Registration> = {}, day = 0): Happening {
  return {
    type: 'steward.inventory.item-registered.v1',
    at: instant(day, '07:00'),
    data: {
      ...{ sku, name: `Item ${sku}`, category: 'pantry', unit: 'each', unitCost: { amount: 200, currency: 'USD' } },
      ...{ reorderPoint: 10, reorderQuantity: 24, ...data },
    },
  };
}

export type Move = Readonly<{
  day?: number;
  time?: string;
  lot?: Movement['lot'];
}>;

/** Stock that came, went, was thrown away or counted anew. */
export function moved(
  sku: string,
  movement: Movement['movement'],
  value: number,
  { day = 0, time = '12:00', lot }: Move = {},
): Happening {
  return {
    type: 'steward.inventory.stock-moved.v1',
    at: instant(day, time),
    data: { sku, movement, quantity: { value, unit: 'each' }, ...(lot ? { lot } : {}) },
  };
}

export type Sale = Readonly<{ day?: number; time?: string; kind?: 'sale' | 'return' }>;

/** A sale over the counter, or what came back. */
export function sold(sku: string, value: number, { day = 0, time = '13:00', kind = 'sale' }: Sale = {}): Happening {
  const amount = { amount: 500, currency: 'USD' };
  return {
    type: 'steward.sales.order-completed.v1',
    at: instant(day, time),
    data: {
      ...{ orderId: `order-${sku}-${day}-${time}`, kind, total: amount },
      lines: [{ sku, quantity: { value, unit: 'each' }, unitPrice: amount }],
    },
  };
}

export type Order = Readonly<{ day: number; id?: string; expectedIn?: number; time?: string }>;

/** An order with a supplier. */
export function ordered(
  sku: string,
  value: number,
  { day, id = 'po-1', expectedIn, time = '14:00' }: Order,
): Happening {
  return {
    type: 'steward.inventory.purchase-order-placed.v1',
    at: instant(day, time),
    data: {
      purchaseOrderId: id,
      supplierId: 'fresh-foods',
      lines: [{ sku, quantity: { value, unit: 'each' }, unitCost: { amount: 200, currency: 'USD' } }],
      ...(expectedIn === undefined ? {} : { expectedOn: dayOf(day + expectedIn) }),
    },
  };
}

export type Receipt = Readonly<{ day: number; id?: string; lot?: Movement['lot']; time?: string }>;

/** What was ordered arrived. */
export function received(sku: string, value: number, { day, id = 'po-1', lot, time = '08:00' }: Receipt): Happening {
  return {
    type: 'steward.inventory.purchase-order-received.v1',
    at: instant(day, time),
    data: {
      purchaseOrderId: id,
      supplierId: 'fresh-foods',
      lines: [{ sku, quantity: { value, unit: 'each' }, ...(lot ? { lot } : {}) }],
    },
  };
}

/** So much is used on each of so many days, from a day on; weekends may be busier. */
export function usedDaily(
  sku: string,
  perDay: number | ((day: number) => number),
  { from = 0, days }: Readonly<{ from?: number; days: number }>,
): readonly Happening[] {
  return Array.from({ length: days }, (_, index) => from + index).flatMap((day) => {
    const value = typeof perDay === 'number' ? perDay : perDay(day);
    return value > 0 ? [moved(sku, 'out', value, { day, time: '18:00' })] : [];
  });
}

/** `reorder item:A low`, in order. */
export const told = (life: InventoryLife, ...types: string[]): readonly string[] =>
  life.decisions
    .filter(({ decisionType }) => types.length === 0 || types.includes(decisionType))
    .map(({ decisionType, subject, state }) => `${decisionType} ${subject} ${state}`);

/** The latest decision of a type. */
export const lastOf = (life: InventoryLife, type: string): InventoryLife['decisions'][number] | undefined =>
  life.decisions.findLast(({ decisionType }) => decisionType === type);
