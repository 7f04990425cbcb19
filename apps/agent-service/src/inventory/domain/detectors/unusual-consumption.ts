import { confidenceFrom, NOTHING, type Detector, type Finding, type Judgement } from '#libs/agent-kit';
import { dayInWords, figure, quantityInWords } from '../in-words.ts';
import { outlookFor, type InventoryBook } from '../inventory-book.ts';
import type { UsualUse } from '../item-outlook.ts';
import { dayNumber, skusOf, type StockItem } from '../stock-book.ts';

/** What was used on a day, or at once, beside what is usual. */
type Spike = Readonly<{
  item: StockItem;
  usual: UsualUse;
  kind: 'day' | 'movement';
  used: number;
  from: number;
  day: string;
}>;

/** Fewer units than this are nothing to look into, whatever is usual. */
const LEAST_EXCESS_UNITS = 3;
/** A single movement stands out when it is so many times the largest of the last 60 days, and as much as a usual day. */
const MOVEMENT_MULTIPLE = 2;
/** So many days of the 60 may have been spikes themselves; they are no measure. */
const SPIKES_IGNORED = 2;
const LEAST_DAYS_WITH_MOVEMENTS = 14;

/**
 * More of an item was used on a day than such a weekday explains, or more at once than ever in two months. Looked at
 * after each use, against days that are over; a situation of the day, and over when the next day's use is usual.
 */
export const unusualConsumption: Detector<InventoryBook> = {
  id: 'unusual-consumption',
  decisionType: 'unusual_consumption',
  kind: 'situation',
  coolDownHours: 12,
  onFact: {
    types: ['steward.inventory.stock-moved.v1', 'steward.sales.order-completed.v1'],
    look: (look) => {
      const { fact, book, local } = look;
      if (local.date < book.outlookDay || !takesOut(fact)) return NOTHING;
      const items = skusOf(fact).flatMap((sku) => book.stock.items.get(sku) ?? []);
      return {
        looked: items.map(({ sku }) => `item:${sku}`),
        findings: items.flatMap((item) => {
          const { usual } = outlookFor(look, item);
          const spike = usual && spikeOf(book, item, { usual, day: local.date });
          return spike ? [finding({ ...spike, item: { ...item } }, local.weekday)] : [];
        }),
      };
    },
  },
};

function takesOut(fact: Parameters<typeof skusOf>[0]): boolean {
  if (fact.type === 'steward.inventory.stock-moved.v1') return fact.data.movement === 'out';
  return fact.type === 'steward.sales.order-completed.v1';
}

function spikeOf(
  book: Readonly<InventoryBook>,
  item: StockItem,
  { usual, day }: Readonly<{ usual: UsualUse; day: string }>,
): Spike | undefined {
  const today = dayNumber(day);
  const used = book.demand.items.get(item.sku)?.used.get(today) ?? 0;
  if (used > usual.from && used - usual.expected >= LEAST_EXCESS_UNITS) {
    return { item, usual, kind: 'day', used, from: usual.from, day };
  }
  const latest = item.largestOut.at(-1);
  const earlier = item.largestOut.slice(0, -1);
  if (latest?.day !== today || earlier.length < LEAST_DAYS_WITH_MOVEMENTS) return undefined;
  const largest = earlier.map(({ quantity }) => quantity).sort((left, right) => right - left)[SPIKES_IGNORED] ?? 0;
  const from = Math.max(MOVEMENT_MULTIPLE * largest, usual.expected);
  const isSpike = latest.quantity > from && latest.quantity - largest >= LEAST_EXCESS_UNITS;
  return isSpike ? { item, usual, kind: 'movement', used: latest.quantity, from, day } : undefined;
}

function finding(spike: Spike, weekday: number): Finding {
  const { item, usual, used, from, kind } = spike;
  const { unit } = item;
  return {
    subject: `item:${item.sku}`,
    state: 'high',
    grade: 2,
    evidence: {
      positions: [...item.positions],
      figures: [
        { name: kind === 'day' ? 'used today' : 'used at once', value: used, unit },
        { name: 'usual on such a weekday', value: Math.round(usual.expected * 100) / 100, unit },
        { name: 'unusual above', value: Math.round(from * 100) / 100, unit },
        { name: 'days compared with', value: usual.days },
      ],
    },
    byRules: () => judgement(spike, weekday),
  };
}

function judgement(spike: Spike, weekday: number): Judgement {
  const { item, usual, used, from, kind, day } = spike;
  const { name, unit, sku } = item;
  const difference = Math.round((used - usual.expected) * 100) / 100;
  const what =
    kind === 'day'
      ? `${quantityInWords(used, unit)} were used on ${dayInWords(day, weekday)}`
      : `${quantityInWords(used, unit)} were taken at once on ${dayInWords(day, weekday)}`;
  return {
    action: { kind: 'investigate-stock', sku, question: 'consumption', difference: { value: difference, unit } },
    ...confidenceFrom([
      { factor: 'how far beyond the limit', weight: 0.6, value: 0.5 + Math.min(0.5, (used / from - 1) / 2) },
      { factor: 'length of the record of use', weight: 0.4, value: Math.min(1, usual.days / 56) },
    ]),
    reasoning:
      `${name}: ${what}; on such a day about ${figure(usual.expected)} are usual, and above ${figure(from)} it is out of the ` +
      `usual (by the last ${usual.days} days). Find out whether it was a large order, a mistake in booking, or a loss.`,
  };
}
