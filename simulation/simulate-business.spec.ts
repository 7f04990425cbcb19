import { beforeAll, describe, expect, it } from '@jest/globals';
import { join } from 'node:path';
import {
  AccountOpenedV1,
  BillPaidV1,
  ClockRecordedV1,
  InvoicePaidV1,
  OrderCompletedV1,
  parseBusinessEvent,
  parseStructured,
  PurchaseOrderPlacedV1,
  PurchaseOrderReceivedV1,
  ShiftScheduledV1,
  StockMovedV1,
  TransactionRecordedV1,
  BUSINESS_CONTRACTS,
} from '#libs/contracts';
import type { CloudEvent, EventContract } from '#libs/contracts';
import { DAY_MS, eventId, HOUR_MS, timeZone, weekdayOf } from '#libs/kernel';
import { ANOMALY_KINDS, SITUATION_KINDS } from './label.ts';
import type { Label } from './label.ts';
import { readBusiness } from './profile.ts';
import type { SimulatedEvent } from './publication.ts';
import { defaultStart, simulateBusiness } from './simulate-business.ts';
import type { Story } from './story.ts';

const CONFIG = join(import.meta.dirname, '..', 'config');
const FROM = new Date('2026-08-24T04:00:00Z');
const ZONE = timeZone('America/New_York');
const DAYS = 95;

const storyOf = (business: string, overrides: Partial<Story> = {}): Story => ({
  ...readBusiness(join(CONFIG, `${business}.yaml`)),
  seed: 1,
  from: FROM,
  tenant: 'demo',
  ...overrides,
});

type Life = Readonly<{ events: readonly SimulatedEvent[]; labels: readonly Label[] }>;

function live(story: Story, days: number): Life {
  const business = simulateBusiness(story);
  const events: SimulatedEvent[] = [];
  for (const simulated of business) {
    if (simulated.atMs >= story.from.getTime() + days * DAY_MS) break;
    events.push(simulated);
  }
  return { events, labels: business.labels };
}

/** What the simulator itself has after so many events. */
function lived(name: string, events: number) {
  const business = simulateBusiness(storyOf(name));
  for (const { counter } of business) if (counter === events) break;
  return {
    stockOf: (sku: string) => business.stockOf(sku),
    balanceOf: (account: string) => business.balanceOf(account),
  };
}

type Told<Data> = Readonly<{ data: Data; atMs: number; date: string; minute: number }>;

function of<Data>({ events }: Life, contract: EventContract<Data>): readonly Told<Data>[] {
  return events
    .filter(({ event }) => event.type === contract.type)
    .map(({ event, atMs }) => {
      const { date, minuteOfDay } = ZONE.at(atMs);
      return { data: contract.read(event).data, atMs, date, minute: minuteOfDay };
    });
}

const sumBy = <Item>(items: readonly Item[], keyOf: (item: Item) => string, valueOf: (item: Item) => number) => {
  const sums = new Map<string, number>();
  for (const item of items) sums.set(keyOf(item), (sums.get(keyOf(item)) ?? 0) + valueOf(item));
  return sums;
};
const signed = ({ kind, total }: { kind: 'sale' | 'return'; total: { amount: number } }) =>
  kind === 'sale' ? total.amount : -total.amount;
const revenueByDay = (life: Life) =>
  sumBy(
    of(life, OrderCompletedV1),
    ({ date }) => date,
    ({ data }) => signed(data),
  );
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const labelled = ({ labels }: Life, kind: Label['kind']) => labels.filter((label) => label.kind === kind);

