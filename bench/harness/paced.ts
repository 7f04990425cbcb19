import { setTimeout as delay } from 'node:timers/promises';

/**
 * Calls at a rate, whether earlier calls have finished or not, evenly within what a timer of 1 ms allows.
 * @returns how many calls were made, when all of them have finished
 */
export async function atRate(
  perSecond: number,
  seconds: number,
  call: (number: number) => Promise<unknown>,
): Promise<number> {
  const total = Math.max(1, Math.round(perSecond * seconds));
  const underWay: Promise<unknown>[] = [];
  const startedAt = performance.now();
  while (underWay.length < total) {
    const due = Math.min(total, 1 + Math.floor(((performance.now() - startedAt) / 1_000) * perSecond));
    while (underWay.length < due) underWay.push(call(underWay.length));
    await delay(1);
  }
  await Promise.all(underWay);
  return total;
}

/** Waits until a condition holds. @throws after `withinMs`, with what was waited for */
export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  { everyMs = 10, withinMs = 120_000 }: Readonly<{ everyMs?: number; withinMs?: number }> = {},
): Promise<void> {
  const endsAt = performance.now() + withinMs;
  while (!(await holds())) {
    if (performance.now() > endsAt) throw new Error(`${what}: not within ${withinMs / 1_000} s.`);
    await delay(everyMs);
  }
}
