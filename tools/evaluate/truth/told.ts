import type { LoggedFact } from '#libs/agent-kit';
import type { BusinessSettings } from '#libs/business-settings';
import type { TimeZone } from '#libs/kernel';

/** All that happened to a business, in the order of time, and by what it lives. Truth is folded from it without the agents' own code. */
export type Told = Readonly<{
  facts: readonly LoggedFact[];
  settings: BusinessSettings;
  zone: TimeZone;
}>;

/** `VEG001` of `item:VEG001`; what follows the first colon. */
export function idOf(subjectRef: string): string {
  return subjectRef.slice(subjectRef.indexOf(':') + 1);
}
