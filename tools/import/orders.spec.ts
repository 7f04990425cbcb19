import { describe, expect, it } from '@jest/globals';
import { ItemRegisteredV1, OrderCompletedV1, parseBusinessEvent, parseStructured, StockMovedV1 } from '#libs/contracts';
import type { CloudEvent, OrderCompleted } from '#libs/contracts';
import { InvoiceGrouping } from './invoices.ts';
import { layoutOf, mappingSchema, shippedMappings } from './mapping.ts';
import type { Mapping } from './mapping.ts';
import { LineReader } from './sale-lines.ts';
import type { Reject } from './sale-lines.ts';
import { checkTotal, ShopEvents } from './shop-events.ts';
import type { PlannedEvent } from './shop-events.ts';

function shipped(name: string): Mapping {
  const mapping = shippedMappings().find((each) => each.name === name);
  if (mapping === undefined) throw new Error(`${name} is not shipped.`);
  return mapping;
}

const FIRST = shipped('online-retail');
const SECOND = shipped('online-retail-ii');

const WHEN = '12/1/10 8:26';
type Row = readonly [
  invoice: string,
  sku: string,
  description: string,
  quantity: string,
  price: string,
  customer?: string,
];

/** What a till's rows become. */
function imported(rows: readonly Row[], mapping: Mapping = FIRST, when = WHEN) {
  const { columns } = mapping;
  const header = [
    ...[columns.invoice, columns.sku, columns.description, columns.quantity, columns.time, columns.unitPrice],
    columns.customer,
  ];
  const layout = layoutOf(mapping, header);
  if (layout === undefined) throw new Error('The header does not fit.');
  const reader = new LineReader(mapping, layout);
  const grouping = new InvoiceGrouping();
  const shop = new ShopEvents(mapping, 'demo');
  const rejects: Reject[] = [];
  const planned: PlannedEvent[] = [];
  for (const [index, [invoice, sku, description, quantity, price, customer = '']] of rows.entries()) {
    const fields = [invoice, sku, description, quantity, when, price, customer];
    const line = reader.read({ line: index + 2, text: fields.join(','), fields });
    if ('reason' in line) {
      rejects.push(line);
      continue;
    }
    const run = grouping.add(line);
    if (run !== undefined) planned.push(...shop.of(run));
  }
  const run = grouping.end();
  if (run !== undefined) planned.push(...shop.of(run));
  const events = planned.map(({ event }) => event);
  for (const event of events) parseBusinessEvent(parseStructured(JSON.parse(JSON.stringify(event))));
  return { rejects, planned, events, orders: ordersIn(events) };
}

function ordersIn(events: readonly CloudEvent[]): OrderCompleted[] {
  return events.filter(({ type }) => type === OrderCompletedV1.type).map((event) => OrderCompletedV1.read(event).data);
}

const movesIn = (events: readonly CloudEvent[]) =>
  events.filter(({ type }) => type === StockMovedV1.type).map((event) => StockMovedV1.read(event).data);
const itemsIn = (events: readonly CloudEvent[]) =>
  events.filter(({ type }) => type === ItemRegisteredV1.type).map((event) => ItemRegisteredV1.read(event).data);
const gbp = (amount: number) => ({ amount, currency: 'GBP' });

