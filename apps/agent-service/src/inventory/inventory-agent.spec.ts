import { describe, expect, it } from '@jest/globals';
import { deserialize, serialize } from 'node:v8';
import fc from 'fast-check';
import { correlationId } from '#libs/kernel';
import type { Happening } from '#libs/testing';
import { decisionActionSchema } from '#libs/contracts';
import {
  cashThatSays,
  dayOf,
  moved,
  ordered,
  playInventory,
  received,
  registered,
  settingsWith,
  sold,
  told,
  usedDaily,
  type InventoryLife,
} from './inventory-life.contract.ts';
import { inventoryAgent } from './inventory-agent.ts';

const stocked = [registered('A'), moved('A', 'in', 100, { time: '08:00' })];

describe('the first minutes of a business', () => {
  it('lead to one decision: an item, its opening stock, and what was used of it', () => {
    const life = playInventory();
    const oil = registered('OIL001', {
      ...{ name: 'Olive oil', unit: 'bottle', reorderPoint: 10, reorderQuantity: 24 },
      unitCost: { amount: 650, currency: 'EUR' },
    });
    expect(life.tell(oil, moved('OIL001', 'in', 30))).toEqual([]);
    expect(life.tell(moved('OIL001', 'out', 22, { time: '12:01' }))).toMatchObject([
      {
        decisionType: 'reorder',
        subject: 'item:OIL001',
        state: 'low',
        positions: [1, 2, 3],
        figures: { 'in stock': 8, 'on order': 0 },
        action: {
          kind: 'reorder',
          quantity: { value: 24, unit: 'bottle' },
          estimatedCost: { amount: 15_600, currency: 'EUR' },
          urgency: 'medium',
        },
        reasoning:
          'Olive oil: 8 bottle in stock, none on order: at or below your limit of 10. How fast it is used is not known yet; ' +
          'a delivery takes about 7 days (as promised or set, not measured yet). Order 24 bottle for about 156.00 EUR: ' +
          'your usual quantity.',
      },
    ]);
    expect(life.waitUntil(`${dayOf(1)}T12:00:00Z`)).toEqual([]);
  });

  it('lead to none while only master data are known, or sales of what never came', () => {
    const life = playInventory();
    life.tell(registered('A', { reorderPoint: 50 }), sold('A', 3), sold('A', 5, { day: 1 }), registered('A', {}, 2));
    expect(life.decisions).toEqual([]);
  });
});

