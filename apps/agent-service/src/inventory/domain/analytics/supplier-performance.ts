import { confidenceFrom, type Detection, type Detector, type Finding, type Look } from '#libs/agent-kit';
import { figure, shareInWords } from '../in-words.ts';
import { supplierSubject, type AnalyticsBook } from './analytics-book.ts';
import { RECORD_DAYS, recordOf, type SupplierRecord } from './supplier-record.ts';

/** Bands of the reference system; above the second there is nothing to decide. */
const UNACCEPTABLE_BELOW = 0.5;
const POOR_BELOW = 0.7;

type Band = Readonly<{
  state: 'getting-worse' | 'poor' | 'unacceptable';
  grade: number;
  measures: readonly ('discuss-performance' | 'improvement-plan' | 'find-alternative' | 'spread-orders')[];
  advice: string;
}>;

const UNACCEPTABLE: Band = {
  state: 'unacceptable',
  grade: 4,
  measures: ['find-alternative', 'spread-orders'],
  advice: 'Look for another supplier, and spread the next orders until there is one.',
};
const GETTING_WORSE: Band = {
  state: 'getting-worse',
  grade: 3,
  measures: ['discuss-performance', 'spread-orders'],
  advice: 'Ask what has changed, and order what must not run out elsewhere, or earlier, until it is as before.',
};
const POOR: Band = {
  state: 'poor',
  grade: 3,
  measures: ['discuss-performance', 'improvement-plan'],
  advice: 'Agree on what must improve, and by when.',
};

/** A supplier whose deliveries, by their real receipt days, are poor or get worse. */
export const supplierPerformance: Detector<AnalyticsBook> = {
  id: 'supplier-performance',
  decisionType: 'supplier_performance',
  kind: 'situation',
  coolDownHours: 14 * 24,
  onFact: {
    types: ['steward.inventory.purchase-order-received.v1'],
    look: (look) => {
      const { fact, book } = look;
      if (fact.type !== 'steward.inventory.purchase-order-received.v1') return { looked: [], findings: [] };
      const order = book.purchasing.orders.get(fact.data.purchaseOrderId);
      return lookAt([order?.supplierId ?? fact.data.supplierId], look);
    },
  },
  onSchedule: {
    schedule: { every: 'day', at: '06:20' },
    look: (look) => lookAt([...look.book.purchasing.ordersOf.keys()], look),
  },
};

function lookAt(supplierIds: readonly string[], look: Look<AnalyticsBook>): Detection {
  return {
    looked: supplierIds.map(supplierSubject),
    findings: supplierIds.flatMap((supplierId) => {
      const record = recordOf(look.book.purchasing, supplierId, { today: look.local.date, settings: look.settings });
      const band = record && bandOf(record);
      return band ? [findingOf(supplierId, { record, band }, look)] : [];
    }),
  };
}

function bandOf(record: SupplierRecord): Band | undefined {
  if (record.score < UNACCEPTABLE_BELOW) return UNACCEPTABLE;
  if (record.isGettingWorse) return GETTING_WORSE;
  return record.score < POOR_BELOW || record.isOftenLate ? POOR : undefined;
}

function findingOf(
  supplierId: string,
  { record, band }: Readonly<{ record: SupplierRecord; band: Band }>,
  { book }: Look<AnalyticsBook>,
): Finding {
  const name = book.purchasing.suppliers.get(supplierId)?.name ?? supplierId;
  return {
    subject: supplierSubject(supplierId),
    state: band.state,
    grade: band.grade,
    evidence: {
      positions: book.purchasing.positions.get(supplierId)?.slice() ?? [],
      figures: [
        { name: 'score', value: rounded(record.score) },
        { name: 'dueOrders', value: record.orders },
        { name: 'lateOrders', value: record.late },
        { name: 'onTimeShare', value: rounded(record.onTime) },
        { name: 'meanDaysLate', value: rounded(record.daysLate) },
        { name: 'fillRate', value: rounded(record.fillRate) },
        { name: 'leadTimeConsistency', value: rounded(record.consistency) },
        ...(record.priceIndex === undefined ? [] : [{ name: 'priceIndex', value: rounded(record.priceIndex) }]),
        { name: 'recentOrders', value: record.recent.orders },
        { name: 'recentLateOrders', value: record.recent.late },
      ],
    },
    byRules: () => ({
      action: { kind: 'review-supplier', supplierId, measures: [...band.measures] },
      ...confidenceFrom([
        { factor: 'due orders', weight: 0.5, value: record.orders / 12 },
        { factor: 'clearness of the record', weight: 0.5, value: clearness(record) },
      ]),
      reasoning: explain(name, record, band),
    }),
  };
}

/** The share of late ones among those that matter, from a half. */
function clearness({ recent, isGettingWorse, onTime, score }: SupplierRecord): number {
  if (isGettingWorse) return 0.5 + recent.late / (2 * recent.orders);
  return Math.min(1, 0.5 + Math.max(POOR_BELOW - score, 0.8 - onTime, 0) * 2);
}

function explain(name: string, record: SupplierRecord, { advice }: Band): string {
  const { orders, late, onTime, daysLate, fillRate, priceIndex, recent } = record;
  const price =
    priceIndex === undefined || Math.abs(priceIndex - 1) < 0.02
      ? ''
      : ` It takes ${shareInWords(Math.abs(1 / priceIndex - 1))} ${priceIndex > 1 ? 'less' : 'more'} than others do.`;
  const ofLate = record.isGettingWorse ? ` Of its last ${recent.orders} orders ${recent.late} were late.` : '';
  return (
    `${name}: of ${orders} orders that were due in the last ${RECORD_DAYS} days ${late} came late or not yet ` +
    `(${shareInWords(onTime)} in time, ${figure(daysLate)} days late on average), and ${shareInWords(fillRate)} of what was ordered ` +
    `came.${ofLate}${price} Its score is ${figure(record.score)} of 1. ${advice}`
  );
}

const rounded = (value: number): number => Math.round(value * 1_000) / 1_000;
