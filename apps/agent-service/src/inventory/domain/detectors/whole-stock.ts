import { money } from '#libs/kernel';
import { confidenceFrom, type Detector, type Finding, type WindowLook } from '#libs/agent-kit';
import { figure, moneyInWords, shareInWords } from '../in-words.ts';
import { judgedItems, type InventoryBook, type KnownItem } from '../inventory-book.ts';
import { supplyOf, type Supply } from '../supply.ts';

/** Of all items; as in the reference system. */
const MOST_LOW = 0.15;
const MOST_OVER = 0.1;
/** Stock that is used up less often than this in a year is slow, unless little is in it. */
const LEAST_TURNS = 2;
const LEAST_ITEMS = 5;
const LEAST_RECORD_DAYS = 28;

type Health = Readonly<{
  items: number;
  lowShare: number;
  overShare: number;
  /** In minor units of the business's currency. */
  value: number;
  /** How often the stock is used up in a year, by value; `undefined` while the record is short. */
  turns: number | undefined;
  issues: readonly ('low' | 'over' | 'slow')[];
}>;

/** Once a week over all that is kept: many items low or too many, or money that turns slowly. Says nothing when all is well. */
export const wholeStock: Detector<InventoryBook> = {
  id: 'whole-stock',
  decisionType: 'comprehensive_inventory_analysis',
  kind: 'situation',
  coolDownHours: 28 * 24,
  onSchedule: {
    schedule: { every: 'week', weekday: 1, at: '08:00' },
    look: (look) => {
      const health = healthOf(look);
      return { looked: ['stock'], findings: health && health.issues.length > 0 ? [finding(look, health)] : [] };
    },
  },
};

function healthOf(look: WindowLook<InventoryBook>): Health | undefined {
  const supplies = judgedItems(look.book).map((item) => supplyOf(look, item));
  if (supplies.length < LEAST_ITEMS) return undefined;
  const share = (holds: (supply: Supply) => boolean): number => supplies.filter(holds).length / supplies.length;
  const lowShare = share(({ usable, ownersLevel }) => usable <= ownersLevel);
  const overShare = share(({ item }) => isOver(item));
  const { currency } = look.settings.business;
  const own = supplies.filter(({ item }) => item.master.unitCost.currency === currency);
  const value = own.reduce((sum, { item, onHand }) => sum + Math.max(0, onHand) * item.master.unitCost.amount, 0);
  const seen = own.filter(({ outlook }) => outlook.observedDays >= LEAST_RECORD_DAYS);
  const yearly = seen.reduce((sum, { item, outlook }) => sum + 365 * outlook.perDay * item.master.unitCost.amount, 0);
  const turns = value > 0 && seen.length >= LEAST_ITEMS ? yearly / value : undefined;
  const issues = [
    ...(lowShare > MOST_LOW ? ['low' as const] : []),
    ...(overShare > MOST_OVER ? ['over' as const] : []),
    ...(turns !== undefined && turns < LEAST_TURNS ? ['slow' as const] : []),
  ];
  return { items: supplies.length, lowShare, overShare, value: Math.round(value), turns, issues };
}

const isOver = ({ master, onHand }: KnownItem): boolean => master.maximumStock !== null && onHand > master.maximumStock;

const MEASURES = { low: 'reorder', over: 'clearance', slow: 'turnover' } as const;

function finding({ settings, book }: WindowLook<InventoryBook>, health: Health): Finding {
  const { items, lowShare, overShare, turns, issues } = health;
  const value = money(health.value, settings.business.currency);
  const positions = judgedItems(book)
    .flatMap(({ positions: own }) => own.slice(-1))
    .sort((left, right) => left - right)
    .slice(-20);
  return {
    subject: 'stock',
    state: issues.join('+'),
    grade: Math.min(3, issues.length + 1),
    evidence: {
      positions,
      figures: [
        { name: 'items', value: items },
        { name: 'share at or below their limit', value: Math.round(lowShare * 1_000) / 1_000 },
        { name: 'share above their maximum', value: Math.round(overShare * 1_000) / 1_000 },
        { name: 'value of the stock', money: value },
        ...(turns === undefined ? [] : [{ name: 'turns per year', value: Math.round(turns * 10) / 10 }]),
      ],
    },
    byRules: () => ({
      action: { kind: 'review-inventory', measures: issues.map((issue) => MEASURES[issue]) },
      ...confidenceFrom([
        { factor: 'items looked at', weight: 0.5, value: 0.6 + Math.min(0.4, items / 50) },
        { factor: 'use is known', weight: 0.5, value: turns === undefined ? 0.5 : 0.9 },
      ]),
      reasoning: inWords(health, moneyInWords(value)),
    }),
  };
}

function inWords({ items, lowShare, overShare, turns, issues }: Health, value: string): string {
  const said = {
    low: `${shareInWords(lowShare)} of them are at or below their limit (more than ${shareInWords(MOST_LOW)}): order them together, and look whether their limits fit.`,
    over: `${shareInWords(overShare)} are above their maximum (more than ${shareInWords(MOST_OVER)}): order less, sell off what is too much.`,
    slow: `the stock is used up ${figure(turns ?? 0)} times a year, and fewer than ${LEAST_TURNS} times ties up money: order smaller quantities more often.`,
  };
  return `${items} items, worth ${value}: ${issues.map((issue) => said[issue]).join(' ')}`;
}
