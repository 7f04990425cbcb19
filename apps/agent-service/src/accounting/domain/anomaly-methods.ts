import type { LocalMoment } from '#libs/kernel';
import type { AmountHabit, Habit } from './habit.ts';

/** What each method says of a transaction; two that say yes make it unusual. */
export type Verdict = Readonly<{
  /** Deviations from the median, by the spread on its side. */
  zScore: number;
  /** How far from the median, as a share of it. */
  medianDistance: number;
  /** Share of the transactions at about this hour, 0 to 1. */
  hourShare: number;
  /** Minutes to the nearest hour at which there usually are any. */
  minutesToUsual: number;
  says: Readonly<{ zScore: boolean; quartiles: boolean; median: boolean; hour: boolean; farFromHours: boolean }>;
}>;

/** Fewer than so many give no picture of an amount. */
export const LEAST_FOR_AMOUNTS = 10;
const LEAST_FOR_HOURS = 12;
const LEAST_DAYS_FOR_HOURS = 7;

const Z_LIMIT = 2.5;
/** Tukey's "far out": of normal amounts one in 400 000, where his inner fence lets one in 150 pass for unusual. */
const QUARTILE_RANGES = 3;
/** So many spreads are usual; the owner's threshold counts from there. */
const USUAL_SPREADS = 3;
/** A spread measured on n amounts may be too small by about this over n. */
const SMALL_SAMPLE = 4;

const RARE_HOUR_SHARE = 0.02;
const USUAL_HOUR_SHARE = 0.04;
/** Among so many one odd hour may have been before, and makes it neither usual nor less rare. */
const MANY = 30;
const FAR_MINUTES = 150;
const DAY_MINUTES = 1_440;
const HALF_DAY_MINUTES = 720;

/** One side of an amount: how far, and from where on it is unusual, in the scale in which the group lies evenly. */
type Place = Readonly<{ distance: number; spread: number; quartileFence: number; medianFence: number }>;

/**
 * Compares a transaction with the habit of its group by the reference's four methods, on robust figures (median, spread
 * between percentiles), which what was unusual before hardly moves:
 * - z-score above 2.5;
 * - outside of the quartiles by more than three times their distance;
 * - away from the median by more than three spreads and the owner's `anomaly_threshold` on top;
 * - at an hour that is hardly ever seen; one that is also hours away from all the usual ones says it twice.
 *
 * The first three nearly agree by nature, so the second to fire decides: with the usual 30 % of spread an amount of 2.2 times the
 * median is unusual, and one sale in 10 000 is by chance.
 * @param sensitivity divides how easily the agent is alarmed: 1 as set, more after false alarms
 */
export function judge(
  { amount, local }: Readonly<{ amount: number; local: Pick<LocalMoment, 'minuteOfDay' | 'hour'> }>,
  habit: Habit,
  { threshold, sensitivity }: Readonly<{ threshold: number; sensitivity: number }>,
): Verdict {
  const caution = sensitivity * (1 + SMALL_SAMPLE / habit.count);
  const place = placeOf(amount, habit.amount, threshold);
  const isKnown = habit.count >= LEAST_FOR_AMOUNTS && habit.amount.median > 0;
  const zScore = place.distance / place.spread;
  const times = timesOf(local, habit);
  const knowsHours = habit.count >= LEAST_FOR_HOURS && habit.dayCount >= LEAST_DAYS_FOR_HOURS;
  const mostRare = habit.count < MANY ? 0 : Math.max(1, RARE_HOUR_SHARE * habit.count);
  const isRare = knowsHours && times.hourShare * habit.count <= mostRare;
  return {
    zScore,
    medianDistance: habit.amount.median > 0 ? (amount - habit.amount.median) / habit.amount.median : 0,
    ...times,
    says: {
      zScore: isKnown && zScore > Z_LIMIT * caution,
      quartiles: isKnown && place.distance > place.quartileFence * caution,
      median: isKnown && place.distance > place.medianFence * caution,
      hour: isRare,
      farFromHours: isRare && times.minutesToUsual >= FAR_MINUTES * caution,
    },
  };
}

/** How many of the methods call the transaction unusual, 0 to 5. */
export function agreement({ says }: Verdict): number {
  return Object.values(says).filter(Boolean).length;
}

function placeOf(amount: number, habit: AmountHabit, threshold: number): Place {
  const { median, firstQuartile, thirdQuartile } = habit;
  if (amount < median || habit.scale === 'linear') {
    const isLow = amount < median;
    const spread = isLow ? habit.spreadDown : habit.spreadUp;
    const toQuartile = isLow ? median - firstQuartile : thirdQuartile - median;
    return {
      ...{ distance: Math.abs(amount - median), spread },
      quartileFence: toQuartile + QUARTILE_RANGES * (thirdQuartile - firstQuartile),
      medianFence: USUAL_SPREADS * spread + threshold * median,
    };
  }
  const range = Math.log(thirdQuartile / Math.max(1, firstQuartile));
  return {
    ...{ distance: Math.log(amount / median), spread: habit.spreadUp },
    quartileFence: Math.log(thirdQuartile / median) + QUARTILE_RANGES * range,
    medianFence: USUAL_SPREADS * habit.spreadUp + Math.log(1 + threshold),
  };
}

function timesOf(
  { hour, minuteOfDay }: Pick<LocalMoment, 'minuteOfDay' | 'hour'>,
  { byHour, count }: Habit,
): Readonly<{ hourShare: number; minutesToUsual: number }> {
  const at = (index: number): number => byHour[(index + 24) % 24] ?? 0;
  const around = at(hour - 1) + at(hour) + at(hour + 1);
  let minutesToUsual = HALF_DAY_MINUTES;
  for (let usual = 0; usual < 24; usual += 1) {
    if (at(usual) < Math.max(count < MANY ? 1 : 2, count * USUAL_HOUR_SHARE)) continue;
    minutesToUsual = Math.min(minutesToUsual, minutesBetween(minuteOfDay, usual * 60, usual * 60 + 59));
  }
  return { hourShare: around / count, minutesToUsual };
}

/** From a minute of the day to a stretch of it, the shorter way round the clock. */
function minutesBetween(minute: number, from: number, to: number): number {
  if (minute >= from && minute <= to) return 0;
  const circular = (left: number, right: number): number => {
    const apart = Math.abs(left - right);
    return Math.min(apart, DAY_MINUTES - apart);
  };
  return Math.min(circular(minute, from), circular(minute, to));
}