describe('orders from till lines', () => {
  it('makes one order of the lines of an invoice, at the time in UTC', () => {
    const { orders, events } = imported(
      [
        ['536365', '85123A', 'WHITE  HEART ', '6', '2.55', '17850'],
        ['536365', '71053', 'LANTERN', '2', '3.39', '17850'],
      ],
      FIRST,
      '7/1/11 0:30',
    );

    expect(orders).toEqual([
      {
        orderId: '536365',
        kind: 'sale',
        customerId: '17850',
        lines: [
          { sku: '85123A', description: 'WHITE HEART', quantity: { value: 6, unit: 'each' }, unitPrice: gbp(255) },
          { sku: '71053', description: 'LANTERN', quantity: { value: 2, unit: 'each' }, unitPrice: gbp(339) },
        ],
        total: gbp(2_208),
      },
    ]);
    expect(events.at(-1)).toMatchObject({
      id: 'order/536365',
      source: 'urn:pos:online-retail',
      time: '2011-06-30T23:30:00.000Z',
      tenantid: 'demo',
    });
  });

  it('takes a line without a customer for a walk-in', () => {
    const { orders } = imported([['536365', '71053', 'LANTERN', '1', '3.39']]);

    expect(orders[0]).not.toHaveProperty('customerId');
  });

  it('makes a return of an invoice that begins with C: what came back, and what was paid for it', () => {
    const { orders } = imported([
      ['C536383', '35004C', 'DUCKS', '-2', '4.65', '15311'],
      ['C536383', 'D', 'Discount', '-1', '27.5', '15311'],
    ]);

    expect(orders).toEqual([
      {
        orderId: 'C536383',
        kind: 'return',
        customerId: '15311',
        lines: [{ sku: '35004C', description: 'DUCKS', quantity: { value: 2, unit: 'each' }, unitPrice: gbp(465) }],
        adjustments: [{ code: 'D', kind: 'discount', description: 'Discount', amount: gbp(2_750) }],
        total: gbp(3_680),
      },
    ]);
  });

  it.each([
    ['POST', 'postage'],
    ['DOT', 'postage'],
    ['C2', 'postage'],
    ['m', 'other'],
    ['M', 'other'],
    ['BANK CHARGES', 'fee'],
    ['AMAZONFEE', 'fee'],
    ['S', 'other'],
    ['CRUK', 'other'],
    ['gift_0001_40', 'other'],
    ['B', 'write-off'],
  ])('counts %s as %s, not as goods', (code, kind) => {
    const { orders, events } = imported([['536370', code, 'WHAT IT IS', '3', '18']]);

    expect(orders[0]).toMatchObject({
      lines: [],
      adjustments: [{ code, kind, amount: gbp(5_400) }],
      total: gbp(5_400),
    });
    expect(itemsIn(events)).toEqual([]);
  });

  it('lets an adjustment take away from a sale, and have a price below the smallest coin', () => {
    const { orders } = imported([
      ['536370', '71053', 'LANTERN', '10', '3.39'],
      ['536370', 'D', 'Discount', '-1', '5'],
      ['536370', 'PADS', 'PADS', '1', '0.001'],
      ['A563185', 'B', 'Adjust bad debt', '1', '-11062.06'],
    ]);

    expect(orders[0]?.adjustments?.map(({ amount }) => amount.amount)).toEqual([-500, 0]);
    expect(orders[0]?.total).toEqual(gbp(2_890));
    expect(orders[1]?.total).toEqual(gbp(-1_106_206));
  });

  it('writes off what left at no price, as waste where the till says so', () => {
    const { events, orders } = imported([
      ['536589', '21777', 'damaged by rain', '-10', '0'],
      ['536590', '21777', 'check', '-4', '0'],
      ['536414', '22139', '', '56', '0'],
    ]);

    expect(orders).toEqual([]);
    expect(movesIn(events).filter(({ movement }) => movement !== 'in')).toEqual([
      {
        sku: '21777',
        movement: 'waste',
        quantity: { value: 10, unit: 'each' },
        reason: 'damaged by rain',
        reference: '536589',
      },
      {
        sku: '21777',
        movement: 'adjustment',
        quantity: { value: -4, unit: 'each' },
        reason: 'check',
        reference: '536590',
      },
      {
        sku: '22139',
        movement: 'adjustment',
        quantity: { value: 56, unit: 'each' },
        reason: 'corrected without a reason',
        reference: '536414',
      },
    ]);
  });

  it('sells at no price to a customer', () => {
    const { orders } = imported([['536500', '71053', 'LANTERN', '2', '0', '17850']]);

    expect(orders[0]).toMatchObject({ lines: [{ sku: '71053', unitPrice: gbp(0) }], total: gbp(0) });
  });

  it('registers each item once, with its opening stock, before it is first sold', () => {
    const { events } = imported([
      ['1', '71053', 'LANTERN', '6', '3.39'],
      ['2', '71053', 'LANTERN', '6', '3.20'],
      ['2', '84029G', 'BOTTLE', '500', '1.01'],
    ]);

    expect(events.map(({ id }) => id)).toEqual([
      'supplier/giftware-wholesale',
      'item/71053',
      'opening/71053',
      'order/1',
      'item/84029G',
      'opening/84029G',
      'order/2',
    ]);
    expect(itemsIn(events)[0]).toMatchObject({
      sku: '71053',
      name: 'LANTERN',
      unitCost: gbp(170),
      sellingPrice: gbp(339),
    });
    // The usual sixty, and twice the first sale.
    expect(movesIn(events).map(({ quantity }) => quantity.value)).toEqual([60, 1_000]);
  });

  it('registers an item anew when its first price is known', () => {
    const { events } = imported([
      ['1', '22139', '', '56', '0'],
      ['2', '22139', '', '3', '0'],
      ['3', '22139', 'RETRO TIN', '1', '4.25'],
      ['4', '22139', 'RETRO TIN', '1', '4.25'],
    ]);

    expect(events.map(({ id }) => id).filter((id) => id.startsWith('item/'))).toEqual([
      'item/22139',
      'item/22139/priced',
    ]);
    expect(itemsIn(events).map(({ name, sellingPrice }) => [name, sellingPrice])).toEqual([
      ['22139', undefined],
      ['RETRO TIN', gbp(425)],
    ]);
  });

  it('gives lines of one invoice that stand apart orders of their own', () => {
    const rows: Row[] = [
      ['1', '71053', 'LANTERN', '1', '3.39'],
      ['2', '71053', 'LANTERN', '1', '3.39'],
      ['1', '71053', 'LANTERN', '2', '3.39'],
    ];
    const { orders, planned } = imported(rows);

    expect(orders.map(({ orderId }) => orderId)).toEqual(['1', '2', '1~2']);
    expect(planned.filter(({ endsRun }) => endsRun).map(({ lastLine }) => lastLine)).toEqual([2, 3, 4]);
    expect(imported(rows).events).toEqual(imported(rows).events);
  });

  it('cuts an invoice without end into orders of two thousand lines', () => {
    const rows = Array.from({ length: 2_001 }, (): Row => ['1', '71053', 'LANTERN', '1', '3.39']);

    expect(imported(rows).orders.map(({ orderId, lines }) => [orderId, lines.length])).toEqual([
      ['1', 2_000],
      ['1~2', 1],
    ]);
  });

  it('makes returns of negative quantities where the mapping says so', () => {
    const shop: Mapping = { ...FIRST, returns: { negativeQuantityIsReturn: true } };
    const { orders } = imported(
      [
        ['1', '71053', 'LANTERN', '3', '3.39', '7'],
        ['1', '84029G', 'BOTTLE', '-1', '2.00', '7'],
      ],
      shop,
    );

    expect(orders.map(({ orderId, kind, total }) => [orderId, kind, total.amount])).toEqual([
      ['1', 'sale', 1_017],
      ['1/return', 'return', 200],
    ]);
  });

  it.each<[string, Row]>([
    ['bad number "many" for the quantity', ['1', '71053', 'LANTERN', 'many', '3.39']],
    ['bad number "" for the unit price', ['1', '71053', 'LANTERN', '1', '']],
    ['impossible quantity 0', ['1', '71053', 'LANTERN', '0', '3.39']],
    ['impossible quantity 100001', ['1', '71053', 'LANTERN', '100001', '3.39']],
    ['impossible quantity -3 at a price in a sale', ['1', '71053', 'LANTERN', '-3', '3.39']],
    ['impossible quantity 3 in a return', ['C1', '71053', 'LANTERN', '3', '3.39']],
    ['impossible unit price -3.39', ['1', '71053', 'LANTERN', '1', '-3.39']],
    ['impossible unit price 100001', ['1', '71053', 'LANTERN', '1', '100001']],
    ['unit price 3.395 has a fraction', ['1', '71053', 'LANTERN', '1', '3.395']],
    ['no invoice number', ['', '71053', 'LANTERN', '1', '3.39']],
    ['no stock code', ['1', '', 'LANTERN', '1', '3.39']],
    ['bad stock code', ['1', 'X'.repeat(65), 'LANTERN', '1', '3.39']],
    ['bad customer id', ['1', '71053', 'LANTERN', '1', '3.39', 'a\u0007b']],
    ['the mapping says that TEST001 is no sale', ['1', 'TEST001', 'This is a test product.', '5', '4.5']],
  ])('rejects a line: %s', (reason, row) => {
    const { rejects, orders } = imported([row, ['2', '71053', 'LANTERN', '1', '3.39']]);

    expect(rejects).toHaveLength(1);
    expect(rejects[0]).toMatchObject({ line: 2, text: [...row.slice(0, 4), WHEN, row[4], row[5] ?? ''].join(',') });
    expect(rejects[0]?.reason).toContain(reason);
    expect(orders.map(({ orderId }) => orderId)).toEqual(['2']);
  });

  it('rejects a line with a bad date, a missing column or a quote without end', () => {
    const layout = layoutOf(FIRST, Object.values(FIRST.columns));
    if (layout === undefined) throw new Error('The header does not fit.');
    const reader = new LineReader(FIRST, layout);
    const reasonOf = (fields: readonly string[] | undefined): unknown => {
      const read = reader.read({ line: 9, text: 'the line', fields });
      return 'reason' in read ? read : undefined;
    };

    expect(reasonOf(['1', '71053', 'LANTERN', '1', '2/30/11 10:00', '3.39', ''])).toMatchObject({
      reason: expect.stringContaining('bad date "2/30/11 10:00"'),
    });
    expect(reasonOf(['1', '71053', 'LANTERN'])).toMatchObject({ reason: '3 columns where the header has 7' });
    expect(reasonOf(undefined)).toEqual({ line: 9, reason: 'a quote is opened and never closed', text: 'the line' });
  });

  it('holds a total against its parts', () => {
    const order: OrderCompleted = {
      orderId: '1',
      kind: 'sale',
      lines: [{ sku: 'A', quantity: { value: 2, unit: 'each' }, unitPrice: gbp(10) }],
      total: gbp(20),
    };

    expect(() => {
      checkTotal(order);
    }).not.toThrow();
    expect(() => {
      checkTotal({ ...order, total: gbp(21) });
    }).toThrow('order 1');
  });

  it('rounds the price of a part of a unit', () => {
    const { orders } = imported([['1', 'CHEESE', 'CHEDDAR', '0.333', '10.00']]);

    expect(orders[0]?.total).toEqual(gbp(333));
    expect(imported([['1', 'CHEESE', 'CHEDDAR', '0.125', '9.99']]).orders[0]?.total).toEqual(gbp(125));
  });
});

