import { z } from 'zod';
import { localDateSchema, logPositionSchema } from '../values.ts';
import type { Page } from './page.ts';

/** Up to where in a log an answer shows everything; it may show some of what came after. */
export const standsAtSchema = z.object({ log: z.literal('agent'), position: logPositionSchema });
/** Up to where in a log an answer shows everything. */
export type StandsAt = Readonly<z.output<typeof standsAtSchema>>;

/** A page, and what its schema says besides the items. */
export type StandingPage<Item, Whole> = Page<Item> & Readonly<Omit<Whole, keyof Page<Item>>>;

/** Days that a range may have. */
export const MAXIMUM_RANGE_DAYS = 400;

const DAY_MS = 86_400_000;

/** Both days belong to a range; without them it is a range that ends today. */
export const rangeShape = {
  from: localDateSchema.optional().describe('First day, by the calendar of the business'),
  to: localDateSchema.optional().describe('Last day; today when absent'),
};

type Range = Readonly<{ from?: string | undefined; to?: string | undefined }>;

/** Whether a range is one that can be answered: for `refine`, with {@link RANGE_ERROR}. */
export function isRange({ from, to }: Range): boolean {
  if (from === undefined || to === undefined) return true;
  const days = (Date.parse(to) - Date.parse(from)) / DAY_MS;
  return days >= 0 && days < MAXIMUM_RANGE_DAYS;
}

export const RANGE_ERROR = {
  path: ['to'],
  error: `must not be before "from", nor more than ${MAXIMUM_RANGE_DAYS} days after it`,
};
