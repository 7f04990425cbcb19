import { z } from 'zod';
import { money, type Money } from '#libs/kernel';
import { agentSettingsSchema } from './agents.ts';
import { businessSchema } from './business.ts';

/** What the agents of one business go by: who it is, and from where on something calls for a decision. */
export const businessSettingsSchema = z.strictObject({
  business: businessSchema,
  agents: agentSettingsSchema.prefault({}),
});
/** What the agents of one business go by. */
export type BusinessSettings = Readonly<z.output<typeof businessSettingsSchema>>;

/** The settings of a business of which only its name is known. */
export const DEFAULT_BUSINESS_SETTINGS: BusinessSettings = businessSettingsSchema.parse({
  business: { name: 'Business', type: 'restaurant' },
});

/** Money of an amount in whole units of the business's currency: 12.5 is 1250 cents of USD, and 13 yen of JPY. */
export function moneyOfSetting({ business }: BusinessSettings, wholeUnits: number): Money {
  return money(Math.round(wholeUnits * 10 ** minorDigits(business.currency)), business.currency);
}

const digits = new Map<string, number>();

/** Decimal places of a currency's minor unit: 2 for USD, 0 for JPY. */
export function minorDigits(currency: string): number {
  const known = digits.get(currency);
  if (known !== undefined) return known;
  const { maximumFractionDigits = 2 } = new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions();
  digits.set(currency, maximumFractionDigits);
  return maximumFractionDigits;
}
