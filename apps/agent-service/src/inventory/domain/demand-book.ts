import { DAY_MS, plusDays, type LocalDate } from '#libs/kernel';
import { withPosition, type BusinessFact, type FactType } from '#libs/agent-kit';
import { forecastSeries, type SeriesForecast } from '#libs/forecasting';
import { mean, sampleStandardDeviation } from 'simple-statistics';

/** What was used of one item, by the business's own days. Quantities in the item's unit, whatever unit a line names. */
export type ItemDemand = {
  /** Days since 1970 on which something was used or came back: sales and what was taken out, less returns. */
  used: Map<number, number>;
  /** The same for what was wasted. */
  wasted: Map<number, number>;
  firstDay: number;
  /** Of the latest facts, oldest first. */
  positions: number[];
};

/** Daily use of each item over at most {@link KEPT_DAYS} days with movements. */
export type DemandBook = {
  items: Map<string, ItemDemand>;
  /** How many sales there were on each day since 1970: how busy it was, whatever was bought. */
  sales: Map<number, number>;
};

/** How fast an item is used. */
export type Demand = Readonly<{
  /** Mean per day over the `days` that were looked at. */
  perDay: number;
  /** Standard deviation of one day's use, weekdays taken out when there are four weeks of them. */
  deviation: number;
  /** Whole days that were looked at; today is none of them. */
  days: number;
  /** When asked for and the history is long enough. */
  forecast?: SeriesForecast;
}>;

export const KEPT_DAYS = 400;
/** Days beyond those kept, so that forgetting happens about once a month and not with each fact. */
const SLACK_DAYS = 30;
/** With fewer days, how much a day varies can't be measured; the reference system's share of the mean stands in. */
const LEAST_DAYS_TO_MEASURE = 5;
const ASSUMED_VARIATION = 0.3;
const DAYS_THAT_SHOW_WEEKDAYS = 28;

/** The facts from which demand follows. */
export const DEMAND_FACTS = [
  'steward.inventory.stock-moved.v1',
  'steward.sales.order-completed.v1',
] as const satisfies readonly FactType[];

export function openDemandBook(): DemandBook {
  return { items: new Map(), sales: new Map() };
}

export function enterDemand(book: DemandBook, fact: BusinessFact): void {
  const day = dayNumber(fact.local.date);
  switch (fact.type) {
    case 'steward.inventory.stock-moved.v1': {
      const { sku, movement, quantity } = fact.data;
      const use = { sku, quantity: quantity.value, day, position: fact.position };
      if (movement === 'out') note(book, use, 'used');
      if (movement === 'waste') note(book, use, 'wasted');
      return;
    }
    case 'steward.sales.order-completed.v1': {
      const sign = fact.data.kind === 'sale' ? 1 : -1;
      if (sign > 0) countSale(book, day);
      for (const { sku, quantity } of fact.data.lines) {
        note(book, { sku, quantity: sign * quantity.value, day, position: fact.position }, 'used');
      }
      return;
    }
    default:
  }
}

type Use = Readonly<{ sku: string; quantity: number; day: number; position: number }>;

function note(book: DemandBook, { sku, quantity, day, position }: Use, kind: 'used' | 'wasted'): void {
  const item = itemOf(book, sku);
  const days = item[kind];
  // Sums of decimals drift in binary; six places are finer than any scale.
  days.set(day, Math.round(((days.get(day) ?? 0) + quantity) * 1e6) / 1e6);
  item.firstDay = Math.min(item.firstDay, day);
  withPosition(item.positions, position);
  if (days.size > KEPT_DAYS + SLACK_DAYS) forget(item, kind);
}

function countSale({ sales }: DemandBook, day: number): void {
  sales.set(day, (sales.get(day) ?? 0) + 1);
  if (sales.size > KEPT_DAYS + SLACK_DAYS) for (const old of oldestOf(sales)) sales.delete(old);
}

function itemOf(book: DemandBook, sku: string): ItemDemand {
  const known = book.items.get(sku);
  if (known) return known;
  const item: ItemDemand = { used: new Map(), wasted: new Map(), firstDay: Infinity, positions: [] };
  book.items.set(sku, item);
  return item;
}

