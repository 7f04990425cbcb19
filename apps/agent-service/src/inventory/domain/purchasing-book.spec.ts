import { describe, expect, it } from '@jest/globals';
import { deserialize, serialize } from 'node:v8';
import type { Happening } from '#libs/testing';
import { supplierPerformance } from './analytics/supplier-performance.ts';
import {
  dayOf,
  delivered,
  inOrder,
  placed,
  playDetector,
  received,
  settingsWith,
  supplier,
} from './analytics/played-analytics.contract.ts';
import { isDue, isLate, leadTimeOf, ordersOf } from './purchasing-book.ts';

const settings = settingsWith({ reorderLeadTime: 6 });
const bookOf = (...happenings: readonly Happening[]) => {
  const player = playDetector(supplierPerformance, settings);
  player.tell(...happenings);
  return player.assessor.book.purchasing;
};

describe('the purchasing book', () => {
  it('fault 12: knows the real day of a receipt, and that an order is late only after its expected day', () => {
    const book = bookOf(placed({ id: 'po', placed: 0, expected: 3 }));
    const [open] = ordersOf(book, 'main');
    if (!open) throw new Error('no order');
    expect([dayOf(3), dayOf(4)].map((day) => [isDue(open, day), isLate(open, day)])).toEqual([
      [false, false],
      [true, true],
    ]);
    const [done] = ordersOf(bookOf(placed({ id: 'po', placed: 0, expected: 3 }), received('po', 3)), 'main');
    expect(done).toMatchObject({ placedOn: dayOf(0), expectedOn: dayOf(3), completeOn: dayOf(3) });
    expect(done && isLate(done, dayOf(90))).toBe(false);
  });

  it('takes parts together; an order is complete when all of it came', () => {
    const order = (...parts: readonly number[]) =>
      ordersOf(
        bookOf(placed({ id: 'po', placed: 0 }), ...parts.map((value, day) => received('po', day + 2, { value }))),
        'main',
      )[0];
    expect(order(20)).toMatchObject({ completeOn: null, lastReceivedOn: dayOf(2), lines: [{ received: 20 }] });
    expect(order(20, 20)).toMatchObject({ completeOn: dayOf(3), lines: [{ received: 40, completeOn: dayOf(3) }] });
    expect(order(37)).toMatchObject({ completeOn: null });
    expect(order(38)).toMatchObject({ completeOn: dayOf(2) });
  });

  it('fault 14: measures the lead time of an item’s supplier from three deliveries on', () => {
    const two = [...delivered('a', 0, 1), ...delivered('b', 10, 3)];
    const three = [...two, ...delivered('c', 20, 2)];
    expect(leadTimeOf(bookOf(supplier('main', 3), ...two), 'main', 'A', settings)).toEqual({
      ...{ days: 3, deviation: 0, observed: 0 },
    });
    expect(leadTimeOf(bookOf(supplier('main', 3), ...three), 'main', 'A', settings)).toEqual({
      ...{ days: 5, deviation: 1, observed: 3 },
    });
    expect(leadTimeOf(bookOf(supplier('main', 3), ...three), 'main', 'OTHER', settings).observed).toBe(3);
  });

  it('falls back to what was promised, and then to the setting', () => {
    const book = bookOf(supplier('main', 3));
    expect(leadTimeOf(book, 'main', 'A', settings).days).toBe(3);
    expect(leadTimeOf(book, 'unknown', 'A', settings).days).toBe(6);
    expect(leadTimeOf(book, null, undefined, settings)).toEqual({ days: 6, deviation: 0, observed: 0 });
  });

  it('keeps a receipt that is told before its order', () => {
    const [order] = ordersOf(bookOf(received('po', 4), placed({ id: 'po', placed: 1, expected: 3 })), 'main');
    expect(order).toMatchObject({ placedOn: dayOf(1), completeOn: dayOf(4) });
  });

  it('takes an order that is sent anew for the same order', () => {
    const book = bookOf(
      placed({ id: 'po', placed: 0, expected: 3 }),
      received('po', 2),
      placed({ id: 'po', placed: 2, expected: 5 }),
    );
    expect(ordersOf(book, 'main')).toMatchObject([
      { placedOn: dayOf(0), expectedOn: dayOf(5), completeOn: dayOf(2), lines: [{ ordered: 40, received: 40 }] },
    ]);
    const moved = bookOf(placed({ id: 'po', placed: 0 }), placed({ id: 'po', placed: 1, supplierId: 'other' }));
    expect([ordersOf(moved, 'main').length, ordersOf(moved, 'other').length]).toEqual([0, 1]);
  });

  it('forgets what is older than 400 days, and stays plain data', () => {
    const many = Array.from({ length: 90 }, (_, index) => delivered(`po-${index}`, 10 * index)).flat();
    const book = bookOf(...inOrder(...many));
    expect(book.orders.size).toBeLessThanOrEqual(42);
    expect(deserialize(serialize(book))).toEqual(book);
  });
});