describe('the faults of the reference system', () => {
  it('9: use per day is never divided by the horizon: 5 a day for 8 days of lead time ask for more than 40', () => {
    const life = playInventory({ reorderLeadTime: 8 });
    life.tell(registered('A', { reorderPoint: 1 }), moved('A', 'in', 300, { time: '06:00' }));
    life.tell(...usedDaily('A', 5, { days: 60 }));
    const [decision] = life.decisions.filter(({ decisionType }) => decisionType === 'reorder');
    expect(decision?.figures['used per day']).toBe(5);
    // 300 - 5 * 51 = 45: the first stock that 8 * 1.2 days of use are not below.
    expect(decision?.figures['in stock']).toBe(45);
    expect(decision?.at.slice(0, 10)).toBe(dayOf(50));
  });

  it('10: an item of steady use has a computed reorder point, not the fallback', () => {
    const life = playInventory({ reorderLeadTime: 3 });
    life.tell(registered('A', { reorderPoint: 5 }), moved('A', 'in', 400, { time: '06:00' }));
    life.tell(...usedDaily('A', (day) => (day % 7 > 4 ? 14 : 7), { days: 50 }));
    const [decision] = life.decisions.filter(({ decisionType }) => decisionType === 'reorder');
    expect(decision?.figures['reorder point computed']).toBeGreaterThan(20);
    expect(decision?.figures['reorder point computed']).toBeLessThan(60);
  });

  it('11: expiry is told by lot: a short shelf life alone says nothing, however many days go by', () => {
    const life = playInventory();
    life.tell(registered('A', { shelfLifeDays: 5, reorderPoint: 1 }), moved('A', 'in', 400, { time: '06:00' }));
    life.tell(...usedDaily('A', 10, { days: 30 }));
    expect(told(life, 'expiry_alert')).toEqual([]);
    life.tell(moved('A', 'in', 60, { day: 30, lot: { lotId: 'L1', expiresOn: dayOf(32) } }));
    expect(told(life, 'expiry_alert')).toEqual(['expiry_alert lot:A/L1 soon']);
  });

  it('12: an open order is late only after its expected day', () => {
    const life = playInventory({ reorderLeadTime: 4 });
    life.tell(registered('A', { reorderPoint: 20 }), moved('A', 'in', 21, { time: '06:00' }));
    life.tell(ordered('A', 40, { day: 0, expectedIn: 4 }), moved('A', 'out', 15, { day: 1 }));
    const figures = () =>
      life.decisions.filter(({ decisionType }) => decisionType === 'low_stock_alert').at(-1)?.figures;
    life.tell(moved('A', 'out', 6, { day: 4 }));
    expect(figures()).toMatchObject({ 'next delivery late': false });
    const late = playInventory({ reorderLeadTime: 4 });
    late.tell(registered('A', { reorderPoint: 20 }), moved('A', 'in', 21, { time: '06:00' }));
    late.tell(ordered('A', 40, { day: 0, expectedIn: 4 }), moved('A', 'out', 21, { day: 5 }));
    expect(late.decisions.at(-1)).toMatchObject({ state: 'out', figures: { 'next delivery late': true } });
  });

  it('13, 14: an order that was placed counts, and the supplier is in the action', () => {
    const life = playInventory();
    life.tell(registered('A', { supplierId: 'fresh-foods' }), moved('A', 'in', 30), moved('A', 'out', 22));
    expect(life.decisions.at(-1)?.action).toMatchObject({ supplierId: 'fresh-foods' });
    life.tell(ordered('A', 24, { day: 0 }));
    expect(life.cleared).toEqual(['reorder:item:A']);
  });

  it('15: a fortnight of use is enough for a reorder point; no analysis waits for 730 movements', () => {
    const life = playInventory({ reorderLeadTime: 5 });
    life.tell(registered('A', { reorderPoint: 2 }), moved('A', 'in', 100, { time: '06:00' }));
    life.tell(...usedDaily('A', 6, { days: 14 }));
    expect(told(life, 'reorder')).toEqual(['reorder item:A low']);
  });

  it('16: each item is judged by its own figures, and the weekdays are those of the business', () => {
    const life = playInventory({ reorderLeadTime: 2 });
    life.tell(registered('A', { reorderPoint: 1 }), registered('B', { reorderPoint: 1 }));
    life.tell(moved('A', 'in', 500, { time: '06:00' }), moved('B', 'in', 500, { time: '06:00' }));
    const weekend = (day: number) => (day % 7 > 4 ? 20 : 1);
    for (let day = 0; day < 42; day += 1)
      life.tell(...usedDaily('A', 3, { from: day, days: 1 }), ...usedDaily('B', weekend, { from: day, days: 1 }));
    const outlooks = life.assessor.book.outlooks;
    expect(outlooks.get('A')?.perDay).toBe(3);
    const [monday = 0, , , , , saturday = 0] = outlooks.get('B')?.byWeekday ?? [];
    expect(monday).toBeLessThan(4);
    expect(saturday).toBeGreaterThan(14);
  });

  it('33: the same low stock is told once, however often it is looked at', () => {
    const life = playInventory();
    life.tell(...stocked, moved('A', 'out', 92));
    for (let hour = 13; hour < 23; hour += 1) life.waitUntil(`${dayOf(0)}T${hour}:00:00Z`);
    life.tell(sold('A', 1, { day: 1 }), sold('A', 1, { day: 2 }));
    expect(told(life)).toEqual(['reorder item:A low']);
  });

  it('35: no fact that its contract allows makes a look fail', () => {
    fc.assert(
      fc.property(lives, (all) => {
        const life = playInventory();
        life.tell(registered('A', { shelfLifeDays: 4, minimumStock: 3, maximumStock: 60 }), ...all);
        for (const decision of life.decisions) decisionActionSchema.parse(decision.action);
      }),
      { seed: 35, numRuns: 100 },
    );
  });
});

describe('an agent that begins anew', () => {
  it('goes on with a saved book as if nothing had been', () => {
    const cash = cashThatSays('affordable');
    const agent = inventoryAgent(cash);
    const settings = settingsWith();
    const life = playInventory();
    life.tell(
      ...stocked,
      ...usedDaily('A', 3, { days: 20 }),
      ordered('A', 30, { day: 19, expectedIn: 2, time: '19:00' }),
    );
    const saved: unknown = deserialize(serialize(life.assessor.book));
    expect(saved).toEqual(life.assessor.book);
    expect(agent.bookKeeping.version).toBe(1_003);
    expect(agent.isEnabled(settings)).toBe(true);
    expect(agent.isEnabled(settingsWith({ enabled: false }))).toBe(false);
  });
});