function forget(item: ItemDemand, kind: 'used' | 'wasted'): void {
  for (const day of oldestOf(item[kind])) item[kind].delete(day);
  if (kind === 'used') item.firstDay = Math.min(...item.used.keys());
}

/** Those beyond {@link KEPT_DAYS}. Facts may come out of order, so the oldest need not be the first that was entered. */
function oldestOf(days: ReadonlyMap<number, number>): readonly number[] {
  return [...days.keys()].sort((left, right) => left - right).slice(0, days.size - KEPT_DAYS);
}

/** Days up to one, and not with it: it is not over yet. */
export type DaysAsked = Readonly<{ until: LocalDate; days: number }>;

/** The first day, and one value per day from it on, oldest first. */
export type DailyUse = Readonly<{ from: LocalDate; values: readonly number[] }>;

/**
 * What was used on each of the last days before `until`, zero where nothing was; at most `days`, fewer when the item was first
 * used later. A day on which more came back than was used counts as zero.
 */
export function dailyUse(book: Readonly<DemandBook>, sku: string, asked: DaysAsked): DailyUse {
  return daily(book.items.get(sku), 'used', asked);
}

/** The same for what was wasted, from the first use or waste on. */
export function dailyWaste(book: Readonly<DemandBook>, sku: string, asked: DaysAsked): DailyUse {
  return daily(book.items.get(sku), 'wasted', asked);
}

/** How many sales there were on each of those days; every day is told. */
export function dailySales({ sales }: Readonly<DemandBook>, { until, days }: DaysAsked): readonly number[] {
  const end = dayNumber(until);
  return Array.from({ length: days }, (_, index) => sales.get(end - days + index) ?? 0);
}

function daily(item: ItemDemand | undefined, kind: 'used' | 'wasted', { until, days }: DaysAsked): DailyUse {
  const end = dayNumber(until);
  const start = Math.max(end - days, item?.firstDay ?? end);
  const values: number[] = [];
  for (let day = start; day < end; day += 1) values.push(Math.max(0, item?.[kind].get(day) ?? 0));
  return { from: plusDays(until, -values.length), values };
}

/**
 * How fast an item is used: mean and deviation over the last `days` before today; with `horizon`, a forecast over all that is kept
 * besides (up to a millisecond: ask for it on a schedule, not at each fact). `undefined` before the item's second day.
 */
export function demandOf(
  book: Readonly<DemandBook>,
  sku: string,
  { until, days, horizon }: DaysAsked & Readonly<{ horizon?: number }>,
): Demand | undefined {
  const { values } = dailyUse(book, sku, { until, days });
  if (values.length === 0) return undefined;
  const perDay = mean([...values]);
  const demand: Demand = { perDay, deviation: deviationOf(values, perDay), days: values.length };
  if (horizon === undefined) return demand;
  const all = dailyUse(book, sku, { until, days: KEPT_DAYS });
  const forecast = forecastSeries(all.values, { horizon, nonNegative: true });
  return forecast ? { ...demand, forecast } : demand;
}

function deviationOf(values: readonly number[], perDay: number): number {
  if (values.length < LEAST_DAYS_TO_MEASURE) return ASSUMED_VARIATION * perDay;
  if (values.length < DAYS_THAT_SHOW_WEEKDAYS) return sampleStandardDeviation([...values]);
  const sums = new Array<number>(7).fill(0);
  const counts = new Array<number>(7).fill(0);
  for (const [index, value] of values.entries()) {
    sums[index % 7] = (sums[index % 7] ?? 0) + value;
    counts[index % 7] = (counts[index % 7] ?? 0) + 1;
  }
  const squares = values.reduce((sum, value, index) => {
    return sum + (value - (sums[index % 7] ?? 0) / (counts[index % 7] ?? 1)) ** 2;
  }, 0);
  return Math.sqrt(squares / (values.length - 7));
}

/** Days since 1970. */
function dayNumber(date: LocalDate): number {
  return Math.round(Date.parse(`${date}T00:00:00Z`) / DAY_MS);
}
