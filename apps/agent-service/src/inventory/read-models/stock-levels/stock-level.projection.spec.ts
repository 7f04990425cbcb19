import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ItemRegisteredV1 } from '#libs/contracts';
import type { RecordedEvent } from '#libs/event-store';
import { MemoryTable, recorded, type Place } from '../../../recorded-event.contract.ts';
import { stockConsumptionRows, stockLevelRows } from './stock-level.projection.ts';

const price = { amount: 100, currency: 'USD' };
const each = (value: number) => ({ value, unit: 'each' });
const registered = (place: Place) => recorded('inventory.item-registered', ItemRegisteredV1.sample, place);
const moved = (sku: string, movement: string, value: number, place: Place = {}) =>
  recorded('inventory.stock-moved', { sku, movement, quantity: each(value) }, place);

function sold(kind: 'sale' | 'return', lines: readonly (readonly [sku: string, value: number])[], place: Place = {}) {
  const data = {
    orderId: 'order-1',
    kind,
    lines: lines.map(([sku, value]) => ({ sku, quantity: each(value), unitPrice: price })),
    total: price,
  };
  return recorded('sales.order-completed', data, place);
}

function order(event: 'placed' | 'received', sku: string, value: number, place: Place = {}) {
  const cost = event === 'placed' ? { unitCost: price } : {};
  const data = { purchaseOrderId: 'po-1', supplierId: 's', lines: [{ sku, quantity: each(value), ...cost }] };
  return recorded(`inventory.purchase-order-${event}`, data, place);
}

const levels = async (...events: RecordedEvent[]) => (await new MemoryTable(stockLevelRows).apply(...events)).all();

describe('the stock of an item', () => {
  it('is what came and went since its first event, with what is known of it', async () => {
    const [lettuce] = await levels(
      moved('VEG001', 'in', 30, { at: 1 }),
      registered({ at: 2 }),
      sold('sale', [['VEG001', 4]], { at: 3, occurredAt: '2026-03-03T18:00:00.000Z', correlation: 'evening' }),
      order('placed', 'VEG001', 40, { at: 4, occurredAt: '2026-03-03T19:00:00.000Z', correlation: 'order' }),
    );

    expect(lettuce).toEqual({
      tenant: 'demo',
      sku: 'VEG001',
      name: 'Fresh lettuce',
      category: 'vegetables',
      unit: 'each',
      on_hand: 26,
      on_order: 40,
      reorder_point: 10,
      reorder_quantity: 40,
      supplier_id: 'fresh-foods',
      unit_cost_amount: 250,
      unit_cost_currency: 'USD',
      ...{ selling_price_amount: null, selling_price_currency: null },
      ...{ minimum_stock: 5, maximum_stock: 100, shelf_life_days: 5 },
      lots: [{ lotId: null, quantity: 26, receivedOn: '2026-03-02', expiresOn: null, useBy: null }],
      consumed_since: '2026-03-03T18:00:00.000Z',
      updated_at: '2026-03-03T19:00:00.000Z',
      position: 4,
      last_event: { id: expect.any(String), correlationId: 'order', traceparent: null },
      recent_positions: [1, 2, 3, 4],
    });
  });

  it('is known before the item is', async () => {
    expect(await levels(moved('NEW', 'in', 3))).toMatchObject([
      { sku: 'NEW', name: null, on_hand: 3, reorder_point: null },
    ]);
  });

  it('is kept apart by tenant', async () => {
    const rows = await levels(moved('A', 'in', 3), moved('A', 'in', 5, { at: 2, tenant: 'other' }));
    expect(rows.map(({ tenant, on_hand }) => [tenant, on_hand])).toEqual([
      ['demo', 3],
      ['other', 5],
    ]);
  });

  it('counts each line of an order, and the order once among the latest events', async () => {
    const rows = await levels(sold('sale', [['A', 1], ['B', 2], ['A', 3]], { at: 7 })); // prettier-ignore
    expect(rows).toMatchObject([
      { sku: 'A', on_hand: -4, recent_positions: [7] },
      { sku: 'B', on_hand: -2, recent_positions: [7] },
    ]);
  });

  it('never has less than nothing on order', async () => {
    expect(await levels(order('received', 'A', 5), order('placed', 'A', 2, { at: 2 }))).toMatchObject([
      { on_hand: 5, on_order: 2 },
    ]);
  });

  it('remembers the latest twenty events', async () => {
    const [row] = await levels(...Array.from({ length: 25 }, (_, index) => moved('A', 'in', 1, { at: index + 1 })));
    expect(row?.recent_positions).toEqual(Array.from({ length: 20 }, (_, index) => index + 6));
  });

  it('keeps the trace of its latest event', async () => {
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    expect(await levels(moved('A', 'in', 1, { traceparent }))).toMatchObject([{ last_event: { traceparent } }]);
  });
});

