import type { BusinessSettings } from '#libs/business-settings';
import type { Label } from './label.ts';
import type { PlannedScenario } from './plan/scenarios.ts';
import type { SimulatedEvent } from './publication.ts';
import type { SimulationProfile } from './profile.ts';

/** All that a simulated life follows from: the same story gives the same bytes. */
export type Story = Readonly<{
  /** Its name, type, currency and time zone, and the thresholds that tell when something is overdue or too little. */
  settings: BusinessSettings;
  /** The key `simulation` of the same file. */
  profile: SimulationProfile;
  seed: number;
  /** When its life begins. */
  from: Date;
  tenant?: string | undefined;
  /** On the day after so many, something is planted for each agent. @default `profile.historicalDays` */
  historyDays?: number | undefined;
  scenarios?: readonly PlannedScenario[] | undefined;
}>;

/** The life of a business, event by event, without end and in the order of time. It can be iterated once. */
export interface SimulatedBusiness extends Iterable<SimulatedEvent> {
  /** What was planted so far; grows as events are drawn, in the order in which things turned out so. */
  readonly labels: readonly Label[];
  /** Where the history ends and real time goes on, milliseconds since 1970: in the morning of that day. */
  readonly historyEndMs: number;
  /** What is on the shelves after the event that was given last. */
  stockOf(sku: string): number;
  /** Minor units on an account, by what was published. */
  balanceOf(accountId: string): number;
  /** Units that customers wanted so far when there were none. */
  readonly lostUnits: number;
}
