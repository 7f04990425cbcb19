import { DAY_MS, MINUTE_MS, plusDays, timeZone, weekdayOf } from '#libs/kernel';
import type { Happening } from '#libs/testing';

/** What was planted in the records of a quarter. */
export type Planted = Readonly<{ subject: string; decisionType: string; kind: string }>;

type Distribution = 'normal' | 'lognormal';

export const ZONE = 'America/New_York';
const FROM = '2026-03-02';
const QUIET_DAYS = 21;
const EXPENSES: readonly (readonly [string, number])[] = [
  ['food-supplies', 600],
  ['beverages', 200],
  ['labor', 800],
  ['utilities', 50],
  ['supplies', 80],
  ['marketing', 30],
  ['maintenance', 40],
];
const WEEKDAY = [0.7, 0.8, 0.9, 1, 1.3, 1.4, 1.1];
const CHANNELS = ['dine-in', 'dine-in', 'takeaway', 'delivery'];

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/**
 * A restaurant's quarter as it may be: sales by weekday and channel with several goods, expenses that vary by 30 % with references,
 * takings banked each night, rent, and among them records that are wrong at the rate given, after three quiet weeks.
 */
export function anomalousQuarter({
  seed,
  rate,
  distribution,
}: Readonly<{ seed: number; rate: number; distribution: Distribution }>): Readonly<{
  happenings: readonly Happening[];
  planted: readonly Planted[];
}> {
  const random = randomOf(seed);
  const between = (low: number, high: number): number => low + Math.floor(random() * (high - low + 1));
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const spread = (): number =>
    distribution === 'normal' ? Math.max(0.2, 1 + 0.3 * normal()) : Math.exp(0.3 * normal());
  const zone = timeZone(ZONE);
  const timed: { atMs: number; happening: (at: string) => Happening }[] = [];
  const planted: Planted[] = [];
  let count = 0;
  const put = (date: string, minute: number, happening: (at: string) => Happening): void => {
    timed.push({ atMs: zone.instantOf(date, minute), happening });
  };
  const transaction = (
    date: string,
    minute: number,
    said: Readonly<{ kind: 'income' | 'expense'; category: string; amount: number; reference: string | undefined }>,
  ): string => {
    count += 1;
    const transactionId = `tx-${count}`;
    const { kind, category, amount, reference } = said;
    put(date, minute, (at) => ({
      type: 'steward.accounting.transaction-recorded.v1',
      at,
      data: {
        ...{
          transactionId,
          kind,
          accountId: 'checking',
          category,
          bookedOn: date,
          description: `${category} of the day`,
        },
        ...(kind === 'expense' ? { counterparty: `Vendor of ${category}` } : {}),
        amount: { amount: Math.round(amount * 100), currency: 'USD' },
        ...(reference === undefined ? {} : { reference }),
      },
    }));
    return `transaction:${transactionId}`;
  };
  const plant = (subject: string, kind: string, decisionType = 'transaction_anomaly'): void => {
    planted.push({ subject, kind, decisionType });
  };
  const spend = (date: string, isQuiet: boolean, [category, usual]: readonly [string, number]): void => {
    const isOdd = !isQuiet && random() < rate;
    const kind = isOdd
      ? (['unusual-amount', 'unusual-time', 'duplicate', 'missing-reference'] as const)[between(0, 3)]
      : undefined;
    const amount = usual * (kind === 'unusual-amount' ? 3 + 7 * random() : spread());
    const minute = kind === 'unusual-time' ? between(120, 239) : between(480, 1_079);
    const reference = kind === 'missing-reference' ? undefined : `EXP-${date}-${count}`;
    const said = { kind: 'expense', category, amount, reference } as const;
    const subject = transaction(date, minute, said);
    if (kind === 'duplicate') {
      const again = transaction(date, minute + between(1, 30), {
        ...said,
        reference: random() < 0.5 ? reference : `EXP-${date}-${count}`,
      });
      plant(again, kind, 'duplicate_transaction');
    } else if (kind !== undefined) {
      plant(subject, kind, kind === 'missing-reference' ? 'missing_reference' : undefined);
    }
  };
  const sell = (date: string, isQuiet: boolean): number => {
    const tickets = Math.round(55 * (WEEKDAY[weekdayOf(date) - 1] ?? 1) * (0.85 + 0.3 * random()));
    let takings = 0;
    for (let ticket = 0; ticket < tickets; ticket += 1) {
      count += 1;
      const orderId = `order-${count}`;
      const isOdd = !isQuiet && random() < rate / 10;
      const isAtNight = isOdd && random() < 0.5;
      const factor = isOdd && !isAtNight ? 3.5 + 6 * random() : 1;
      // Menus have prices in steps, so equal totals are common.
      const total = Math.max(1, Math.round((48 * spread() * factor * 100) / 50) * 50);
      const sku = `MEAL${between(1, 5)}`;
      const channel = CHANNELS[between(0, 3)] ?? '';
      put(date, isAtNight ? between(120, 239) : between(540, 1_290), (at) => ({
        type: 'steward.sales.order-completed.v1',
        at,
        data: {
          ...{ orderId, kind: 'sale', channel },
          lines: [{ sku, quantity: { value: 1, unit: 'each' }, unitPrice: { amount: total, currency: 'USD' } }],
          total: { amount: total, currency: 'USD' },
        },
      }));
      takings += total / 100;
      if (isOdd) plant(`order:${orderId}`, isAtNight ? 'unusual-time' : 'unusual-amount');
    }
    return takings;
  };
  put(FROM, 0, (at) => ({
    type: 'steward.accounting.account-opened.v1',
    at,
    data: {
      ...{ accountId: 'checking', name: 'Checking', kind: 'checking', currency: 'USD' },
      openingBalance: { amount: 2_500_000, currency: 'USD' },
    },
  }));
  for (let day = 0; day < 90; day += 1) {
    const date = plusDays(FROM, day);
    const isQuiet = day < QUIET_DAYS;
    const takings = sell(date, isQuiet);
    transaction(date, 22 * 60 + between(0, 40), {
      kind: 'income',
      category: 'sales-deposit',
      amount: takings,
      reference: `DEP-${date}`,
    });
    for (const expense of EXPENSES) if (random() < 0.7) spend(date, isQuiet, expense);
    if (date.endsWith('-01')) {
      transaction(date, 600, { kind: 'expense', category: 'rent', amount: 4_500, reference: `RENT-${date}` });
    }
  }
  const happenings = timed
    .toSorted((left, right) => left.atMs - right.atMs)
    .map(({ atMs, happening }) => happening(new Date(atMs).toISOString()));
  return { happenings, planted };
}

/** When the quarter is over. */
export const QUARTER_END = new Date(
  timeZone(ZONE).instantOf(plusDays(FROM, 90)) + DAY_MS / 2 + MINUTE_MS,
).toISOString();
