/** What the edge needs of a logger; pino fits as it is. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  fatal(fields: object, message: string): void;
}

/** One answered request, with labels whose number of values is bounded. */
export type AnsweredRequest = Readonly<{
  method: string;
  /** Route template (`/v1/agents/:agentId`), or `unmatched`; never the raw URL. */
  endpoint: string;
  status: number;
  durationSeconds: number;
}>;

/** Where the edge counts: `api_requests_total` and `api_request_duration_seconds`. Must not throw. */
export interface RequestMetrics {
  requestAnswered(request: AnsweredRequest): void;
}

/** Where defects go besides the log (Sentry). Must not throw. */
export interface ErrorReporter {
  report(error: unknown, fields: object): void;
}

/** The trace that is being recorded right now, if a tracer runs. */
export interface TraceSource {
  /** 32 lower-case hex digits, or undefined outside of any span. */
  currentTraceId(): string | undefined;
}
