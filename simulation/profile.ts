import { z } from 'zod';
import { checkedBy, readSettingsFile, type BusinessSettings } from '#libs/business-settings';

const factor = z.number().min(0).max(10);
const major = z.number().nonnegative().max(100_000_000);
const categorySchema = z.string().regex(/^[a-z][a-zA-Z]*$/);

const businessProfileSchema = z.strictObject({
  avgDailyRevenue: z.number().positive().max(100_000_000).describe('On a day whose factors are 1'),
  revenueVariance: z.number().min(0).max(1).describe('Standard deviation of a day, as a share of its mean'),
  avgTicket: z.number().positive().max(1_000_000),
  monthFactors: z.array(factor).length(12).describe('January to December'),
  weekdayFactors: z.array(factor).length(7).describe('Monday to Sunday; 0: closed'),
  openingHour: z.int().min(5).max(20),
  hourFactors: z.array(factor).min(4).max(19).describe('From the opening hour on, one for each hour it is open'),
  dailyExpenses: z
    .record(categorySchema, major)
    .describe('Mean of what is paid at once, by category; each on seven days of ten'),
  monthlyExpenses: z.record(categorySchema, major).describe('Paid on the first of each month, by category'),
  otherIncome: z.record(categorySchema, major).describe('Mean of what comes in beside the till, by category'),
  invoicesPerDay: z.number().min(0).max(5).describe('To other businesses'),
  vendorBillsPerDay: z.number().min(0).max(5).describe('Beside those for goods'),
  laborCostShare: z.number().positive().max(1).describe('Of revenue; the shifts are planned by it'),
  anomalyRate: z.number().min(0).max(0.2).describe('Share of transactions that are recorded wrongly'),
});

/** What the key `simulation` of a settings file may say. Amounts are whole units of the business's currency. */
export const simulationProfileSchema = z.strictObject({
  enabled: z.boolean().default(true),
  mode: z.enum(['historical', 'real_time', 'off']).default('real_time').describe('historical: ends with the history'),
  simulationInterval: z
    .number()
    .positive()
    .max(86_400)
    .default(10)
    .describe('Simulated seconds between two looks for what is due'),
  durationMinutes: z.number().min(0).max(525_600).default(0).describe('Real minutes after the history; 0: for ever'),
  speedMultiplier: z.number().positive().max(1_000_000).default(600).describe('Simulated seconds in a real one'),
  historicalDays: z.int().min(0).max(3_650).default(90),
  businessProfile: businessProfileSchema,
});

/** How a business is simulated. */
export type SimulationProfile = Readonly<z.output<typeof simulationProfileSchema>>;
export type BusinessProfile = SimulationProfile['businessProfile'];

/**
 * Reads `config/<business>.yaml` with its key `simulation`.
 * @throws SettingsInvalid with all that is wrong, by key
 */
export function readBusiness(file: string): Readonly<{ settings: BusinessSettings; profile: SimulationProfile }> {
  const { settings, simulation } = readSettingsFile(file);
  return { settings, profile: checkSimulation(simulation, file) };
}

/** @throws SettingsInvalid whose pointers begin with `simulation` */
export function checkSimulation(simulation: unknown, where: string): SimulationProfile {
  return checkedBy(z.strictObject({ simulation: simulationProfileSchema }), { simulation }, where).simulation;
}
