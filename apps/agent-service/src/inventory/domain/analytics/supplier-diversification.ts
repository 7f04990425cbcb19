import { plusDays, type Money } from '#libs/kernel';
import { confidenceFrom, type Detector, type Finding, type WindowLook } from '#libs/agent-kit';
import { figure, moneyInWords, shareInWords } from '../in-words.ts';
import { roundedMoney, supplierSubject, type AnalyticsBook } from './analytics-book.ts';
import { RECORD_DAYS, recordOf } from './supplier-record.ts';

/** Above it a market counts as highly concentrated, and the reference system asks to spread. */
const CONCENTRATED_ABOVE = 0.5;
const LEAST_ORDERS = 12;
const ENOUGH_SUPPLIERS = 3;

type Spend = Readonly<{
  supplierId: string;
  /** Of the main supplier. */
  share: number;
  /** Herfindahl and Hirschman: the shares squared and added, 1 with a single supplier. */
  concentration: number;
  suppliers: number;
  orders: number;
  total: Money;
  /** 0 to 1. */
  risk: number;
}>;

/** Once a week: does the business hang on one supplier? */
export const supplierDiversificationAnalysis: Detector<AnalyticsBook> = {
  id: 'supplier-diversification',
  decisionType: 'supplier_diversification_analysis',
  kind: 'situation',
  coolDownHours: 60 * 24,
  onSchedule: {
    schedule: { every: 'week', weekday: 1, at: '06:40' },
    look: (look) => {
      const spend = spendOf(look);
      const isConcentrated = spend !== undefined && spend.concentration > CONCENTRATED_ABOVE;
      return { looked: 'everything', findings: isConcentrated ? [findingOf(spend, look)] : [] };
    },
  },
};

/** What was ordered in the business's own currency. */
function spendOf({ book, local, settings }: WindowLook<AnalyticsBook>): Spend | undefined {
  const { currency } = settings.business;
  const since = plusDays(local.date, -RECORD_DAYS);
  const bySupplier = new Map<string, number>();
  let orders = 0;
  for (const { supplierId, placedOn, lines } of book.purchasing.orders.values()) {
    if (placedOn < since) continue;
    orders += 1;
    const spent = lines
      .filter(({ unitCost }) => unitCost.currency === currency)
      .reduce((sum, { ordered, unitCost }) => sum + ordered * unitCost.amount, 0);
    bySupplier.set(supplierId, (bySupplier.get(supplierId) ?? 0) + spent);
  }
  const total = [...bySupplier.values()].reduce((sum, spent) => sum + spent, 0);
  const [main] = [...bySupplier].toSorted(([, left], [, right]) => right - left);
  if (!main || total <= 0 || orders < LEAST_ORDERS) return undefined;
  const [supplierId, spent] = main;
  const concentration = [...bySupplier.values()].reduce((sum, one) => sum + (one / total) ** 2, 0);
  const record = recordOf(book.purchasing, supplierId, { today: local.date, settings });
  const few = 1 - Math.min(1, bySupplier.size / ENOUGH_SUPPLIERS);
  const risk = 0.5 * concentration + 0.3 * few + 0.2 * (1 - (record?.onTime ?? 0.85));
  return {
    ...{ supplierId, share: spent / total, concentration, suppliers: bySupplier.size, orders, risk },
    total: roundedMoney(total, { currency }),
  };
}

function findingOf(spend: Spend, { book }: WindowLook<AnalyticsBook>): Finding {
  const { supplierId, share, concentration, suppliers, orders, total, risk } = spend;
  const name = book.purchasing.suppliers.get(supplierId)?.name ?? supplierId;
  const targetShare = Math.min(targetOf(risk), Math.round(80 * share) / 100);
  return {
    subject: supplierSubject(supplierId),
    state: suppliers === 1 ? 'single-source' : 'concentrated',
    grade: suppliers === 1 ? 3 : 2,
    evidence: {
      positions: book.purchasing.positions.get(supplierId)?.slice() ?? [],
      figures: [
        { name: 'shareOfSpend', value: rounded(share) },
        { name: 'concentration', value: rounded(concentration) },
        { name: 'suppliers', value: suppliers },
        { name: 'orders', value: orders },
        { name: 'spend', money: total },
        { name: 'risk', value: rounded(risk) },
      ],
    },
    byRules: () => ({
      action: {
        kind: 'review-supplier',
        supplierId,
        measures: suppliers === 1 ? ['find-alternative', 'spread-orders'] : ['spread-orders'],
        targetShare,
      },
      ...confidenceFrom([
        { factor: 'orders', weight: 0.5, value: orders / 20 },
        { factor: 'distance from the limit', weight: 0.5, value: 0.5 + (concentration - CONCENTRATED_ABOVE) },
      ]),
      reasoning:
        `${name} has ${shareInWords(share)} of the ${moneyInWords(total)} ordered in the last ${RECORD_DAYS} days ` +
        `(${orders} orders, ${suppliers} ${suppliers === 1 ? 'supplier' : 'suppliers'}; concentration ${figure(concentration)} of 1, ` +
        `risk ${figure(risk)} of 1). If it fails, most of the stock fails with it. ` +
        `Bring its share down to about ${shareInWords(targetShare)}` +
        (suppliers === 1 ? ' and have a second supplier ready for what must not run out.' : '.'),
    }),
  };
}

/** At most half with a high risk, as the reference system splits. */
function targetOf(risk: number): number {
  if (risk > 0.7) return 0.5;
  return risk > 0.4 ? 0.7 : 0.8;
}

const rounded = (value: number): number => Math.round(value * 1_000) / 1_000;
