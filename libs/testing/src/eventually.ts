import { setTimeout as delay } from 'node:timers/promises';

export type EventuallyOptions = Readonly<{
  /** @default 5000 */
  withinMs?: number;
  /** Pause between two tries. @default 20 */
  everyMs?: number;
}>;

/**
 * Tries until the assertion passes, and returns what it returned. An assertion passes when it neither throws nor
 * returns `false`. It is tried at least once.
 *
 * @throws Error after `withinMs`, with the last failure as its cause and in its message; also when a try never settles
 */
export async function eventually<Result>(
  assertion: () => Result | Promise<Result>,
  { withinMs = 5_000, everyMs = 20 }: EventuallyOptions = {},
): Promise<Result> {
  const deadline = performance.now() + withinMs;
  let tries = 0;
  let lastFailure: unknown = new Error('The first try has not settled.');
  for (;;) {
    tries += 1;
    try {
      return await settleWithin(assertion, deadline - performance.now());
    } catch (failure) {
      if (!(failure instanceof NotSettled)) lastFailure = failure;
    }
    if (performance.now() + everyMs >= deadline) break;
    await delay(everyMs);
  }
  throw new Error(`Not so within ${withinMs} ms, in ${tries} tries. Last: ${messageOf(lastFailure)}`, {
    cause: lastFailure,
  });
}

class NotSettled extends Error {}

async function settleWithin<Result>(assertion: () => Result | Promise<Result>, ms: number): Promise<Result> {
  const stop = new AbortController();
  try {
    const result = await Promise.race([
      assertion(),
      delay(Math.max(ms, 0), undefined, { signal: stop.signal }).then(() => {
        throw new NotSettled();
      }),
    ]);
    if (result === false) throw new Error('it returned false');
    return result;
  } finally {
    stop.abort();
  }
}

function messageOf(failure: unknown): string {
  return failure instanceof Error ? failure.message : String(failure);
}
