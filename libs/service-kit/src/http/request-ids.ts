import { randomBytes } from 'node:crypto';
import { eventId } from '#libs/kernel';
import type { Clock, EventId, IdSource } from '#libs/kernel';

/** UUIDv7 (RFC 9562): 48 bits of milliseconds since 1970, then 74 random bits. */
export function uuidV7(timeMs: number, random: Uint8Array): EventId {
  const time = timeMs.toString(16).padStart(12, '0');
  const chance = Buffer.from(random).toString('hex').padEnd(20, '0');
  const variant = (0x8 | (Number.parseInt(chance.charAt(3), 16) & 0x3)).toString(16);
  return eventId(
    `${time.slice(0, 8)}-${time.slice(8, 12)}-7${chance.slice(0, 3)}-${variant}${chance.slice(4, 7)}-${chance.slice(7, 19)}`,
  );
}

/** The clock of the machine. */
export const systemClock: Clock = { now: () => new Date() };

/** Ids from the machine's clock and randomness. */
export const systemIds: IdSource = { next: () => uuidV7(Date.now(), randomBytes(10)) };