describe.each(['restaurant', 'retail'])('the simulated %s', (business) => {
  let life: Life;
  let year: Life;
  beforeAll(() => {
    life = live(storyOf(business), DAYS);
    year = live(storyOf(business), 364);
  });

  it('gives byte-equal events and labels for the same story, and others for another seed', () => {
    const textOf = (seed: number) => JSON.stringify(live(storyOf(business, { seed }), 30));

    expect(textOf(1)).toBe(textOf(1));
    expect(textOf(2)).not.toBe(textOf(1));
  });

  it('gives every event an id of its own, also when the same seed begins at another time', () => {
    const other = live(storyOf(business, { from: new Date(FROM.getTime() + DAY_MS) }), 5);
    const ids = [...life.events, ...other.events].map(({ event }) => event.id);

    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids.slice(0, 50)) expect(eventId(id)).toBe(id);
  });

  it('publishes nothing that the contracts do not allow, in the order of time and without gaps in its count', () => {
    let beforeMs = FROM.getTime();
    const wrong = life.events.filter(({ event, counter, atMs }, index) => {
      parseBusinessEvent(parseStructured(JSON.parse(JSON.stringify(event))));
      const isRight = counter === index + 1 && atMs >= beforeMs && event.time === new Date(atMs).toISOString();
      beforeMs = atMs;
      return !isRight;
    });

    expect(wrong).toEqual([]);
  });

  it('publishes every kind of event that a business can publish', () => {
    expect([...new Set(life.events.map(({ event }) => event.type))].sort()).toEqual(
      BUSINESS_CONTRACTS.map(({ type }) => type).sort(),
    );
  });

  it('banks each day what was sold on it', () => {
    const again = new Set(labelled(life, 'duplicate').map(({ subjectRef }) => subjectRef));
    const deposits = of(life, TransactionRecordedV1).filter(
      ({ data }) => data.category === 'sales-deposit' && !again.has(`transaction:${data.transactionId}`),
    );
    const banked = sumBy(
      deposits,
      ({ data }) => data.bookedOn,
      ({ data }) => data.amount.amount,
    );
    const sold = revenueByDay(life);
    const lastDay = ZONE.at(FROM.getTime() + DAYS * DAY_MS - 1).date;
    sold.delete(lastDay);
    banked.delete(lastDay);

    expect(sold.size).toBeGreaterThan(60);
    expect([...banked]).toEqual([...sold]);
  });

  it('bills what its lines and adjustments add up to', () => {
    const wrong = of(life, OrderCompletedV1).filter(({ data }) => {
      const goods = data.lines.reduce((sum, { quantity, unitPrice }) => sum + quantity.value * unitPrice.amount, 0);
      const extras = (data.adjustments ?? []).reduce((sum, { amount }) => sum + amount.amount, 0);
      return data.total.amount !== goods + extras;
    });

    expect(wrong).toEqual([]);
  });

  it('has the money that its events tell, and neither goes broke nor grows rich', () => {
    const told = new Map<string, number>();
    const cash = year.events.map(({ event }) => {
      moneyChange(event, (account, amount) => told.set(account, (told.get(account) ?? 0) + amount));
      return told.has('savings') ? (told.get('checking') ?? 0) + (told.get('savings') ?? 0) : 0;
    });
    const { balanceOf } = lived(business, year.events.length);

    expect(Math.min(...cash)).toBeGreaterThan(-1_500_000);
    expect(Math.max(...cash)).toBeLessThan(12_000_000);
    for (const [account, amount] of told) expect(balanceOf(account)).toBe(amount);
    expect(told.get('bank-loan')).toBeGreaterThan(-8_000_000);
  });

  it('has at every moment the stock that its events tell, and never less than nothing', () => {
    const told = new Map<string, number>();
    let lowest = Infinity;
    const add = (sku: string, quantity: number) => {
      told.set(sku, (told.get(sku) ?? 0) + quantity);
      lowest = Math.min(lowest, told.get(sku) ?? 0);
    };
    for (const { event } of life.events) stockChange(event, add);
    const { stockOf } = lived(business, life.events.length);

    for (const [sku, level] of told) expect([sku, stockOf(sku)]).toEqual([sku, level]);
    expect(lowest).toBe(0);
  });

  it('receives what it ordered, mostly on the promised day and never before', () => {
    const placed = new Map(of(life, PurchaseOrderPlacedV1).map(({ data }) => [data.purchaseOrderId, data]));
    const received = of(life, PurchaseOrderReceivedV1);
    const late = received.filter(({ data, date }) => date > (placed.get(data.purchaseOrderId)?.expectedOn ?? ''));
    for (const { data, date } of received) {
      expect(date >= (placed.get(data.purchaseOrderId)?.expectedOn ?? 'never ordered')).toBe(true);
    }

    expect(received.length).toBeGreaterThan(50);
    expect(new Set([...placed.values()].map(({ supplierId }) => supplierId)).size).toBeGreaterThanOrEqual(3);
    expect(late.length / received.length).toBeGreaterThan(0.02);
    expect(late.length / received.length).toBeLessThan(0.3);
  });

  it('pairs every clock record, but for those that were forgotten', () => {
    const open = new Map<string, 'in' | 'break'>();
    let forgotten = 0;
    for (const { data } of of(life, ClockRecordedV1)) {
      const state = open.get(data.employeeId);
      if (data.kind === 'in') {
        if (state !== undefined) forgotten += 1;
        open.set(data.employeeId, 'in');
      } else if (data.kind === 'out') {
        expect(state).toBe('in');
        open.delete(data.employeeId);
      } else {
        expect(state).toBe(data.kind === 'break-start' ? 'in' : 'break');
        open.set(data.employeeId, data.kind === 'break-start' ? 'break' : 'in');
      }
    }

    expect(forgotten).toBeGreaterThan(0);
    expect(forgotten).toBeLessThan(15);
  });

  it('plans its shifts a week ahead, some over midnight, and nobody in two places', () => {
    const shifts = of(life, ShiftScheduledV1);
    const latest = new Map(shifts.map(({ data }) => [data.shiftId, data]));
    const places = [...latest.values()].map(({ employeeId, startsAt }) => `${employeeId} ${startsAt.slice(0, 10)}`);
    const aheadDays = shifts.slice(-40).map(({ data, atMs }) => (Date.parse(data.startsAt) - atMs) / DAY_MS);
    const overnight = [...latest.values()].filter(
      ({ startsAt, endsAt }) => ZONE.at(Date.parse(startsAt)).date !== ZONE.at(Date.parse(endsAt)).date,
    );

    expect(new Set(places).size).toBe(places.length);
    expect(mean(aheadDays)).toBeGreaterThan(6.5);
    expect(overnight.length).toBeGreaterThan(2);
  });

  it('labels every kind within ninety days, mostly of things that were published', () => {
    const kinds = new Set(life.labels.map(({ kind }) => kind));
    const text = JSON.stringify(life.events.map(({ event }) => event.data));

    expect([...kinds].sort()).toEqual([...ANOMALY_KINDS, ...SITUATION_KINDS].sort());
    const unknown = life.labels.filter(({ at, until, subjectRef }) => {
      const id = subjectRef.split(/[:/]/).at(-1) ?? '';
      return Date.parse(until) <= Date.parse(at) || !(subjectRef === 'cash' || text.includes(`"${id}"`));
    });
    expect(unknown).toEqual([]);
    expect(new Set(life.labels.map(({ labelId }) => labelId)).size).toBe(life.labels.length);
  });

  it('gives labels away in no event', () => {
    // A request for leave is an event of that name, and no secret.
    const kinds = [...ANOMALY_KINDS, ...SITUATION_KINDS].filter((kind) => kind !== 'leave-request');
    const words = kinds.flatMap((kind) => [kind, kind.replaceAll('-', '_')]);
    const text = JSON.stringify(life.events.map(({ event }) => event)).toLowerCase();

    for (const word of [...words, 'label', 'anomal', 'planted', 'unusual', 'suspicious']) {
      expect(text).not.toMatch(new RegExp(`\\b${word}`));
    }
  });

  it('has a reference on every record of money, but for those that are labelled', () => {
    const missing = of(life, TransactionRecordedV1).filter(({ data }) => data.reference === undefined);

    expect(missing.map(({ data }) => `transaction:${data.transactionId}`)).toEqual(
      labelled(life, 'missing-reference').map(({ subjectRef }) => subjectRef),
    );
  });

  it('records money by day, but for what is labelled', () => {
    const night = of(life, TransactionRecordedV1).filter(({ minute }) => minute < 5 * 60);
    const labels = labelled(life, 'unusual-time').map(({ subjectRef }) => subjectRef);

    expect(night.length).toBeGreaterThan(0);
    for (const { data } of night) expect(labels).toContain(`transaction:${data.transactionId}`);
  });

  it('plants something for each agent on the first day of real time', () => {
    const { historyEndMs } = simulateBusiness(storyOf(business));
    const soon = life.labels.filter(({ at, isRequired }) => {
      const afterMs = Date.parse(at) - historyEndMs;
      return isRequired && afterMs > -9 * HOUR_MS && afterMs < 40 * HOUR_MS;
    });
    const types = new Set(soon.flatMap(({ decisionTypes }) => decisionTypes));

    expect(types).toContain('transaction_anomaly');
    expect(types).toContain('low_cash_alert');
    expect(types).toContain('aging_analysis');
    expect(types).toContain('low_stock_alert');
    expect(types).toContain('understaffed_shift');
    expect(types).toContain('potential_overtime');
  });

  it('sells by weekday as its profile says', () => {
    const { profile } = readBusiness(join(CONFIG, `${business}.yaml`));
    const { weekdayFactors } = profile.businessProfile;
    const byDay = revenueByDay(year);
    const of = (weekday: number) =>
      mean([...byDay].filter(([date]) => weekdayOf(date) === weekday).map(([, sum]) => sum));
    const [monday = 1, , , , , saturday = 1, sunday = 1] = weekdayFactors;

    expect(of(6) / of(1)).toBeCloseTo(saturday / monday, 0.5);
    expect([...byDay.keys()].some((date) => weekdayOf(date) === 7)).toBe(sunday > 0);
  });

  it('sells on average what its profile says', () => {
    const { profile } = readBusiness(join(CONFIG, `${business}.yaml`));
    const { avgDailyRevenue, avgTicket, weekdayFactors, monthFactors } = profile.businessProfile;
    const orders = of(year, OrderCompletedV1);
    const odd = new Set(labelled(year, 'unusual-amount').map(({ subjectRef }) => subjectRef));
    const usual = orders.filter(({ data }) => data.kind === 'sale' && !odd.has(`order:${data.orderId}`));
    const expected = avgDailyRevenue * mean(weekdayFactors) * mean(monthFactors);

    expect(mean(usual.map(({ data }) => data.total.amount / 100)) / avgTicket).toBeGreaterThan(0.9);
    expect(mean(usual.map(({ data }) => data.total.amount / 100)) / avgTicket).toBeLessThan(1.1);
    expect([...revenueByDay(year).values()].reduce((sum, day) => sum + day, 0) / 36_400 / expected).toBeGreaterThan(
      0.85,
    );
  });
});

