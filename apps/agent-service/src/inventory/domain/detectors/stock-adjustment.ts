import { timesMoney } from '#libs/kernel';
import { confidenceFrom, NOTHING, type Detector } from '#libs/agent-kit';
import { moneyInWords, quantityInWords, shareInWords } from '../in-words.ts';
import { isJudged, type InventoryBook } from '../inventory-book.ts';
import { plus } from '../stock-change.ts';

/** A count that differs by more than this share of what should have been there is looked into. */
const LIMIT_SHARE = 0.1;
/** Fewer units than this are miscounted easily. */
const LEAST_UNITS = 3;

/** A count found much more or less than the books say. The first count of an item tells its opening stock and is none. */
export const stockAdjustment: Detector<InventoryBook> = {
  id: 'stock-adjustment',
  decisionType: 'inventory_adjustment_alert',
  kind: 'occurrence',
  onFact: {
    types: ['steward.inventory.stock-moved.v1'],
    look: ({ book, fact }) => {
      if (fact.type !== 'steward.inventory.stock-moved.v1' || fact.data.movement !== 'adjustment') return NOTHING;
      const { sku, quantity, reason } = fact.data;
      const item = book.stock.items.get(sku);
      if (!isJudged(item) || item.knownSince === fact.position) return NOTHING;
      const { value } = quantity;
      const counted = item.onHand;
      const before = plus(counted, -value);
      const share = before > 0 ? Math.abs(value) / before : 1;
      if (Math.abs(value) < LEAST_UNITS || share <= LIMIT_SHARE) return NOTHING;
      const { unit, name, master } = item;
      const worth = timesMoney(master.unitCost, Math.abs(value));
      const finding = {
        subject: `item:${sku}`,
        state: value < 0 ? 'missing' : 'surplus',
        grade: 2,
        evidence: {
          positions: [...item.positions],
          figures: [
            { name: 'expected', value: before, unit },
            { name: 'counted', value: counted, unit },
            { name: 'difference', value, unit },
            { name: 'share of the stock', value: Math.round(share * 1_000) / 1_000 },
            { name: 'worth', money: worth },
          ],
        },
        byRules: () => ({
          action: {
            kind: 'investigate-stock' as const,
            sku,
            question: 'adjustment' as const,
            difference: { value, unit },
          },
          ...confidenceFrom([
            { factor: 'how large the difference is', weight: 0.7, value: 0.6 + Math.min(0.4, share) },
            { factor: 'no reason was given', weight: 0.3, value: reason === undefined ? 1 : 0.7 },
          ]),
          reasoning:
            `${name}: the books said ${quantityInWords(before, unit)}, the count ${quantityInWords(counted, unit)}: ` +
            `${quantityInWords(Math.abs(value), unit)} ${value < 0 ? 'are missing' : 'too many'} (${shareInWords(share)}, ` +
            `worth ${moneyInWords(worth)}). Count again, then look for unbooked use, waste or deliveries.`,
        }),
      };
      return { looked: [], findings: [finding] };
    },
  },
};
