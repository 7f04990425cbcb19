import type { MigrationClass } from '#libs/event-store';
import { BusTables2026112200002 } from './bus-tables.ts';
import { RelayFence2026112300007 } from './relay-fence.ts';
import { SlotInbox2026112300005 } from './slot-inbox.ts';

/** All migrations of the bus, in their order; every service has them. */
export const BUS_MIGRATIONS: readonly MigrationClass[] = [
  BusTables2026112200002,
  SlotInbox2026112300005,
  RelayFence2026112300007,
];
