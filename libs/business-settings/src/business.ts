import { z } from 'zod';
import { timeZone, UnknownTimeZone } from '#libs/kernel';
import { currencySchema, nameSchema, textSchema } from '#libs/contracts';

function isTimeZone(name: string): boolean {
  try {
    timeZone(name);
    return true;
  } catch (error) {
    if (error instanceof UnknownTimeZone) return false;
    throw error;
  }
}

/** Who the business is, and where and when it lives. */
export const businessSchema = z.strictObject({
  name: nameSchema,
  type: z.enum(['restaurant', 'retail']),
  description: textSchema(500).optional(),
  currency: currencySchema.default('USD').describe('Of every amount in these settings'),
  timeZone: z
    .string()
    .refine(isTimeZone, { error: 'must be a name of the IANA list, such as Europe/London' })
    .default('UTC')
    .describe('Of its days, hours and weekdays'),
  clock: z
    .enum(['real', 'simulated'])
    .default('real')
    .describe(
      'real: an event that says it happened after it was recorded counts as recorded. simulated: time may run ahead',
    ),
});