const SKUS = ['A', 'B', 'C'];
/** Thousandths of a unit: whole numbers add up without rounding. */
type Step = Readonly<{ kind: string; sku: string; thousandths: number; at: number }>;

const KINDS: Readonly<Record<string, Readonly<{ sign: number; event: (step: Step) => RecordedEvent }>>> = {
  in: { sign: 1, event: ({ sku, thousandths, at }) => moved(sku, 'in', thousandths / 1_000, { at }) },
  out: { sign: -1, event: ({ sku, thousandths, at }) => moved(sku, 'out', thousandths / 1_000, { at }) },
  waste: { sign: -1, event: ({ sku, thousandths, at }) => moved(sku, 'waste', thousandths / 1_000, { at }) },
  loss: { sign: -1, event: ({ sku, thousandths, at }) => moved(sku, 'adjustment', -thousandths / 1_000, { at }) },
  sale: { sign: -1, event: ({ sku, thousandths, at }) => sold('sale', [[sku, thousandths / 1_000]], { at }) },
  return: { sign: 1, event: ({ sku, thousandths, at }) => sold('return', [[sku, thousandths / 1_000]], { at }) },
  placed: { sign: 0, event: ({ sku, thousandths, at }) => order('placed', sku, thousandths / 1_000, { at }) },
  received: { sign: 1, event: ({ sku, thousandths, at }) => order('received', sku, thousandths / 1_000, { at }) },
};

const steps = fc
  .array(
    fc.record({
      kind: fc.constantFrom(...Object.keys(KINDS)),
      sku: fc.constantFrom(...SKUS),
      thousandths: fc.integer({ min: 1, max: 1_000_000 }),
      isLastOfBatch: fc.boolean(),
    }),
    { maxLength: 60 },
  )
  .map((drawn) => drawn.map((step, index) => ({ ...step, at: index + 1 })));

function eventOf(step: Step): RecordedEvent {
  const kind = KINDS[step.kind];
  if (!kind) throw new Error(`${step.kind} is no kind of step.`);
  return kind.event(step);
}

async function inBatches<Key extends Readonly<Record<string, unknown>>, Row extends Key>(
  table: MemoryTable<Key, Row>,
  drawn: readonly (Step & { readonly isLastOfBatch: boolean })[],
): Promise<readonly Row[]> {
  let batch: RecordedEvent[] = [];
  for (const step of drawn) {
    batch.push(eventOf(step));
    if (!step.isLastOfBatch) continue;
    await table.apply(...batch);
    batch = [];
  }
  return (await table.apply(...batch)).all();
}