describe('the mapping', () => {
  it('is found by the header', () => {
    const header = 'InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country'.split(',');
    const headerTwo = 'Invoice,StockCode,Description,Quantity,InvoiceDate,Price,Customer ID,Country'.split(',');

    expect([FIRST, SECOND].map((mapping) => layoutOf(mapping, header) !== undefined)).toEqual([true, false]);
    expect([FIRST, SECOND].map((mapping) => layoutOf(mapping, headerTwo) !== undefined)).toEqual([false, true]);
  });

  it.each([
    ['another field', { extra: 1 }],
    ['a name that is no name', { name: 'My Shop' }],
    ['a zone that there is not', { timeZone: 'Europe/Atlantis' }],
    ['a format without a day', { dateFormats: ['H:mm'] }],
    ['a code with a prefix', { adjustments: [{ code: 'A', prefix: 'B', kind: 'fee' }] }],
    ['a limit beyond exact sums', { limits: { quantity: 1_000_000, unitPrice: 1 } }],
  ])('refuses %s', (_what, change) => {
    expect(mappingSchema.safeParse({ ...FIRST, ...change }).success).toBe(false);
    expect(mappingSchema.safeParse(FIRST).success).toBe(true);
  });

  it('reads the same orders from the other layout of the same shop', () => {
    const rows: Row[] = [
      ['1', '71053', 'LANTERN', '1', '3.39', '17850'],
      ['C2', '71053', 'LANTERN', '-1', '3.39', '17850'],
      ['3', 'POST', 'POSTAGE', '1', '18'],
    ];
    const two = rows.map(([...row]): Row => [
      row[0],
      row[1],
      row[2],
      row[3],
      row[4],
      row[5] === undefined ? '' : `${row[5]}.0`,
    ]);

    expect(imported(two, SECOND, '2010-12-01 08:26:00').orders).toEqual(imported(rows).orders);
  });
});
