import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Happening } from '#libs/testing';
import {
  dayOf,
  moved,
  ordered,
  playInventory,
  received,
  registered,
  sold,
  usedDaily,
} from '../inventory-life.contract.ts';
import { onShelf } from './stock-batch.ts';
import { remainingOf, type StockItem } from './stock-book.ts';

function itemAfter(...happenings: readonly Happening[]): StockItem {
  const life = playInventory();
  life.tell(...happenings);
  const item = life.assessor.book.stock.items.get('A');
  if (!item) throw new Error('Item A must be known.');
  return item;
}
const lots = ({ batches }: StockItem) => batches.map(({ lotId, quantity }) => [lotId, quantity]);
const lot = (lotId: string, day: number) => ({ lotId, expiresOn: dayOf(day) });

describe('the stock of an item', () => {
  it('is not known before something came or was counted', () => {
    expect(itemAfter(registered('A'), sold('A', 2)).knownSince).toBeNull();
    expect(itemAfter(registered('A'), moved('A', 'in', 5)).knownSince).toBe(2);
    expect(itemAfter(registered('A'), moved('A', 'adjustment', 5)).knownSince).toBe(2);
    expect(itemAfter(registered('A'), ordered('A', 5, { day: 0 })).knownSince).toBeNull();
  });

  it('goes below zero when more is sold than came, and what then comes fills that first', () => {
    const item = itemAfter(moved('A', 'in', 5), sold('A', 9), moved('A', 'in', 10, { time: '15:00' }));
    expect([item.onHand, onShelf(item.batches)]).toEqual([6, 6]);
  });
});

describe('lots', () => {
  const delivered = [
    registered('A'),
    received('A', 10, { day: 0, id: 'po-1', lot: lot('late', 9) }),
    received('A', 10, { day: 0, id: 'po-2', lot: lot('early', 3) }),
  ];

  it('that expire first are used first when nobody names one', () => {
    expect(lots(itemAfter(...delivered, sold('A', 12)))).toEqual([['late', 8]]);
  });

  it('that are named are used, and the rest comes from what expires first', () => {
    expect(lots(itemAfter(...delivered, moved('A', 'waste', 4, { lot: { lotId: 'late' } })))).toEqual([
      ['early', 10],
      ['late', 6],
    ]);
    expect(lots(itemAfter(...delivered, moved('A', 'out', 13, { lot: { lotId: 'late' } })))).toEqual([['early', 7]]);
    expect(lots(itemAfter(...delivered, moved('A', 'out', 3, { lot: { lotId: 'never came' } })))).toEqual([
      ['early', 7],
      ['late', 10],
    ]);
  });

  it('without a told day come in the order that the shelf life of the item lets expect', () => {
    const item = itemAfter(
      registered('A', { shelfLifeDays: 5 }),
      received('A', 4, { day: 0, lot: lot('told', 7) }),
      moved('A', 'in', 6, { day: 1 }),
    );
    expect(lots(item)).toEqual([
      [null, 6],
      ['told', 4],
    ]);
  });
});

describe('orders of an item', () => {
  const remaining = (item: StockItem) => item.orders.map(remainingOf);

  it('wait for what has not come, in parts too', () => {
    const order = [registered('A'), ordered('A', 40, { day: 0 })];
    expect(remaining(itemAfter(...order))).toEqual([40]);
    expect(remaining(itemAfter(...order, received('A', 15, { day: 1 })))).toEqual([25]);
    expect(remaining(itemAfter(...order, received('A', 15, { day: 1 }), received('A', 25, { day: 2 })))).toEqual([0]);
  });

  it('are done when all but a rest has come, or more than was ordered', () => {
    const order = [registered('A'), ordered('A', 40, { day: 0 })];
    expect(remaining(itemAfter(...order, received('A', 38, { day: 1 })))).toEqual([0]);
    expect(remaining(itemAfter(...order, received('A', 37, { day: 1 })))).toEqual([3]);
    expect(remaining(itemAfter(...order, received('A', 44, { day: 1 })))).toEqual([0]);
  });

  it('that are sent anew count once, and what has come of them stays come', () => {
    const anew = [ordered('A', 40, { day: 0 }), received('A', 30, { day: 1 }), ordered('A', 50, { day: 1 })];
    expect(remaining(itemAfter(registered('A'), ...anew))).toEqual([20]);
  });

  it('that are told of after their goods came are not waited for', () => {
    expect(remaining(itemAfter(registered('A'), received('A', 40, { day: 0 }), ordered('A', 40, { day: 0 })))).toEqual([
      0,
    ]);
  });
});

