import type { Queryable } from '#libs/event-store';
import type { Bus } from '../bus.ts';
import type { SlotHolder } from './slot-holder.ts';

export type SlotLeasesOptions = Readonly<{
  database: Queryable;
  /** Brings notices from other instances, so that slots change hands at once; correct without. */
  bus: Bus;
  /** The instances among which the slots are shared: the service's name. */
  group: string;
  /** This instance; never two alive with the same name. */
  owner: string;
  holders: readonly SlotHolder[];
  onFailure: (error: unknown) => void;
  /** @default 6000: another instance takes over at most this long (and a third) after a sudden death */
  ttlMs?: number;
}>;
