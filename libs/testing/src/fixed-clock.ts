import type { Clock } from '#libs/kernel';

/** A clock that stands still until a test moves it. */
export interface FixedClock extends Clock {
  set(time: Date | string): void;
  /** Moves forward, or back with a negative number; returns the new time. */
  advance(ms: number): Date;
}

/**
 * @param start ISO 8601. @default 2026-03-02T09:00:00.000Z, a Monday morning
 * @throws RangeError when a time cannot be read
 */
export function fixedClock(start: Date | string = '2026-03-02T09:00:00.000Z'): FixedClock {
  let nowMs = parse(start);
  return {
    now: () => new Date(nowMs),
    set: (time) => {
      nowMs = parse(time);
    },
    advance: (ms) => {
      nowMs += ms;
      return new Date(nowMs);
    },
  };
}

function parse(time: Date | string): number {
  const ms = new Date(time).getTime();
  if (Number.isNaN(ms)) throw new RangeError(`"${String(time)}" is no time: write it as 2026-03-02T09:00:00.000Z.`);
  return ms;
}