const happening = (day: number): fc.Arbitrary<Happening> => {
  const value = fc.integer({ min: 1, max: 30 });
  const lotIds = fc.constantFrom(undefined, lot('one', day + 3), lot('two', day + 9), { lotId: 'dayless' });
  const time = '12:00';
  return fc.oneof(
    fc.tuple(fc.constantFrom('in', 'out', 'waste'), value, lotIds).map(([movement, quantity, which]) => {
      return moved('A', movement, quantity, which ? { day, time, lot: which } : { day, time });
    }),
    fc.integer({ min: -9, max: 9 }).map((quantity) => moved('A', 'adjustment', quantity || 1, { day, time })),
    fc
      .tuple(value, fc.constantFrom('sale', 'return'))
      .map(([quantity, kind]) => sold('A', quantity, { day, time, kind })),
    fc.tuple(value, fc.constantFrom('po-1', 'po-2')).map(([quantity, id]) => ordered('A', quantity, { day, id, time })),
    fc
      .tuple(value, fc.constantFrom('po-1', 'po-2'), lotIds)
      .map(([quantity, id, which]) =>
        received('A', quantity, which ? { day, id, time, lot: which } : { day, id, time }),
      ),
    fc.constant(registered('A', {}, day)),
  );
};
const happenings = fc
  .array(fc.integer({ min: 0, max: 20 }), { minLength: 1, maxLength: 40 })
  .chain((days) => fc.tuple(...days.map((day) => happening(day))));

function effectOf({ type, data }: Happening): number {
  switch (type) {
    case 'steward.inventory.stock-moved.v1':
      return data.movement === 'in' || data.movement === 'adjustment' ? data.quantity.value : -data.quantity.value;
    case 'steward.sales.order-completed.v1':
      return (data.kind === 'sale' ? -1 : 1) * (data.lines[0]?.quantity.value ?? 0);
    case 'steward.inventory.purchase-order-received.v1':
      return data.lines[0]?.quantity.value ?? 0;
    default:
      return 0;
  }
}

describe('whatever happens, in whatever order of time', () => {
  it('each unit in stock is in exactly one batch, and stock is the sum of what came and went', () => {
    fc.assert(
      fc.property(happenings, (all) => {
        const item = itemAfter(registered('A'), ...all);
        expect(item.onHand).toBe(all.reduce((sum, one) => sum + effectOf(one), 0));
        expect(onShelf(item.batches)).toBe(Math.max(0, item.onHand));
        expect(item.batches.every(({ quantity }) => quantity > 0)).toBe(true);
        expect(item.orders.every((line) => remainingOf(line) >= 0)).toBe(true);
      }),
      { seed: 11, numRuns: 300 },
    );
  });

  it('a book does not grow with the years', () => {
    const days = Array.from({ length: 400 }, (_, day) => day);
    const item = itemAfter(
      registered('A'),
      ...days.flatMap((day) => [
        ordered('A', 3, { day, id: `po-${day}`, time: '05:00' }),
        received('A', 3, { day, id: `po-${day}`, lot: lot(`lot-${day}`, day + 500) }),
        ...usedDaily('A', 2, { from: day, days: 1 }),
      ]),
    );
    expect(item.onHand).toBe(400);
    expect(onShelf(item.batches)).toBe(400);
    expect(item.batches.length).toBeLessThanOrEqual(60);
    expect(item.orders.length).toBeLessThanOrEqual(50);
    expect(item.largestOut.length).toBeLessThanOrEqual(61);
    expect(item.positions.length).toBeLessThanOrEqual(20);
  });
});
