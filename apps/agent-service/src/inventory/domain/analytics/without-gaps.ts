import { mean } from 'simple-statistics';

const WEEK_DAYS = 7;
/** Longer ones are no shortage but a change. */
const LONGEST_GAP_DAYS = 7;
/** An item that is used on fewer of its weekdays may well be unused on one. */
const USUALLY_USED = 0.75;

/**
 * Daily use with the days filled on which a regularly used item was not used at all, and then was again: most probably there was none
 * in stock, and what customers would have taken is not nothing. Such a day counts as its weekday does otherwise.
 *
 * @param values one per day, oldest first
 */
export function withoutGaps(values: readonly number[]): readonly number[] {
  const usual = Array.from({ length: WEEK_DAYS }, (_, weekday) => {
    const same = values.filter((_value, index) => index % WEEK_DAYS === weekday);
    const used = same.filter((value) => value > 0);
    return used.length > 0 && used.length >= USUALLY_USED * same.length ? mean(used) : 0;
  });
  const filled = [...values];
  let gapFrom: number | undefined;
  for (const [index, value] of values.entries()) {
    if (value === 0) {
      gapFrom ??= index;
      continue;
    }
    const isGap = gapFrom !== undefined && gapFrom > 0 && index - gapFrom <= LONGEST_GAP_DAYS;
    for (let day = isGap ? (gapFrom ?? index) : index; day < index; day += 1) filled[day] = usual[day % WEEK_DAYS] ?? 0;
    gapFrom = undefined;
  }
  return filled;
}