describe('scenarios', () => {
  const BEGIN = 30;
  let usual: Life;
  beforeAll(() => {
    usual = live(storyOf('restaurant'), 65);
  });
  const plain = () => usual;
  const struckBy = (name: NonNullable<Story['scenarios']>[number]['name']) =>
    live(storyOf('restaurant', { scenarios: [{ name, beginDay: BEGIN }] }), 65);
  const dayOf = (index: number) => ZONE.at(FROM.getTime() + index * DAY_MS + 12 * HOUR_MS).date;
  const revenue = (life: Life, from: number, days: number) => {
    const byDay = revenueByDay(life);
    return mean(Array.from({ length: days }, (_, index) => byDay.get(dayOf(from + index)) ?? 0));
  };
  const spent = (life: Life, category: string) =>
    of(life, TransactionRecordedV1).filter(({ data }) => data.category === category && data.kind === 'expense');

  it('change nothing before they begin', () => {
    const before = ({ events }: Life) =>
      JSON.stringify(events.filter(({ atMs }) => atMs < FROM.getTime() + BEGIN * DAY_MS - 9 * DAY_MS));

    expect(before(struckBy('seasonal-rush'))).toBe(before(plain()));
  });

  it('a cash-flow crisis takes forty percent of revenue for two weeks and brings a surprise of 5000', () => {
    const crisis = struckBy('cash-flow-crisis');

    expect(revenue(crisis, BEGIN, 14) / revenue(plain(), BEGIN, 14)).toBeCloseTo(0.6, 1);
    expect(revenue(crisis, BEGIN + 14, 14) / revenue(plain(), BEGIN + 14, 14)).toBeGreaterThan(0.85);
    expect(spent(crisis, 'legal').filter(({ data }) => data.amount.amount === 500_000)).toHaveLength(1);
  });

  it('a cash-flow crisis lets customers pay fifteen days later', () => {
    const paid = (life: Life) => new Map(of(life, InvoicePaidV1).map(({ data }) => [data.invoiceId, data.paidOn]));
    const [inTime, later] = [paid(plain()), paid(struckBy('cash-flow-crisis'))];
    const delays = [...inTime].map(([id, paidOn]) =>
      Math.round((Date.parse(later.get(id) ?? '9999-01-01') - Date.parse(paidOn)) / DAY_MS),
    );

    expect(delays).toContain(15);
  });

  it('a seasonal rush brings sixty percent more, overtime, and dearer supplies', () => {
    const rush = struckBy('seasonal-rush');
    const cost = (life: Life) => {
      const fromMs = FROM.getTime() + BEGIN * DAY_MS;
      const lines = of(life, PurchaseOrderPlacedV1)
        .filter(({ atMs, data }) => atMs > fromMs && atMs < fromMs + 30 * DAY_MS && data.supplierId === 'fresh-foods')
        .flatMap(({ data }) => data.lines.filter(({ sku }) => sku === 'MEAT001'));
      return mean(lines.map(({ unitCost }) => unitCost.amount));
    };
    const over = (life: Life) =>
      of(life, ClockRecordedV1).filter(
        ({ data, date, minute }) => data.kind === 'out' && minute > 22 * 60 + 15 && date > dayOf(BEGIN),
      );

    expect(revenue(rush, BEGIN, 30) / revenue(plain(), BEGIN, 30)).toBeGreaterThan(1.35);
    expect(cost(rush) / cost(plain())).toBeCloseTo(1.2, 1);
    expect(over(rush).length).toBeGreaterThan(over(plain()).length + 30);
  });

  it('an equipment failure costs 3000, a rental, and a quarter of revenue for three days', () => {
    const failure = struckBy('equipment-failure');
    const repairs = spent(failure, 'equipment-repair').filter(({ data }) => data.amount.amount === 300_000);

    expect(repairs.map(({ date }) => date)).toEqual([dayOf(BEGIN)]);
    expect(spent(failure, 'equipment-rental')).toHaveLength(3);
    expect(revenue(failure, BEGIN, 3) / revenue(plain(), BEGIN, 3)).toBeLessThan(0.9);
  });

  it('a new competitor takes fifteen percent for good, and is answered by marketing and discounts', () => {
    const rivalry = struckBy('new-competitor');
    const discounted = of(rivalry, OrderCompletedV1).filter(({ data }) =>
      data.adjustments?.some(({ kind }) => kind === 'discount'),
    );
    const marketing = (life: Life) =>
      spent(life, 'marketing').reduce(
        (sum, { data, date }) => (date >= dayOf(BEGIN) ? sum + data.amount.amount : sum),
        0,
      );

    const ratio = revenue(rivalry, BEGIN, 35) / revenue(plain(), BEGIN, 35);
    expect(ratio).toBeGreaterThan(0.75);
    expect(ratio).toBeLessThan(0.92);
    expect(discounted.length).toBeGreaterThan(200);
    expect(discounted.every(({ date }) => date >= dayOf(BEGIN))).toBe(true);
    expect(marketing(rivalry)).toBeGreaterThan(1.3 * marketing(plain()));
  });
});

