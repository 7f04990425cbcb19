import { describe, expect, it } from '@jest/globals';
import type { Happening } from '#libs/testing';
import {
  delivered,
  endOf,
  inOrder,
  placed,
  playDetector,
  received,
  registered,
  supplier,
} from './played-analytics.contract.ts';
import { supplierPerformance } from './supplier-performance.ts';

/** Orders each fifth day; late by so many days. */
const orders = (...late: readonly number[]): readonly Happening[] =>
  late.flatMap((days, index) => delivered(`po-${index}`, 5 * index, days));
const play = (...happenings: readonly Happening[]) => {
  const player = playDetector(supplierPerformance);
  player.tell(supplier('main'), registered('A'), ...inOrder(...happenings));
  return player;
};

describe('supplier performance', () => {
  it('fault 13: is judged by the orders that were placed', () => {
    const [decision] = play(...orders(3, 4, 3, 4, 5)).decisions;
    expect(decision).toMatchObject({
      decisionType: 'supplier_performance',
      subject: 'supplier:main',
      action: { kind: 'review-supplier', supplierId: 'main' },
    });
    expect(decision?.reasoning).toContain('Supplier main');
  });

  it('fault 12: is judged by the days on which goods came, and an open order is not late before its day', () => {
    const inTime = orders(0, 0, 0, 0);
    expect(play(...inTime).decisions).toEqual([]);
    const open = [30, 31, 32, 33].map((day) => placed({ id: `open-${day}`, placed: day, expected: 60 }));
    const player = play(...inTime, ...open);
    player.waitUntil(endOf(59));
    player.tell({ ...supplier('other'), at: endOf(60) });
    expect(player.decisions).toEqual([]);
    player.tell({ ...supplier('other'), at: endOf(62) });
    expect(player.decisions).toHaveLength(1);
    expect(player.decisions[0]?.figures).toMatchObject({ dueOrders: 8, lateOrders: 4, recentLateOrders: 4 });
  });

  it('says so when deliveries get worse, once', () => {
    const player = play(...orders(0, 0, 0, 0, 0, 0, 0, 0, 2, 2, 2));
    expect(player.decisions.map(({ state, change }) => `${change} ${state}`)).toEqual(['opened getting-worse']);
    expect(player.decisions[0]).toMatchObject({
      action: { measures: ['discuss-performance', 'spread-orders'] },
      figures: { recentLateOrders: 3 },
    });
  });

  it('does not take bad luck for a trend', () => {
    expect(play(...orders(0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1)).decisions).toEqual([]);
    expect(play(...orders(1, 1)).decisions).toEqual([]);
  });

  it('becomes graver when hardly anything comes', () => {
    const none = [0, 5, 10, 15, 20].map((day) => placed({ id: `po-${day}`, placed: day, expected: day + 3 }));
    const player = play(...none, received('po-0', 40, { value: 2 }));
    expect(player.decisions.at(-1)).toMatchObject({
      state: 'unacceptable',
      action: { measures: ['find-alternative', 'spread-orders'] },
    });
  });

  it('is over when deliveries are in time again', () => {
    const late = orders(0, 0, 0, 0, 0, 0, 0, 0, 2, 2, 2);
    const good = Array.from({ length: 12 }, (_, index) => delivered(`good-${index}`, 60 + 4 * index)).flat();
    expect(play(...late, ...good).cleared).toContain('supplier-performance:supplier:main');
  });

  it('counts what others ask for the same', () => {
    const cheap = [0, 10, 20].map((day) => placed({ id: `c-${day}`, supplierId: 'cheap', placed: day, price: 200 }));
    const [decision] = play(...orders(3, 4, 3, 4, 5), ...cheap).decisions;
    expect(decision?.figures['priceIndex']).toBeCloseTo(0.8, 6);
  });
});
