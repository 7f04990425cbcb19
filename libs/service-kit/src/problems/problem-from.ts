import type { DomainError } from '#libs/kernel';
import type { Problem } from '#libs/contracts';
import { foreseen } from './classify-error.ts';
import { ERROR_POLICY } from './error-policy.ts';
import type { FailureKind, LogLevel } from './error-policy.ts';
import { EdgeError } from './http.errors.ts';

/** What a problem says about the request it answers. */
export type ProblemContext = Readonly<{ requestId: string; correlationId: string; traceId: string }>;

/** An error as it is answered and logged. */
export type ProblemAnswer = Readonly<{
  kind: FailureKind;
  problem: Problem;
  /** Lower-case names. */
  headers: Readonly<Record<string, string>>;
  log: LogLevel;
}>;

/** How long a client should wait when nobody knows better. */
const DEFAULT_RETRY_AFTER_SECONDS = 5;

/**
 * The one translation from anything thrown to RFC 9457.
 *
 * Foreseen errors speak for themselves. A defect says only that there is one and the trace to ask for: no message, name or
 * stack leaves the process. 401 has WWW-Authenticate; 429 and 503 have Retry-After, from `retryAfterMs` of the error if it
 * has one, else 5 s.
 */
export function problemFrom(error: unknown, context: ProblemContext): ProblemAnswer {
  const known = foreseen(error);
  if (!known) return answer('defect', { ...defectOf(context) }, context);
  const edge = known instanceof EdgeError ? known : undefined;
  const violations = known.violations.length > 0 ? { errors: [...known.violations] } : {};
  return answer(
    known.kind,
    {
      code: known.code,
      detail: known.message,
      status: edge?.status,
      headers: edge?.headers ?? {},
      violations,
      retryAfter: retryAfterOf(known),
    },
    context,
  );
}

type Facts = Readonly<{
  code: string;
  detail: string;
  status: number | undefined;
  headers: Readonly<Record<string, string>>;
  violations: Pick<Problem, 'errors'>;
  retryAfter: number | undefined;
}>;

function defectOf({ traceId }: ProblemContext): Facts {
  return {
    code: 'service/defect',
    detail: `The service failed in a way nobody foresaw. Report trace ${traceId}; it was recorded.`,
    status: undefined,
    headers: {},
    violations: {},
    retryAfter: undefined,
  };
}

function answer(kind: FailureKind, facts: Facts, context: ProblemContext): ProblemAnswer {
  const policy = ERROR_POLICY[kind];
  const status = facts.status ?? policy.status;
  const waits = status === 429 || status === 503;
  const retryAfter = waits ? (facts.retryAfter ?? DEFAULT_RETRY_AFTER_SECONDS) : undefined;
  return {
    kind,
    log: policy.log,
    headers: {
      ...(status === 401 ? { 'www-authenticate': 'Bearer realm="steward"' } : {}),
      ...(retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }),
      ...facts.headers,
    },
    problem: {
      type: `urn:steward:problem:${facts.code}`,
      title: policy.title,
      status,
      detail: facts.detail,
      instance: `urn:uuid:${context.requestId}`,
      code: facts.code,
      traceId: context.traceId,
      correlationId: context.correlationId,
      ...facts.violations,
      ...(retryAfter === undefined ? {} : { retryAfterSeconds: retryAfter }),
    },
  };
}

function retryAfterOf(error: DomainError): number | undefined {
  if (error instanceof EdgeError && error.headers['retry-after']) return Number(error.headers['retry-after']);
  if ('retryAfterMs' in error && typeof error.retryAfterMs === 'number') {
    return Math.max(1, Math.ceil(error.retryAfterMs / 1_000));
  }
  return undefined;
}
