import { join } from 'node:path';
import type { CloudEvent } from '#libs/contracts';
import type { BusinessSettings } from '#libs/business-settings';
import type { Label } from '../../simulation/label.ts';
import { readBusiness } from '../../simulation/profile.ts';
import { simulateBusiness } from '../../simulation/simulate-business.ts';
import type { SimulatedBusiness } from '../../simulation/story.ts';
import type { BusinessName } from './options.ts';

/** Some days of a simulated business: what it publishes, and what it keeps to itself. */
export type ToldStory = Readonly<{
  name: BusinessName;
  settings: BusinessSettings;
  days: number;
  endMs: number;
  events: readonly CloudEvent[];
  labels: readonly Label[];
}>;

const ROOT = join(import.meta.dirname, '..', '..');
/** Midnight of a Monday in New York, long past on any clock; summer time begins in its first week. */
const FROM = new Date('2025-03-03T05:00:00Z');

/** A simulated life that goes on without end; the agents should know its history before {@link endMs}. */
export type Life = Readonly<{ settings: BusinessSettings; business: SimulatedBusiness; endMs: number }>;

type Wanted = Readonly<{ days: number; seed: number }>;

/** The life that belongs to a seed; its tenant has the name of the business. */
export function lifeOf(name: BusinessName, { days, seed }: Wanted): Life {
  const { settings, profile } = readBusiness(join(ROOT, 'config', `${name}.yaml`));
  const business = simulateBusiness({ settings, profile, seed, from: FROM, tenant: name, historyDays: days });
  return { settings, business, endMs: business.historyEndMs };
}

/** Tells the first days of a life. */
export function tellStory(name: BusinessName, wanted: Wanted): ToldStory {
  const { settings, business, endMs } = lifeOf(name, wanted);
  const events: CloudEvent[] = [];
  for (const { atMs, event } of business) {
    if (atMs >= endMs) break;
    events.push(event);
  }
  const labels = business.labels.filter(({ at }) => Date.parse(at) < endMs);
  return { name, settings, days: wanted.days, endMs, events, labels };
}