describe('whatever happens to stock', () => {
  it('what is there is the sum of what came and went, to the thousandth', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (drawn) => {
        const rows = await inBatches(new MemoryTable(stockLevelRows), drawn);
        const sums = SKUS.flatMap((sku) => {
          const own = drawn.filter((step) => step.sku === sku);
          const sum = own.reduce((total, { kind, thousandths }) => total + (KINDS[kind]?.sign ?? 0) * thousandths, 0);
          return own.length === 0 ? [] : [[sku, sum / 1_000 + 0]];
        });
        expect(rows.map(({ sku, on_hand }) => [sku, on_hand + 0])).toEqual(sums);
        for (const { on_hand, lots } of rows) {
          expect(lots.reduce((sum, { quantity }) => sum + quantity, 0)).toBeCloseTo(Math.max(0, on_hand), 6);
        }
      }),
      { seed: 20_261_122, numRuns: 200 },
    );
  });

  it('rows do not depend on how the events are cut into batches', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (drawn) => {
        const whole = drawn.map((step) => ({ ...step, isLastOfBatch: false }));
        for (const projection of [stockLevelRows, stockConsumptionRows] as const) {
          const make = () =>
            new MemoryTable<Readonly<Record<string, unknown>>, Readonly<Record<string, unknown>>>(projection);
          expect(await inBatches(make(), drawn)).toEqual(await inBatches(make(), whole));
        }
      }),
      { seed: 20_261_122, numRuns: 100 },
    );
  });
});

describe('lots of an item', () => {
  const came = (lotId: string, expiresOn: string, value = 10) =>
    recorded('inventory.stock-moved', { sku: 'A', movement: 'in', quantity: each(value), lot: { lotId, expiresOn } });
  const lotsAfter = async (...events: RecordedEvent[]) => {
    const [row] = (await new MemoryTable(stockLevelRows).apply(...events)).all();
    return row?.lots.map(({ lotId, quantity }) => [lotId, quantity]);
  };

  it('are used in the order in which they expire, whatever came first', async () => {
    const lots = [came('late', '2026-03-20'), came('early', '2026-03-10')];
    expect(await lotsAfter(...lots)).toEqual([
      ['early', 10],
      ['late', 10],
    ]);
    expect(await lotsAfter(...lots, sold('sale', [['A', 12]]))).toEqual([['late', 8]]);
  });

  it('that are named are taken from', async () => {
    const wasted = recorded('inventory.stock-moved', {
      ...{ sku: 'A', movement: 'waste', quantity: each(4) },
      lot: { lotId: 'late' },
    });
    expect(await lotsAfter(came('late', '2026-03-20'), came('early', '2026-03-10'), wasted)).toEqual([
      ['early', 10],
      ['late', 6],
    ]);
  });

  it('hold only the rest of what was sold before it was said to have come', async () => {
    expect(await lotsAfter(sold('sale', [['A', 4]]), came('early', '2026-03-10'))).toEqual([['early', 6]]);
  });
});

describe('what is used of an item', () => {
  it('counts on the day that the clock of the business shows', async () => {
    const lateEvening = { occurredAt: '2026-03-03T04:30:00.000Z', timeZone: 'America/New_York' };
    const table = await new MemoryTable(stockConsumptionRows).apply(sold('sale', [['A', 4]], lateEvening));
    expect(table.all()).toMatchObject([{ day: '2026-03-02', quantity: 4 }]);
  });

  it('is counted by day: sold and taken out less what came back, and wasted apart', async () => {
    const monday = (at: number) => ({ at, occurredAt: '2026-03-02T23:59:59.000Z' });
    const tuesday = (at: number) => ({ at, occurredAt: '2026-03-03T00:00:00.000Z' });
    const table = await new MemoryTable(stockConsumptionRows).apply(
      moved('A', 'in', 100, monday(1)),
      sold('sale', [['A', 4]], monday(2)),
      moved('A', 'waste', 1, monday(3)),
      sold('return', [['A', 2]], tuesday(4)),
      moved('A', 'out', 5, tuesday(5)),
      moved('B', 'adjustment', -7, tuesday(6)),
    );

    expect(table.all()).toEqual([
      { tenant: 'demo', sku: 'A', day: '2026-03-02', quantity: 4, wasted: 1 },
      { tenant: 'demo', sku: 'A', day: '2026-03-03', quantity: 3, wasted: 0 },
    ]);
  });
});
