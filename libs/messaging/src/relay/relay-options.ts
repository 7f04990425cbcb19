import type { Database, EventStore, Position } from '#libs/event-store';
import type { Bus } from '../bus.ts';
import type { Outlet } from './publication.ts';

export type RelayOptions = Readonly<{
  /** Name of the log and of the service that owns it: `agent`. */
  log: string;
  /** This instance, for the lease. */
  owner: string;
  bus: Bus;
  database: Database;
  store: EventStore;
  outlet: Outlet;
  /** Makes the stream when it is missing. @default that is a failure, until somebody else makes it */
  ensureStream?: () => Promise<unknown>;
  /** @default 1000: the safety net for wake-ups that got lost */
  pollMs?: number;
  /** How often an idle relay looks whether the stream is as it left it. @default 5000 */
  watchMs?: number;
  /** Messages on their way at a time. @default 256 */
  windowSize?: number;
  /** How long the broker may say nothing to a message. @default 2000 */
  publishTimeoutMs?: number;
  onFailure: (error: unknown) => void;
  /** Told how many events of the log wait to be published: 0 when idle, else now and then. */
  onLag?: (events: number) => void;
  /** Told when the broker had lost messages, and they are being put back. */
  onRefill?: (from: Position) => void;
}>;
