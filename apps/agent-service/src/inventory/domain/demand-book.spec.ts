import { describe, expect, it } from '@jest/globals';
import { deserialize, serialize } from 'node:v8';
import fc from 'fast-check';
import { correlationId, tenantId, timeZone, plusDays } from '#libs/kernel';
import type { BusinessFact } from '#libs/agent-kit';
import {
  dailyUse,
  dailyWaste,
  demandOf,
  enterDemand,
  KEPT_DAYS,
  openDemandBook,
  type DemandBook,
} from './demand-book.ts';

const NEW_YORK = timeZone('America/New_York');
let position = 0;
const told = (said: Pick<BusinessFact, 'type' | 'data'>, at: string): BusinessFact => {
  position += 1;
  const atMs = Date.parse(at);
  const place = {
    tenant: tenantId('demo'),
    eventId: `e-${position}`,
    correlationId: correlationId('c'),
    traceparent: null,
  };
  return { ...said, ...place, position, atMs, local: NEW_YORK.at(atMs) } as BusinessFact;
};
const moved = (movement: 'in' | 'out' | 'waste' | 'adjustment', value: number, at: string) =>
  told(
    { type: 'steward.inventory.stock-moved.v1', data: { sku: 'A', movement, quantity: { value, unit: 'each' } } },
    at,
  );
const order = (kind: 'sale' | 'return', value: number, at: string) =>
  told(
    {
      type: 'steward.sales.order-completed.v1',
      data: {
        ...{ orderId: 'o', kind, total: { amount: 100, currency: 'USD' } },
        lines: [{ sku: 'A', quantity: { value, unit: 'each' }, unitPrice: { amount: 100, currency: 'USD' } }],
      },
    },
    at,
  );
const bookOf = (...facts: readonly BusinessFact[]): DemandBook => {
  const book = openDemandBook();
  for (const fact of facts) enterDemand(book, fact);
  return book;
};
const noon = (day: number) => `${plusDays('2026-01-05', day)}T17:00:00Z`;

describe('the demand book', () => {
  it('counts sales less returns and what was taken out, by the days of the business', () => {
    const book = bookOf(
      order('sale', 3, '2026-03-03T04:30:00Z'),
      moved('out', 2, '2026-03-03T15:00:00Z'),
      order('return', 1, '2026-03-03T16:00:00Z'),
      moved('in', 50, '2026-03-03T16:00:00Z'),
      moved('adjustment', -4, '2026-03-03T16:00:00Z'),
      moved('waste', 5, '2026-03-03T16:00:00Z'),
    );
    expect(dailyUse(book, 'A', { until: '2026-03-04', days: 30 })).toEqual({ from: '2026-03-02', values: [3, 1] });
    expect(dailyWaste(book, 'A', { until: '2026-03-04', days: 30 }).values).toEqual([0, 5]);
  });

  it('begins with the first use, fills days without with zero, and leaves today out', () => {
    const book = bookOf(moved('out', 2, noon(0)), moved('out', 4, noon(3)), moved('out', 9, noon(4)));
    expect(dailyUse(book, 'A', { until: plusDays('2026-01-05', 4), days: 30 }).values).toEqual([2, 0, 0, 4]);
    expect(dailyUse(book, 'A', { until: plusDays('2026-01-05', 4), days: 2 }).values).toEqual([0, 4]);
    expect(dailyUse(book, 'B', { until: '2026-01-09', days: 30 }).values).toEqual([]);
    expect(demandOf(book, 'A', { until: '2026-01-05', days: 30 })).toBeUndefined();
  });

  it('fault 9: gives the mean of a day', () => {
    const book = bookOf(...Array.from({ length: 30 }, (_, day) => moved('out', day % 2 === 0 ? 3 : 3.4, noon(day))));
    const until = plusDays('2026-01-05', 30);
    expect(demandOf(book, 'A', { until, days: 30 })?.perDay).toBeCloseTo(3.2, 9);
    const { forecast } = demandOf(book, 'A', { until, days: 30, horizon: 30 }) ?? {};
    for (const value of forecast?.values ?? [0]) expect(value).toBeCloseTo(3.2, 0);
  });

  it('takes weekdays out of the deviation when it has seen four weeks', () => {
    const weekly = [5, 5, 5, 5, 20, 20, 5];
    const book = bookOf(...Array.from({ length: 28 }, (_, day) => moved('out', weekly[day % 7] ?? 0, noon(day))));
    expect(demandOf(book, 'A', { until: plusDays('2026-01-05', 28), days: 30 })?.deviation).toBeCloseTo(0, 6);
    expect(demandOf(book, 'A', { until: plusDays('2026-01-05', 27), days: 30 })?.deviation).toBeGreaterThan(6);
    expect(demandOf(book, 'A', { until: plusDays('2026-01-05', 4), days: 30 })?.deviation).toBeCloseTo(1.5, 9);
  });

  it('keeps no more than 430 days, whatever their order, and no future day hides the present', () => {
    const days = Array.from({ length: 900 }, (_, index) => (index * 7) % 900);
    const book = bookOf(moved('out', 1, '2099-01-01T12:00:00Z'), ...days.map((day) => moved('out', 1, noon(day))));
    expect(book.items.get('A')?.used.size).toBeLessThanOrEqual(KEPT_DAYS + 30);
    expect(dailyUse(book, 'A', { until: plusDays('2026-01-05', 900), days: 30 }).values).toEqual(
      new Array<number>(30).fill(1),
    );
  });

  it('does not depend on the order in which facts come, and survives being saved', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 1, max: 9 })), { maxLength: 60 }),
        (uses) => {
          const facts = uses.map(([day, value]) => moved('out', value, noon(day)));
          const asked = { until: plusDays('2026-01-05', 61), days: 61 };
          const forward = bookOf(...facts);
          expect(dailyUse(bookOf(...facts.toReversed()), 'A', asked)).toEqual(dailyUse(forward, 'A', asked));
          expect(deserialize(serialize(forward))).toEqual(forward);
        },
      ),
      { seed: 4 },
    );
  });
});
