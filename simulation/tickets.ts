import type { OrderCompleted } from '#libs/contracts';
import { COURSES, CURRENCY, UNIT } from './catalogue.ts';
import type { Item } from './catalogue.ts';
import type { Random } from './random.ts';

export type Ticket = Readonly<{
  /** `undefined` when nothing of what the guests wanted was there. */
  order: Omit<OrderCompleted, 'orderId'> | undefined;
  /** Units that guests wanted and did not get. */
  lostUnits: number;
}>;

const GUESTS = [
  [1, 40],
  [2, 35],
  [3, 15],
  [4, 10],
] as const;
const CHANNELS = [
  ['dine-in', 60],
  ['takeaway', 25],
  ['delivery', 15],
] as const;
const REGULAR_SHARE = 0.3;
const REGULARS = 40;
const TIP_SHARE = 0.5;

/** What one table orders, as far as `takeOne` finds it in stock. */
export function takeOrder(random: Random, takeOne: (item: Item) => boolean): Ticket {
  const ordered = new Map<Item, number>();
  let lostUnits = 0;
  for (let guest = random.choose(GUESTS); guest > 0; guest -= 1) {
    for (const course of COURSES) {
      const item = random.choose(course);
      if (item === undefined) continue;
      if (takeOne(item)) ordered.set(item, (ordered.get(item) ?? 0) + 1);
      else lostUnits += 1;
    }
  }
  return { order: ordered.size === 0 ? undefined : billFor(ordered, random), lostUnits };
}

function billFor(ordered: ReadonlyMap<Item, number>, random: Random): Omit<OrderCompleted, 'orderId'> {
  const food = [...ordered].reduce((sum, [item, count]) => sum + item.sellingPrice * count, 0);
  const channel = random.choose(CHANNELS);
  const tip = channel === 'dine-in' && random.chance(TIP_SHARE) ? Math.round((food * random.between(8, 20)) / 100) : 0;
  const regular = random.chance(REGULAR_SHARE) ? random.between(1, REGULARS) : undefined;
  return {
    kind: 'sale',
    ...(regular === undefined ? {} : { customerId: `regular-${regular}` }),
    channel,
    lines: [...ordered].map(([item, count]) => ({
      sku: item.sku,
      description: item.dish,
      quantity: { value: count, unit: UNIT },
      unitPrice: { amount: item.sellingPrice, currency: CURRENCY },
    })),
    ...(tip === 0 ? {} : { adjustments: [{ code: 'tip', kind: 'tip', amount: { amount: tip, currency: CURRENCY } }] }),
    total: { amount: food + tip, currency: CURRENCY },
  };
}
