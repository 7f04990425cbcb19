import type { ErrorKind } from '#libs/kernel';

/** What happens to a message whose handler failed. `retry` is bounded: it ends as a dead letter. */
export type Settlement = 'acknowledge' | 'retry' | 'dead-letter';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** How one kind of failure looks from outside. */
export type ErrorAnswer = Readonly<{ status: number; title: string; settle: Settlement; log: LogLevel }>;

/** What an error is: foreseen, or a defect. */
export type FailureKind = ErrorKind | 'defect';

/**
 * The one place that says how each kind of failure is answered, settled and logged.
 *
 * A defect is retried: most of what nobody foresaw is a driver or a neighbour that fails for a moment, and what is truly
 * broken becomes a dead letter after its last attempt.
 */
export const ERROR_POLICY: Readonly<Record<FailureKind, ErrorAnswer>> = {
  malformed: { status: 400, title: 'The request cannot be read', settle: 'dead-letter', log: 'info' },
  invalid: { status: 422, title: 'The request breaks its schema or a rule', settle: 'dead-letter', log: 'info' },
  unauthenticated: { status: 401, title: 'Nobody knows who asks', settle: 'dead-letter', log: 'info' },
  forbidden: { status: 403, title: 'The caller may not do this', settle: 'dead-letter', log: 'warn' },
  'not-found': { status: 404, title: 'There is no such thing', settle: 'dead-letter', log: 'info' },
  conflict: { status: 409, title: 'The request contradicts what is stored', settle: 'retry', log: 'info' },
  refused: { status: 409, title: 'A rule of the business says no', settle: 'acknowledge', log: 'info' },
  'too-large': { status: 413, title: 'The request is too large', settle: 'dead-letter', log: 'info' },
  'unsupported-format': { status: 415, title: 'The format is not supported', settle: 'dead-letter', log: 'info' },
  'rate-limited': { status: 429, title: 'Too many requests', settle: 'retry', log: 'info' },
  unavailable: { status: 503, title: 'A dependency is not available', settle: 'retry', log: 'error' },
  defect: { status: 500, title: 'The service failed', settle: 'retry', log: 'error' },
};
