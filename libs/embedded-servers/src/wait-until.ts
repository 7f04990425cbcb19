import { setTimeout as delay } from 'node:timers/promises';

/**
 * Asks again every `everyMs` until the answer is true.
 *
 * @returns false when `deadlineMs` have passed without a true answer
 */
export async function waitUntil(
  condition: () => boolean | Promise<boolean>,
  deadlineMs: number,
  everyMs = 25,
): Promise<boolean> {
  const end = performance.now() + deadlineMs;
  for (;;) {
    if (await condition()) return true;
    if (performance.now() >= end) return false;
    await delay(everyMs);
  }
}
