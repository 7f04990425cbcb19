import type { Metrics } from '#libs/observability';

/** What the edge needs of a logger; that of `createLogger` fits. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  fatal(fields: object, message: string): void;
}

/** Where the edge counts requests, by route template; those of `createMetrics` fit. */
export type RequestMetrics = Pick<Metrics, 'apiRequests' | 'apiRequestDuration'>;

/** Where defects go besides the log. Must not throw. */
export interface ErrorReporter {
  report(error: unknown, component: string): void;
}
