import { IdempotencyKeyReused, StoreFull, StoreUnavailable } from '#libs/event-store';
import { DomainError, SECOND_MS } from '#libs/kernel';
import { OutOfPlace } from '../errors.ts';

export type RetryPolicy = Readonly<{
  /** How often a defect or a conflict is tried before the message is dead. @default 8 */
  attempts: number;
  /** Before the second attempt; doubles each time. @default 200 */
  firstMs: number;
  /** @default 30,000 */
  longestMs: number;
}>;

export const RETRY_POLICY: RetryPolicy = { attempts: 8, firstMs: 200, longestMs: 30 * SECOND_MS };

/** What becomes of a message whose handler failed. */
export type Fate = Readonly<{ state: 'retrying'; inMs: number } | { state: 'dead' }>;

/**
 * A message that breaks a rule of form or of the business will do so again; what is unavailable comes back one day; a
 * conflict or a defect may have been a matter of the moment. A key that was used with other content stays used.
 *
 * @param attempts how often it was tried by now
 */
export function fateOf(error: unknown, attempts: number, policy: RetryPolicy): Fate {
  if (!isUnavailable(error) && (!isOfTheMoment(error) || attempts >= policy.attempts)) return { state: 'dead' };
  return { state: 'retrying', inMs: Math.min(policy.firstMs * 2 ** (attempts - 1), policy.longestMs) };
}

/** Whether another attempt at once may do: somebody else wrote to the same stream meanwhile. */
export function isConflict(error: unknown): boolean {
  return error instanceof DomainError && isOfTheMoment(error) && !(error instanceof OutOfPlace);
}

function isOfTheMoment(error: unknown): boolean {
  if (!(error instanceof DomainError)) return true;
  // What a key stands for is in the log for good.
  return error.kind === 'conflict' && !(error instanceof IdempotencyKeyReused);
}

const isUnavailable = (error: unknown): boolean => error instanceof DomainError && error.kind === 'unavailable';

/** Our own Postgres cannot store anything: nothing can be parked either, so everything waits where it is. */
export function isStoreAway(error: unknown): boolean {
  return error instanceof StoreUnavailable || error instanceof StoreFull;
}
