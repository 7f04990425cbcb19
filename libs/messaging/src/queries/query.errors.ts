import type { Problem } from '#libs/contracts';
import { DomainError, SECOND_MS, type ErrorKind, type Violation } from '#libs/kernel';

const KIND_OF_STATUS: Readonly<Record<number, ErrorKind>> = {
  400: 'malformed',
  401: 'unauthenticated',
  403: 'forbidden',
  404: 'not-found',
  409: 'conflict',
  413: 'too-large',
  415: 'unsupported-format',
  422: 'invalid',
  429: 'rate-limited',
};

/** The service that was asked refused: its problem document, as an error of the same kind. */
export class QueryRefused extends DomainError {
  /** By the status: 400 malformed, 404 not-found, ...; anything that is not the asker's fault is `unavailable`. */
  readonly kind: ErrorKind;
  /** Of the problem: `read-model/behind`. */
  readonly code: string;
  readonly status: number;
  readonly detail: string;
  /** Under which the service logged it; nothing when the problem names none. */
  readonly requestId: string | undefined;
  readonly traceId: string | undefined;
  override readonly violations: readonly Violation[];
  /** When to ask again, if the service said so. */
  readonly retryAfterMs: number | undefined;

  constructor(subject: string, problem: Problem) {
    super(`${subject} was refused with ${problem.status} ${problem.code}: ${problem.detail}`);
    this.kind = KIND_OF_STATUS[problem.status] ?? 'unavailable';
    this.code = problem.code;
    this.status = problem.status;
    this.detail = problem.detail;
    this.requestId = problem.instance?.replace(/^urn:uuid:/, '');
    this.traceId = problem.traceId;
    this.violations = problem.errors ?? [];
    this.retryAfterMs = problem.retryAfterSeconds === undefined ? undefined : problem.retryAfterSeconds * SECOND_MS;
  }
}

/** The answer is not what the asker's schema says: the two are of versions that do not fit. */
export class AnswerNotUnderstood extends DomainError {
  readonly kind = 'unavailable';
  readonly code = 'query/answer-not-understood';
  override readonly violations: readonly Violation[];

  constructor(subject: string, violations: readonly Violation[]) {
    const [first] = violations;
    super(
      `The answer of ${subject} breaks the schema of the asker in ${violations.length} place(s)` +
        `${first === undefined ? '' : `, first ${first.pointer} ${first.detail}`}. Bring both services to fitting versions.`,
    );
    this.violations = violations;
  }
}