const day = fc.integer({ min: 0, max: 25 });
const quantity = fc.integer({ min: 1, max: 40 });
const fact: fc.Arbitrary<Happening> = fc.oneof(
  fc.tuple(day, quantity, fc.constantFrom('in', 'out', 'waste')).map(([on, value, movement]) => {
    return moved('A', movement, value, {
      day: on,
      lot: { lotId: `L${value % 3}`, expiresOn: dayOf(on + (value % 7) - 1) },
    });
  }),
  fc.tuple(day, quantity).map(([on, value]) => moved('A', 'adjustment', value - 20 || 1, { day: on })),
  fc
    .tuple(day, quantity, fc.constantFrom('sale', 'return'))
    .map(([on, value, kind]) => sold('A', value, { day: on, kind })),
  fc
    .tuple(day, quantity)
    .map(([on, value]) => ordered('A', value, { day: on, id: `po-${value % 4}`, expectedIn: value % 5 })),
  fc.tuple(day, quantity).map(([on, value]) => received('A', value, { day: on, id: `po-${value % 4}` })),
);
const lives = fc.array(fact, { maxLength: 40 });

/** What has nothing to do with item A. */
const elsewhere: fc.Arbitrary<Happening> = fc.oneof(
  fc.tuple(day, quantity).map(([, value]) => moved('OTHER', 'in', value, { time: '12:30' })),
  fc.tuple(day, quantity).map(([, value]) => sold('OTHER', value, { time: '12:30' })),
  fc.constant(registered('ANOTHER')),
);

describe('a situation that does not change', () => {
  it('is never decided twice, whatever happens elsewhere and in whatever order', () => {
    fc.assert(
      fc.property(fc.array(elsewhere, { maxLength: 30 }), (others) => {
        const life = playInventory();
        life.tell(...stocked, moved('A', 'out', 92));
        life.tell(...others);
        expect(told(life).filter((one) => one.includes('item:A'))).toEqual(['reorder item:A low']);
      }),
      { seed: 7, numRuns: 100 },
    );
  });

  it('is never told by reorder and low stock at once', () => {
    fc.assert(
      fc.property(lives, (all) => {
        const life = playInventory();
        const open = new Set<string>();
        life.tell(registered('A', { minimumStock: 4 }));
        for (const one of all.toSorted((left, right) => (left.at < right.at ? -1 : 1))) {
          const clearedBefore = life.cleared.length;
          const decided = life.tell(one);
          for (const key of life.cleared.slice(clearedBefore)) open.delete(key);
          for (const { decisionType, subject } of decided) {
            if (decisionType === 'reorder') open.add(`reorder:${subject}`);
            if (decisionType === 'low_stock_alert') open.add(`low-stock:${subject}`);
          }
          expect(open.has('reorder:item:A') && open.has('low-stock:item:A')).toBe(false);
        }
      }),
      { seed: 8, numRuns: 100 },
    );
  });
});

describe('a finding', () => {
  it('says the same whenever it is judged: what comes after it changes neither its words nor its figures', () => {
    fc.assert(
      fc.property(lives, (all) => {
        const life = playInventory();
        const judged: { then: string; again: () => string }[] = [];
        const known = registered('A', { shelfLifeDays: 4, minimumStock: 3, maximumStock: 60 });
        const again = registered('A', { name: 'Another name', unit: 'kg' }, 26);
        for (const [index, { at, ...said }] of [known, ...all, again].entries()) {
          const occurredAtMs = Date.parse(at);
          const place = { tenant: life.assessor.tenant, position: index + 1, eventId: `event-${index}` };
          const origin = { correlationId: correlationId(`correlation-${index}`), traceparent: null };
          const assessed = life.assessor.take({
            ...said,
            ...place,
            ...origin,
            occurredAtMs,
            recordedAtMs: occurredAtMs,
          });
          for (const one of assessed) {
            if (one.kind !== 'decide') continue;
            const { byRules, evidence, question } = one.finding;
            const words = () => JSON.stringify([byRules(), evidence, question?.facts]);
            judged.push({ then: words(), again: words });
          }
        }
        for (const { then, again: later } of judged) expect(later()).toBe(then);
      }),
      { seed: 12, numRuns: 60 },
    );
  });
});

describe('more stock', () => {
  const RANK = { critical: 3, high: 2, medium: 1 } as const;
  const urgencyAt = (life: InventoryLife): number => {
    const action = life.decisions.find(({ decisionType }) => decisionType === 'reorder')?.action;
    return action?.kind === 'reorder' ? RANK[action.urgency] : 0;
  };
  const countedAt = (stock: number, perDay: number): number => {
    const life = playInventory({ reorderLeadTime: 4 });
    life.tell(registered('A', { reorderPoint: 12 }), moved('A', 'in', 900, { time: '06:00' }));
    life.tell(...usedDaily('A', perDay, { days: 10 }));
    life.tell(moved('A', 'adjustment', stock - (900 - 10 * perDay) || 1, { day: 10 }));
    return urgencyAt(life);
  };

  it('never makes a reorder more urgent', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -5, max: 60 }),
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 0, max: 9 }),
        (stock, more, perDay) => {
          expect(countedAt(stock + more, perDay)).toBeLessThanOrEqual(countedAt(stock, perDay));
        },
      ),
      { seed: 5, numRuns: 40 },
    );
  });
});