describe('the beginning of a life', () => {
  it('lies so that the history ends in the latest morning that has passed', () => {
    const start = (now: string, days: number) => defaultStart(Date.parse(now), ZONE, days).toISOString();

    expect(start('2026-11-22T12:59:00Z', 90)).toBe('2026-08-23T04:00:00.000Z');
    expect(start('2026-11-22T13:01:00Z', 90)).toBe('2026-08-24T04:00:00.000Z');
    expect(start('2026-11-22T13:01:00Z', 0)).toBe('2026-11-22T13:00:00.000Z');
    const story = storyOf('restaurant', { from: new Date('2026-08-24T04:00:00Z') });
    expect(new Date(simulateBusiness(story).historyEndMs).toISOString()).toBe('2026-11-22T13:00:00.000Z');
  });

  it('publishes nothing before it, at whatever hour it begins, and opens without a history, too', () => {
    for (let hour = 0; hour < 24; hour += 3) {
      const from = new Date(Date.UTC(2026, 10, 22, hour));
      const { events, labels } = live(storyOf('restaurant', { from, historyDays: 0 }), 2);
      expect(Math.min(...events.map(({ atMs }) => atMs))).toBe(from.getTime());
      expect(labels.length).toBeGreaterThan(3);
    }
  });
});

function stockChange(event: CloudEvent, add: (sku: string, quantity: number) => void): void {
  if (event.type === OrderCompletedV1.type) {
    const { lines, kind } = OrderCompletedV1.read(event).data;
    for (const { sku, quantity } of lines) add(sku, kind === 'sale' ? -quantity.value : quantity.value);
  } else if (event.type === PurchaseOrderReceivedV1.type) {
    for (const { sku, quantity } of PurchaseOrderReceivedV1.read(event).data.lines) add(sku, quantity.value);
  } else if (event.type === StockMovedV1.type) {
    const { sku, movement, quantity } = StockMovedV1.read(event).data;
    add(sku, movement === 'out' || movement === 'waste' ? -quantity.value : quantity.value);
  }
}

function moneyChange(event: CloudEvent, move: (account: string, amount: number) => void): void {
  if (event.type === AccountOpenedV1.type) {
    const { accountId, openingBalance } = AccountOpenedV1.read(event).data;
    move(accountId, openingBalance?.amount ?? 0);
  } else if (event.type === InvoicePaidV1.type) move('checking', InvoicePaidV1.read(event).data.amount.amount);
  else if (event.type === BillPaidV1.type) move('checking', -BillPaidV1.read(event).data.amount.amount);
  else if (event.type === TransactionRecordedV1.type) {
    const { kind, amount, accountId, fromAccountId, toAccountId } = TransactionRecordedV1.read(event).data;
    if (accountId !== undefined) move(accountId, kind === 'income' ? amount.amount : -amount.amount);
    if (fromAccountId !== undefined) move(fromAccountId, -amount.amount);
    if (toAccountId !== undefined) move(toAccountId, amount.amount);
  }
}
