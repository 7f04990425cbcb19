import { AsyncLocalStorage } from 'node:async_hooks';
import type { CorrelationId, TenantId } from '#libs/kernel';

/** What ties a piece of work to its cause and its business; every line of log within it carries correlation and tenant. */
export type Correlation = Readonly<{
  correlationId: CorrelationId;
  tenant?: TenantId | undefined;
  /** Id of the event or message that this work is about; what it appends and sends names it as its cause. */
  causationId?: string | undefined;
}>;

const storage = new AsyncLocalStorage<Correlation>();

/** Runs `fn`, and whatever it starts, under the correlation; an inner call replaces the outer one while it lasts. */
export function runWithCorrelation<Result>(correlation: Correlation, fn: () => Result): Result {
  return storage.run(correlation, fn);
}

/** The correlation of the work that calls, or nothing outside of any. */
export function currentCorrelation(): Correlation | undefined {
  return storage.getStore();
}
