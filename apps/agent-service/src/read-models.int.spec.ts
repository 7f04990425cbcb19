import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { z } from 'zod';
import {
  agentDetailSchema,
  decisionPageSchema,
  entryPageSchema,
  forecastPageSchema,
  ledgerSchema,
  obligationPageSchema,
  purchaseOrderPageSchema,
  querySubject,
  stockPageSchema,
  supplierPageSchema,
  WAIT_FOR_POSITION_HEADER,
  workforceSchema,
} from '#libs/contracts';
import {
  Database,
  PostgresEventStore,
  ProjectionRebuild,
  ReadableEventStore,
  type ProjectedTable,
} from '#libs/event-store';
import { plusDays } from '#libs/kernel';
import { eventually, sequentialIds } from '#libs/testing';
import { agentEventTypes, agentProjections } from './agent-log.ts';
import { openSurroundings, type RunningService, type Surroundings } from './running-service.contract.ts';

jest.setTimeout(60_000);

const PATIENCE = { withinMs: 20_000, everyMs: 50 };
/** 12:00 in New York, where the shop is; nothing happens later. */
const NOON = '2027-03-02T17:00:00Z';
const TODAY = '2027-03-02';
const YESTERDAY = '2027-03-01';

let surroundings: Surroundings;
let service: RunningService;
let written = '';
let counter = 0;

type Happening = readonly [type: string, time: string, data: object];

