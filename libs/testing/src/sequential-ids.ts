import { eventId } from '#libs/kernel';
import type { EventId, IdSource } from '#libs/kernel';

/** Ids that a test knows beforehand. */
export interface SequentialIds extends IdSource {
  /** The nth id that `next()` gives, counted from 1, without giving it. */
  nth(n: number): EventId;
}

/** 2026-03-02T09:00:00.000Z, so that the ids fit `fixedClock`'s default. */
const EPOCH_MS = Date.UTC(2026, 2, 2, 9);
const LARGEST = 0xffffffffffff;

/**
 * UUIDv7s that differ in their counter alone and sort in the order given: `019ca...-0000-7000-8000-000000000001`, ...
 *
 * @param series keeps two sources in one test apart, 0 to 4095. @default 0
 */
export function sequentialIds(series = 0): SequentialIds {
  if (!Number.isInteger(series) || series < 0 || series > 0xfff) {
    throw new RangeError(`Series ${series} is outside 0 to 4095.`);
  }
  let given = 0;
  const nth = (n: number): EventId => {
    if (!Number.isInteger(n) || n < 1 || n > LARGEST) throw new RangeError(`There is no id number ${n}.`);
    const time = EPOCH_MS.toString(16).padStart(12, '0');
    const counter = n.toString(16).padStart(12, '0');
    return eventId(`${time.slice(0, 8)}-${time.slice(8)}-7${series.toString(16).padStart(3, '0')}-8000-${counter}`);
  };
  return { nth, next: () => nth((given += 1)) };
}
