import { weekdayOf, type LocalDate } from '#libs/kernel';
import type { BusinessSettings } from '#libs/business-settings';
import { mean, quantile, sampleStandardDeviation } from 'simple-statistics';
import { dailyUse, demandOf, type DemandBook } from './demand-book.ts';
import { leadTimeOf, type PurchasingBook } from './purchasing-book.ts';
import type { StockItem } from './stock-book.ts';

/** A day's use above `from` is out of the usual. */
export type UsualUse = Readonly<{ expected: number; from: number; days: number }>;

/**
 * What is expected of an item on one day: made once a day, since only days that are over count, and read at each fact.
 * Quantities in the item's unit.
 */
export type ItemOutlook = Readonly<{
  day: LocalDate;
  /** Used per day; 0 while the record is too short to say. */
  perDay: number;
  /** Standard deviation of one day's use. */
  deviation: number;
  /** Whole days of record behind both. */
  observedDays: number;
  /** Use on each weekday, Monday first. */
  byWeekday: readonly number[];
  leadTimeDays: number;
  leadTimeDeviation: number;
  /** Deliveries by which the lead time was measured; 0: it was only promised or set. */
  leadTimeObserved: number;
  usual: UsualUse | null;
}>;

/** A week shows each weekday once; one busy day is no trend. */
export const LEAST_OBSERVED_DAYS = 7;
/** Weekdays seen seldom are drawn to the mean of all days, as if it had been seen so many times. */
const PRIOR_WEEKS = 2;

/** Makes the outlook of an item for a day. */
export function outlookOf(
  { demand, purchasing }: Readonly<{ demand: DemandBook; purchasing: PurchasingBook }>,
  { sku, master }: StockItem,
  day: LocalDate,
  settings: BusinessSettings,
): ItemOutlook {
  const days = settings.agents.inventory.consumptionAnalysisDays;
  const used = demandOf(demand, sku, { until: day, days });
  const observedDays = used?.days ?? 0;
  const isKnown = used !== undefined && observedDays >= LEAST_OBSERVED_DAYS;
  const perDay = isKnown ? used.perDay : 0;
  const lead = leadTimeOf(purchasing, master?.supplierId, sku, settings);
  return {
    ...{ day, observedDays, perDay, deviation: isKnown ? used.deviation : 0 },
    byWeekday: isKnown ? weekdayMeans(dailyUse(demand, sku, { until: day, days }), perDay) : FLAT,
    leadTimeDays: lead.days,
    leadTimeDeviation: lead.deviation,
    leadTimeObserved: lead.observed,
    usual: usualUse(demand, sku, day),
  };
}

const FLAT = [0, 0, 0, 0, 0, 0, 0];

/** What is used in so many days from a day on, that day included. */
export function expectedUse({ byWeekday }: ItemOutlook, from: LocalDate, days: number): number {
  const whole = Math.floor(days);
  const first = weekdayOf(from) - 1;
  const week = byWeekday.reduce((sum, value) => sum + value, 0);
  let use = Math.floor(whole / 7) * week;
  for (let day = 0; day < whole % 7; day += 1) use += byWeekday[(first + day) % 7] ?? 0;
  return use + (days - whole) * (byWeekday[(first + whole) % 7] ?? 0);
}

/** How many days a quantity lasts from a day on; `undefined` when nothing is used, or it lasts beyond two years. */
export function daysOfCover(outlook: ItemOutlook, from: LocalDate, quantity: number): number | undefined {
  const week = outlook.byWeekday.reduce((sum, value) => sum + value, 0);
  if (week <= 0) return undefined;
  const stock = Math.max(0, quantity);
  const weeks = Math.floor(stock / week);
  if (weeks > 104) return undefined;
  let left = stock - weeks * week;
  const first = weekdayOf(from) - 1;
  for (let day = 0; day < 7; day += 1) {
    const use = outlook.byWeekday[(first + day) % 7] ?? 0;
    if (left < use) return weeks * 7 + day + left / use;
    left -= use;
  }
  return weeks * 7 + 7;
}

type DailyUse = ReturnType<typeof dailyUse>;

function weekdayMeans({ from, values }: DailyUse, perDay: number): readonly number[] {
  const first = weekdayOf(from) - 1;
  return Array.from({ length: 7 }, (_, weekday) => {
    const same = values.filter((_value, index) => (first + index) % 7 === weekday);
    const sum = same.reduce((total, value) => total + value, 0);
    return (sum + PRIOR_WEEKS * perDay) / (same.length + PRIOR_WEEKS);
  });
}

const USUAL_DAYS = 56;
const LEAST_DAYS_OF_HABIT = 21;
const LEAST_DAYS_WITH_USE = 10;
const DEVIATIONS = 5;
const LEAST_MULTIPLE = 2.5;
const ABOVE_LARGE_DAYS = 1.25;

/**
 * How much of an item is used on such a weekday, and from where on a day stands out: five deviations above, two and a
 * half times the usual, and a quarter above the 95 % quantile of the last eight weeks. Days above that quantile count as that
 * much, so that two spikes do not hide the third; the variance is at least that of single purchases which come by chance (compound Poisson).
 */
function usualUse(demand: DemandBook, sku: string, day: LocalDate): UsualUse | null {
  const { from, values } = dailyUse(demand, sku, { until: day, days: USUAL_DAYS });
  const withUse = values.filter((value) => value > 0);
  if (values.length < LEAST_DAYS_OF_HABIT || withUse.length < LEAST_DAYS_WITH_USE) return null;
  const most = quantile([...values], 0.95);
  const cut = values.map((value) => Math.min(value, most));
  const means = weekdayMeans({ from, values: cut }, mean(cut));
  const first = weekdayOf(from) - 1;
  const residuals = cut.map((value, index) => value - (means[(first + index) % 7] ?? 0));
  const expected = means[weekdayOf(day) - 1] ?? 0;
  const deviation = Math.max(sampleStandardDeviation(residuals), Math.sqrt(expected));
  return {
    expected,
    from: Math.max(expected + DEVIATIONS * deviation, LEAST_MULTIPLE * expected, ABOVE_LARGE_DAYS * most),
    days: values.length,
  };
}
