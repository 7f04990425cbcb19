import { plusDays } from '#libs/kernel';
import { confidenceFrom, type Detector, type Finding, type WindowLook } from '#libs/agent-kit';
import { seasonality, type Pattern } from '#libs/forecasting';
import { mean } from 'simple-statistics';
import { dailyUse, KEPT_DAYS, type DailyUse } from '../demand-book.ts';
import { quantityInWords, shareInWords } from '../in-words.ts';
import {
  demandPositions,
  lookAtItemsOfTurn,
  itemSubject,
  type AnalyticsBook,
  type RegisteredItem,
} from './analytics-book.ts';

const LEAST_WEEKS = 8;
/** One false pattern in a thousand items without one. */
const SIGNIFICANT_BELOW = 0.001;
/** Of the variation from day to day. */
const LEAST_STRENGTH = 0.25;
/** Between the strongest and the weakest weekday, in means. */
const LEAST_SPAN = 0.4;
const PEAK_FROM = 1.15;

/** Once a week for each item: do weekdays differ so much that orders should follow them? */
export const seasonalityAnalysis: Detector<AnalyticsBook> = {
  id: 'seasonality',
  decisionType: 'seasonality_analysis',
  kind: 'situation',
  coolDownHours: 90 * 24,
  onSchedule: {
    schedule: { every: 'day', at: '05:40' },
    look: (look) => lookAtItemsOfTurn(look, patternOf),
  },
};

function patternOf(item: RegisteredItem, look: WindowLook<AnalyticsBook>): Finding | undefined {
  const { book, local, settings } = look;
  const days = Math.min(KEPT_DAYS, settings.agents.inventory.seasonalityWindowDays);
  const use = dailyUse(book.demand, item.sku, { until: local.date, days });
  const pattern = seasonality(use.values, use.from)?.weekday;
  if (!pattern || pattern.cycles < LEAST_WEEKS) return undefined;
  const span = Math.max(...pattern.indices) - Math.min(...pattern.indices);
  const isClear = pattern.pValue < SIGNIFICANT_BELOW && pattern.strength >= LEAST_STRENGTH && span >= LEAST_SPAN;
  return isClear ? findingOf(item, { pattern, use }, look) : undefined;
}

function findingOf(
  item: RegisteredItem,
  { pattern, use }: Readonly<{ pattern: Pattern; use: DailyUse }>,
  { book, local }: WindowLook<AnalyticsBook>,
): Finding {
  const perDay = mean([...use.values]);
  const peak = pattern.indices.indexOf(Math.max(...pattern.indices));
  const nextPeak = plusDays(local.date, (peak + 1 - local.weekday + 7) % 7);
  const expected = perDay * (pattern.indices[peak] ?? 1);
  return {
    subject: itemSubject(item.sku),
    state: 'weekly',
    grade: 1,
    evidence: {
      positions: demandPositions(book, item.sku),
      figures: [
        { name: 'weeks', value: pattern.cycles },
        { name: 'strength', value: rounded(pattern.strength) },
        { name: 'chanceOfNoPattern', value: pattern.pValue },
        ...pattern.indices.map((index, day) => ({ name: `${WEEKDAYS[day] ?? ''}Index`, value: rounded(index) })),
      ],
    },
    byRules: () => ({
      action: {
        kind: 'plan-for-demand',
        sku: item.sku,
        expectedPerDay: { value: rounded(expected), unit: item.unit },
        from: nextPeak,
        to: nextPeak,
      },
      ...confidenceFrom([
        { factor: 'strength of the pattern', weight: 0.5, value: 0.4 + pattern.strength },
        { factor: 'weeks seen', weight: 0.5, value: pattern.cycles / 26 },
      ]),
      reasoning: explain(item, { pattern, perDay, peak, expected }),
    }),
  };
}

function explain(
  { name, unit }: RegisteredItem,
  { pattern, perDay, peak, expected }: Readonly<{ pattern: Pattern; perDay: number; peak: number; expected: number }>,
): string {
  const low = pattern.indices.indexOf(Math.min(...pattern.indices));
  const lowest = pattern.indices[low] ?? 1;
  const least = lowest < 0.02 ? 'nothing' : `least, ${shareInWords(1 - lowest)} below it,`;
  const strong = pattern.indices.flatMap((index, day) => (index >= PEAK_FROM ? [WEEKDAYS[day] ?? ''] : []));
  const most = strong.length > 0 ? strong : [WEEKDAYS[peak] ?? ''];
  return (
    `${name} follows the week: most is used on ${most.join(', ')}, at most ${quantityInWords(expected, unit)} on a ${WEEKDAYS[peak] ?? ''} ` +
    `against ${quantityInWords(perDay, unit)} on an average day, and ${least} on a ${WEEKDAYS[low] ?? ''}. Weekdays explain ${shareInWords(pattern.strength)} of how much the days ` +
    `differ, seen over ${pattern.cycles} weeks. Let deliveries come before the strong days.`
  );
}

const WEEKDAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];
const rounded = (value: number): number => Math.round(value * 1_000) / 1_000;