async function publish(tenant: string, happenings: readonly Happening[]): Promise<void> {
  const answer = await fetch(`${service.url}/v1/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/cloudevents-batch+json' },
    body: JSON.stringify(
      happenings.map(([type, time, data]) => {
        counter += 1;
        const id = `happening-${counter}`;
        return { specversion: '1.0', id, source: '/spec', type: `steward.${type}.v1`, time, tenantid: tenant, data };
      }),
    ),
  });
  expect(await answer.json()).toMatchObject({ rejected: 0 });
  written = answer.headers.get('log-position') ?? '';
}

const usd = (amount: number) => ({ amount, currency: 'USD' });
const eur = (amount: number) => ({ amount, currency: 'EUR' });
const each = (value: number) => ({ value, unit: 'each' });

const account = (accountId: string, kind: string, opening: number): Happening => [
  'accounting.account-opened',
  '2027-02-01T14:00:00Z',
  { accountId, name: `The ${accountId}`, kind, currency: 'USD', openingBalance: usd(opening) },
];

const transaction = (transactionId: string, data: object): Happening => [
  'accounting.transaction-recorded',
  NOON,
  { transactionId, accountId: 'checking', description: 'as told', bookedOn: TODAY, ...data },
];

const invoice = (invoiceId: string, amount: number, issuedOn: string, dueOn: string): Happening => [
  'accounting.invoice-issued',
  `${issuedOn}T15:00:00Z`,
  { invoiceId, number: invoiceId, customerName: 'Harbour Events', amount: usd(amount), issuedOn, dueOn },
];

const paid = (invoiceId: string, paymentId: string, amount: number, paidOn: string): Happening => [
  'accounting.invoice-paid',
  `${paidOn}T15:00:00Z`,
  { invoiceId, paymentId, amount: usd(amount), paidOn, accountId: 'checking' },
];

const order = (
  orderId: string,
  kind: 'sale' | 'return',
  time: string,
  [quantity, total]: readonly number[],
): Happening => [
  'sales.order-completed',
  time,
  {
    orderId,
    kind,
    lines: [{ sku: 'MILK', quantity: each(quantity ?? 0), unitPrice: usd(100) }],
    total: usd(total ?? 0),
  },
];

const lot = (lotId: string, expiresOn: string): Happening => [
  'inventory.stock-moved',
  '2027-02-28T15:00:00Z',
  { sku: 'MILK', movement: 'in', quantity: each(10), lot: { lotId, expiresOn } },
];

const clock = (employeeId: string, kind: string, at: string): Happening => [
  'workforce.clock-recorded',
  at,
  { employeeId, kind, at },
];

const employee = (employeeId: string, rate: number): Happening => [
  'workforce.employee-registered',
  '2027-02-01T15:00:00Z',
  {
    ...{ employeeId, name: `Name of ${employeeId}`, position: 'cook', employment: 'full-time' },
    ...{ hiredOn: '2026-01-01', hourlyRate: usd(rate) },
  },
];

/** Bread goes out at five a day, for 25 days up to yesterday. */
const bread = Array.from({ length: 25 }, (_, index): Happening => [
  'inventory.stock-moved',
  `${plusDays(YESTERDAY, index - 24)}T18:00:00Z`,
  { sku: 'BREAD', movement: 'out', quantity: each(5) },
]);

const THE_SHOP: readonly Happening[] = [
  account('checking', 'checking', 100_000),
  account('savings', 'savings', 50_000),
  account('card', 'credit', -20_000),
  account('checking', 'checking', 999_999), // told again: no second opening
  employee('e1', 2_000),
  employee('e2', 1_500),
  [
    'inventory.item-registered',
    '2027-02-01T15:00:00Z',
    {
      ...{ sku: 'MILK', name: 'Milk', category: 'dairy', unit: 'each', unitCost: usd(50) },
      ...{ reorderPoint: 3, reorderQuantity: 10, minimumStock: 1, maximumStock: 40 },
    },
  ],
  ['inventory.supplier-registered', '2027-02-01T15:00:00Z', { supplierId: 'dairy', name: 'Dairy', leadTimeDays: 2 }],
  ['inventory.stock-moved', '2027-02-01T15:00:00Z', { sku: 'BREAD', movement: 'in', quantity: each(500) }],
  ...bread,
  invoice('inv-1', 20_000, '2027-01-10', '2027-01-20'),
  paid('inv-1', 'p-1', 5_000, '2027-02-01'),
  paid('inv-1', 'p-1', 5_000, '2027-02-01'), // told again
  paid('inv-3', 'p-3', 3_000, '2027-02-09'), // before its invoice
  invoice('inv-3', 3_000, '2027-02-10', '2027-02-20'),
  invoice('inv-2', 8_000, YESTERDAY, '2027-03-31'),
  [
    'accounting.bill-received',
    '2027-02-20T15:00:00Z',
    {
      ...{ billId: 'b-1', number: 'R-1', vendorName: 'Landlord', amount: usd(12_000), category: 'rent' },
      ...{ receivedOn: '2027-02-20', dueOn: '2027-02-25' },
    },
  ],
  [
    'inventory.purchase-order-placed',
    '2027-02-20T15:00:00Z',
    {
      ...{ purchaseOrderId: 'po-1', supplierId: 'dairy', expectedOn: '2027-02-25' },
      lines: [{ sku: 'CHEESE', quantity: each(6), unitCost: usd(300) }],
    },
  ],
  [
    'inventory.purchase-order-received',
    '2027-02-28T15:00:00Z',
    { purchaseOrderId: 'po-1', supplierId: 'dairy', lines: [{ sku: 'CHEESE', quantity: each(6) }] },
  ],
  [
    'inventory.purchase-order-placed',
    '2027-02-28T15:00:00Z',
    {
      ...{ purchaseOrderId: 'po-2', supplierId: 'dairy', expectedOn: YESTERDAY },
      lines: [{ sku: 'CHEESE', quantity: each(4), unitCost: usd(300) }],
    },
  ],
  lot('L1', '2027-03-05'),
  lot('L2', '2027-03-03'),
  transaction('t-1', { kind: 'expense', amount: usd(30_000), category: 'food', bookedOn: YESTERDAY }),
  transaction('t-1', { kind: 'expense', amount: usd(30_000), category: 'food', bookedOn: YESTERDAY }), // told again
  transaction('t-2', { kind: 'income', amount: usd(4_000), category: 'sales-deposit' }),
  transaction('t-3', { kind: 'income', amount: eur(7_000), category: 'consulting' }),
  transaction('t-4', {
    ...{ kind: 'transfer', amount: usd(10_000), accountId: undefined },
    ...{ fromAccountId: 'checking', toAccountId: 'savings' },
  }),
  clock('e1', 'in', '2027-03-01T14:00:00Z'),
  clock('e1', 'break-start', '2027-03-01T17:00:00Z'),
  clock('e1', 'break-end', '2027-03-01T17:30:00Z'),
  clock('e1', 'out', '2027-03-01T23:30:00Z'),
  clock('e2', 'in', '2027-03-02T03:30:00Z'), // 22:30 of the day before, in New York
  // 23:30 of the day before, in New York
  order('o-1', 'sale', '2027-03-02T04:30:00Z', [12, 5_000]),
  clock('e2', 'out', '2027-03-02T11:30:00Z'),
  clock('e1', 'in', '2027-03-02T14:00:00Z'),
  [
    'workforce.shift-scheduled',
    '2027-03-02T15:00:00Z',
    { shiftId: 's-1', employeeId: 'e1', startsAt: '2027-03-03T14:00:00Z', endsAt: '2027-03-03T22:00:00Z' },
  ],
  [
    'workforce.leave-requested',
    '2027-03-02T15:00:00Z',
    {
      leaveId: 'l-1',
      employeeId: 'e2',
      kind: 'vacation',
      startsOn: '2027-03-10',
      endsOn: '2027-03-12',
      reason: 'secret',
    },
  ],
  order('o-2', 'return', NOON, [2, 1_000]),
];

beforeAll(async () => {
  surroundings = await openSurroundings();
  service = await surroundings.start({ INSTANCE_ID: 'first' });
  for (const tenant of ['shop', 'other']) {
    const business = { name: tenant, type: 'retail', timeZone: 'America/New_York', clock: 'simulated' };
    const answer = await fetch(`${service.url}/v1/settings?tenant=${tenant}`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ business }),
    });
    expect(answer.status).toBe(200);
  }
  await publish('other', [order('o-1', 'sale', NOON, [1, 777])]);
  await publish('shop', THE_SHOP);
}, 90_000);

afterAll(() => surroundings.close(), 30_000);

/** Reads what was written, and checks that the answer is what its schema says and no more than it claims. */
async function get<Schema extends z.ZodType>(schema: Schema, path: string, tenant = 'shop'): Promise<z.output<Schema>> {
  const separator = path.includes('?') ? '&' : '?';
  const answer = await fetch(`${service.url}${path}${separator}tenant=${tenant}`, {
    headers: { [WAIT_FOR_POSITION_HEADER]: written },
  });
  const body: unknown = await answer.json();
  expect({ path, status: answer.status, body }).toMatchObject({ status: 200 });
  expect(body).toMatchObject({ standsAt: { log: 'agent', position: expect.any(Number) } });
  return schema.parse(body);
}

describe('the ledger', () => {
  it('shows balances by account and currency, and cash', async () => {
    const { today, accounts, cash, standsAt } = await get(ledgerSchema, '/v1/ledger');

    expect(today).toBe(TODAY);
    expect(accounts.map(({ accountId, isCash, balances }) => [accountId, isCash, balances])).toEqual([
      ['card', false, [usd(-20_000)]],
      ['checking', true, [eur(7_000), usd(72_000)]],
      ['savings', true, [usd(60_000)]],
    ]);
    expect(cash).toEqual([eur(7_000), usd(132_000)]);
    expect(standsAt.position).toBeGreaterThanOrEqual(Number(written.split(':')[1]));
  });

  it('adds up a range of days, each currency by itself, a sale of late evening on its own day', async () => {
    const { from, to, totals } = await get(ledgerSchema, '/v1/ledger');

    expect([from, to]).toEqual(['2027-02-01', TODAY]);
    expect(totals.map((sums) => ({ ...sums, days: [] }))).toEqual([
      {
        ...{ currency: 'EUR', revenue: eur(7_000), expense: eur(0), net: eur(7_000), cashFlow: eur(7_000) },
        revenueByCategory: [{ category: 'consulting', amount: eur(7_000) }],
        expenseByCategory: [],
        days: [],
      },
      {
        ...{ currency: 'USD', revenue: usd(15_000), expense: usd(42_000), net: usd(-27_000), cashFlow: usd(-18_000) },
        revenueByCategory: [
          { category: 'invoiced', amount: usd(11_000) },
          { category: 'sales', amount: usd(4_000) },
        ],
        expenseByCategory: [
          { category: 'food', amount: usd(30_000) },
          { category: 'rent', amount: usd(12_000) },
        ],
        days: [],
      },
    ]);
    const days = totals[1]?.days.slice(-2).map(({ day, revenue }) => [day, revenue.amount]);
    expect(days).toEqual([
      [YESTERDAY, 13_000],
      [TODAY, -1_000],
    ]);
  });

  it('lists what was booked, page by page, by account or category', async () => {
    const first = await get(entryPageSchema, '/v1/ledger/entries?account=checking&limit=3');
    const next = await get(
      entryPageSchema,
      `/v1/ledger/entries?account=checking&limit=200&after=${first.nextCursor ?? ''}`,
    );

    expect([...first.data, ...next.data].map(({ sourceRef, amount }) => [sourceRef, amount.amount])).toEqual([
      ['transaction:t-4', -10_000],
      ['transaction:t-3', 7_000],
      ['transaction:t-2', 4_000],
      ['transaction:t-1', -30_000],
      ['invoice-payment:inv-3/p-3', 3_000],
      ['invoice-payment:inv-1/p-1', 5_000],
    ]);
    expect((await get(entryPageSchema, '/v1/ledger/entries?category=food')).data).toMatchObject([
      { kind: 'expense', day: YESTERDAY, description: 'as told', account: null },
    ]);
  });

  it.each(['from=2027-03-02&to=2027-03-01', 'from=2020-01-01', 'from=yesterday'])('refuses %s', async (query) => {
    const answer = await fetch(`${service.url}/v1/ledger?tenant=shop&${query}`);
    expect({ status: answer.status, type: answer.headers.get('content-type') }).toEqual({
      status: 422,
      type: 'application/problem+json',
    });
  });
});

describe('what is owed', () => {
  it('to the business: what is open, how late it is, and its ageing', async () => {
    const { data, ageing, outstanding, today } = await get(obligationPageSchema, '/v1/receivables');

    expect(today).toBe(TODAY);
    expect(data.map((one) => [one.documentId, one.status, one.outstanding, one.daysOverdue, one.bucket])).toEqual([
      ['inv-1', 'partly-paid', usd(15_000), 41, '31-60'],
      ['inv-2', 'open', usd(8_000), 0, 'current'],
    ]);
    expect(ageing).toEqual([
      { bucket: 'current', documents: 1, outstanding: [usd(8_000)] },
      { bucket: '1-30', documents: 0, outstanding: [] },
      { bucket: '31-60', documents: 1, outstanding: [usd(15_000)] },
      { bucket: '61-90', documents: 0, outstanding: [] },
      { bucket: 'over-90', documents: 0, outstanding: [] },
    ]);
    expect(outstanding).toEqual([usd(23_000)]);
  });

  it('is filtered by status and bucket, and paged', async () => {
    const idsOf = async (query: string) =>
      (await get(obligationPageSchema, `/v1/receivables?${query}`)).data.map(({ documentId }) => documentId);

    expect(await idsOf('status=paid')).toEqual(['inv-3']);
    expect(await idsOf('bucket=31-60')).toEqual(['inv-1']);
    expect(await idsOf('bucket=current')).toEqual(['inv-2']);
    const { nextCursor } = await get(obligationPageSchema, '/v1/receivables?status=all&limit=2');
    expect(await idsOf(`status=all&limit=2&after=${nextCursor ?? ''}`)).toEqual(['inv-2']);
  });

  it('by the business', async () => {
    const { data } = await get(obligationPageSchema, '/v1/payables');
    expect(data).toMatchObject([{ documentId: 'b-1', daysOverdue: 5, bucket: '1-30', category: 'rent' }]);
  });
});

describe('stock', () => {
  it('is shown by lot: what expires first is used first', async () => {
    const { data } = await get(stockPageSchema, '/v1/stock?sku=MILK');

    expect(data).toMatchObject([{ onHand: 10, minimumStock: 1, maximumStock: 40 }]);
    expect(data[0]?.lots.map(({ lotId, quantity, daysLeft }) => [lotId, quantity, daysLeft])).toEqual([
      ['L1', 8, 3],
      [null, 2, null],
    ]);
  });

  it('is used on the day that the clock of the business shows', async () => {
    expect(
      await surroundings.query(
        `select day::text, quantity from stock_consumption where tenant = 'shop' and sku = 'MILK' order by day`,
      ),
    ).toEqual([
      { day: YESTERDAY, quantity: 12 },
      { day: TODAY, quantity: -2 },
    ]);
  });

  it('comes by purchase orders, with the days of their receipts and how late they are', async () => {
    const { data } = await get(purchaseOrderPageSchema, '/v1/stock/purchase-orders');

    expect(data.map((one) => [one.purchaseOrderId, one.status, one.receivedOn, one.daysLate])).toEqual([
      ['po-2', 'open', null, 1],
      ['po-1', 'received', '2027-02-28', 3],
    ]);
    expect((await get(supplierPageSchema, '/v1/stock/suppliers')).data).toMatchObject([
      { supplierId: 'dairy', orders: { received: 1, open: 1, late: 1, meanLeadTimeDays: 8 } },
    ]);
  });
});

describe('the workforce', () => {
  it('shows who works now, and hours and cost by day and person, overtime and nights counted', async () => {
    const { now, atWork, days, people, shifts } = await get(workforceSchema, '/v1/workforce');

    expect(now).toBe('2027-03-02T17:00:00.000Z');
    expect(atWork).toMatchObject([{ employeeId: 'e1', hours: 3, isOnBreak: false }]);
    expect(days.slice(-2)).toMatchObject([
      { day: YESTERDAY, people: 2, hours: 17, overtimeHours: 1, cost: usd(31_000) },
      { day: TODAY, people: 1, hours: 3, overtimeHours: 0, cost: usd(6_000) },
    ]);
    expect(people.map(({ employeeId, hours, cost }) => [employeeId, hours, cost])).toEqual([
      ['e1', 12, usd(25_000)],
      ['e2', 8, usd(12_000)],
    ]);
    expect(shifts).toHaveLength(3);
  });

  it('shows the schedule and open leave, without why somebody asks for it', async () => {
    const { schedule, leave } = await get(workforceSchema, '/v1/workforce');

    expect(schedule).toMatchObject([{ shiftId: 's-1', employeeId: 'e1', day: '2027-03-03' }]);
    expect(leave).toMatchObject([{ leaveId: 'l-1', endsOn: '2027-03-12' }]);
    expect(JSON.stringify(leave)).not.toContain('secret');
  });
});

describe('forecasts', () => {
  it('show demand per day and cash flow, with method and back-test', async () => {
    const { data, cashFlow, today } = await get(forecastPageSchema, '/v1/forecasts?horizon=7');

    expect(today).toBe(TODAY);
    const [ofBread, ofCheese, ofMilk] = data;
    expect(ofBread).toMatchObject({ sku: 'BREAD', meanPerDay: 5, total: 35, basis: { historyDays: 25 } });
    expect(ofBread?.basis?.backTest.errors[ofBread.basis.method]?.wape).toBeCloseTo(0);
    expect(ofCheese).toMatchObject({ sku: 'CHEESE', total: 0, basis: null });
    expect(ofMilk).toMatchObject({ sku: 'MILK', meanPerDay: 12, basis: null });
    expect(cashFlow).toMatchObject({ cashNow: usd(132_000), basis: { historyDays: 29 } });
    expect(cashFlow?.days).toHaveLength(7);
  });
});

describe('decisions and agents', () => {
  it('are found by confidence, and counted by type and day', async () => {
    const all = await eventually(async () => {
      const answer = await fetch(`${service.url}/v1/decisions?tenant=shop&limit=200`);
      const { data } = decisionPageSchema.parse(await answer.json());
      expect(data.length).toBeGreaterThan(0);
      return data;
    }, PATIENCE);
    const agentId = all[0]?.agentId ?? '';
    const least = Math.max(...all.map(({ confidence }) => confidence));

    const sure = await fetch(`${service.url}/v1/decisions?tenant=shop&minConfidence=${least}`);
    for (const { confidence } of decisionPageSchema.parse(await sure.json()).data) {
      expect(confidence).toBeGreaterThanOrEqual(least);
    }
    const none = await fetch(`${service.url}/v1/decisions?tenant=shop&maxConfidence=0`);
    expect(decisionPageSchema.parse(await none.json()).data).toEqual([]);
    const { decisionTypes, report } = await get(agentDetailSchema, `/v1/agents/${agentId}`);
    expect(decisionTypes.length).toBeGreaterThan(0);
    expect(report.to).toBe(TODAY);
    expect(report.days).toHaveLength(30);
    expect(report.runs.assessments).toBeGreaterThan(0);
  });
});

describe('every answer', () => {
  const QUERIES = [
    ['show-ledger', '/v1/ledger', ledgerSchema],
    ['list-ledger-entries', '/v1/ledger/entries', entryPageSchema],
    ['list-receivables', '/v1/receivables', obligationPageSchema],
    ['list-payables', '/v1/payables', obligationPageSchema],
    ['list-stock', '/v1/stock', stockPageSchema],
    ['list-suppliers', '/v1/stock/suppliers', supplierPageSchema],
    ['list-purchase-orders', '/v1/stock/purchase-orders', purchaseOrderPageSchema],
    ['list-forecasts', '/v1/forecasts', forecastPageSchema],
    ['show-workforce', '/v1/workforce', workforceSchema],
  ] as const;

  it.each(QUERIES)('%s is the same over the bus', async (name, path, schema) => {
    const overHttp = await get(schema, path);
    const text = await surroundings.bus.request(
      querySubject('agent', name),
      JSON.stringify({ tenant: 'shop' }),
      10_000,
      {},
    );
    const overBus = schema.parse(JSON.parse(text.text));
    const anywhere = { standsAt: expect.anything() };
    expect({ ...overBus, ...anywhere }).toEqual({ ...overHttp, ...anywhere });
  });

  it('of the bus names an agent, too', async () => {
    const query = JSON.stringify({ tenant: 'shop', agentId: 'accounting_agent' });
    const { text } = await surroundings.bus.request(querySubject('agent', 'show-agent'), query, 10_000, {});
    expect(agentDetailSchema.parse(JSON.parse(text)).agentId).toBe('accounting_agent');
  });

  it('shows another tenant nothing of this one', async () => {
    expect((await get(ledgerSchema, '/v1/ledger', 'other')).totals).toMatchObject([{ revenue: usd(777) }]);
    expect((await get(ledgerSchema, '/v1/ledger', 'other')).accounts).toEqual([]);
    expect((await get(obligationPageSchema, '/v1/receivables?status=all', 'other')).data).toEqual([]);
    expect((await get(stockPageSchema, '/v1/stock', 'other')).data).toMatchObject([{ sku: 'MILK', onHand: -1 }]);
    expect((await get(purchaseOrderPageSchema, '/v1/stock/purchase-orders', 'other')).data).toEqual([]);
    expect(await get(workforceSchema, '/v1/workforce', 'other')).toMatchObject({
      ...{ employees: [], people: [], shifts: [], schedule: [], leave: [] },
    });
  });
});

describe('the position at which an answer stands', () => {
  it('is never beyond what is shown, when one read model lags behind the others', async () => {
    const ledger = async () => {
      const answer = await fetch(`${service.url}/v1/ledger?tenant=shop`);
      const { standsAt, cash } = ledgerSchema.parse(await answer.json());
      return { position: standsAt.position, cash };
    };
    const before = await ledger();
    await surroundings.query('begin');
    try {
      await surroundings.query("select 1 from checkpoints where name = 'agent.ledger-entries' for update");
      await publish('shop', [transaction('t-5', { kind: 'income', amount: usd(1), category: 'sales-deposit' })]);
      await eventually(async () => {
        const [row] = await surroundings.query(
          "select min(position)::float8 as at from checkpoints where name in ('agent.sales-days', 'agent.business-times')",
        );
        expect(row?.['at']).toBeGreaterThanOrEqual(Number(written.split(':')[1]));
      }, PATIENCE);

      const meanwhile = await ledger();

      expect(meanwhile.cash).toEqual(before.cash);
      expect(meanwhile.position).toBeLessThan(Number(written.split(':')[1]));
    } finally {
      await surroundings.query('commit');
    }
    const { cash, standsAt } = await get(ledgerSchema, '/v1/ledger');
    expect(cash).toEqual([eur(7_000), usd(132_001)]);
    expect(standsAt.position).toBeGreaterThanOrEqual(Number(written.split(':')[1]));
  });
});

describe('a rebuild', () => {
  it.each(agentProjections.map(({ table }): [string, ProjectedTable] => [table.name, table]))(
    'of %s gives the same rows',
    async (_name, table) => {
      const database = new Database({ url: surroundings.database.url, schema: 'agent', applicationName: 'spec' });
      try {
        const store = new ReadableEventStore(
          new PostgresEventStore({ database, ids: sequentialIds() }),
          agentEventTypes,
        );
        const { comparison } = await new ProjectionRebuild({ database, store, table, compareOnly: true }).run();
        expect(comparison).toMatchObject({ outcome: 'compared', missing: 0, extra: 0, differing: 0 });
      } finally {
        await database.close();
      }
    },
  );
});
