import { plusDays, timesMoney } from '#libs/kernel';
import { confidenceFrom, type Detector, type Finding, type WindowLook } from '#libs/agent-kit';
import { figure, moneyInWords, quantityInWords, shareInWords } from '../in-words.ts';
import { dailyUse, dailyWaste } from '../demand-book.ts';
import { judgedItems, type InventoryBook, type KnownItem } from '../inventory-book.ts';

const WASTE_DAYS = 14;
/** One or two pieces thrown away are an accident. */
const LEAST_UNITS = 3;

/**
 * Too much of an item is thrown away: more than `wasteShareLimit` of what left the stock in the last 14 days, by value.
 * Looked at once a week; three times the limit is `heavy`.
 */
export const waste: Detector<InventoryBook> = {
  id: 'waste',
  decisionType: 'waste_analysis',
  kind: 'situation',
  coolDownHours: 14 * 24,
  onSchedule: {
    schedule: { every: 'week', weekday: 1, at: '07:00' },
    look: (look) => ({
      looked: 'everything',
      findings: judgedItems(look.book).flatMap((item) => findingOf(look, item) ?? []),
    }),
  },
};

function findingOf({ book, local, settings }: WindowLook<InventoryBook>, item: KnownItem): Finding | undefined {
  const asked = { until: local.date, days: WASTE_DAYS };
  const wasted = sum(dailyWaste(book.demand, item.sku, asked).values);
  const used = sum(dailyUse(book.demand, item.sku, asked).values);
  const { wasteShareLimit } = settings.agents.inventory;
  const share = wasted / (wasted + used || 1);
  if (wasted < LEAST_UNITS || share <= wasteShareLimit) return undefined;
  const isHeavy = share > 3 * wasteShareLimit;
  const { unit, sku, name, master } = item;
  const worth = timesMoney(master.unitCost, wasted);
  return {
    subject: `item:${sku}`,
    state: isHeavy ? 'heavy' : 'above-limit',
    grade: isHeavy ? 3 : 2,
    evidence: {
      positions: [...item.positions],
      figures: [
        { name: 'wasted', value: wasted, unit },
        { name: 'used', value: used, unit },
        { name: 'share wasted', value: Math.round(share * 1_000) / 1_000 },
        { name: 'limit', value: wasteShareLimit },
        { name: 'worth', money: worth },
        { name: 'days', value: WASTE_DAYS },
      ],
    },
    byRules: () => ({
      action: { kind: 'investigate-stock', sku, question: 'waste', difference: { value: wasted, unit } },
      ...confidenceFrom([
        { factor: 'how far above the limit', weight: 0.6, value: 0.6 + Math.min(0.4, share / wasteShareLimit / 10) },
        { factor: 'how much was used', weight: 0.4, value: Math.min(1, (wasted + used) / 50) },
      ]),
      reasoning:
        `${name}: ${quantityInWords(wasted, unit)} were thrown away from ${plusDays(local.date, -WASTE_DAYS)} on and ${figure(used)} used: ` +
        `${shareInWords(share)} by value, ${moneyInWords(worth)}; your limit is ${shareInWords(wasteShareLimit)}. ` +
        `Order less at a time (now ${figure(master.reorderQuantity)}), use the oldest first, and look how it is kept.`,
    }),
  };
}

const sum = (values: readonly number[]): number =>
  Math.round(values.reduce((total, value) => total + value, 0) * 1e6) / 1e6;
