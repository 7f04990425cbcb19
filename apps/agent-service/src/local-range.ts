import { daysBetween, plusDays, type LocalDate } from '#libs/kernel';
import { MAXIMUM_RANGE_DAYS, RANGE_ERROR } from '#libs/contracts';
import { RequestInvalid } from '#libs/service-kit';

/** Both days belong to it. */
export type LocalRange = Readonly<{ from: LocalDate; to: LocalDate }>;

type Wanted = Readonly<{ from?: LocalDate | undefined; to?: LocalDate | undefined }>;

/**
 * The days that a query is about: the latest `days` up to today where it does not say.
 * @throws RequestInvalid when no more than 400 days cannot hold them, or they end before they begin
 */
export function rangeOf(wanted: Wanted, today: LocalDate, days: number): LocalRange {
  const to = wanted.to ?? today;
  const from = wanted.from ?? plusDays(to, 1 - days);
  const length = daysBetween(from, to) + 1;
  if (length < 1 || length > MAXIMUM_RANGE_DAYS) {
    throw new RequestInvalid([{ pointer: '#/query/to', detail: RANGE_ERROR.error }]);
  }
  return { from, to };
}

/** Each day of a range, first to last. */
export function daysOf({ from, to }: LocalRange): readonly LocalDate[] {
  return Array.from({ length: daysBetween(from, to) + 1 }, (_, index) => plusDays(from, index));
}
