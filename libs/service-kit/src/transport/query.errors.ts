import { DomainError, type Violation } from '#libs/kernel';
import { EdgeError } from '../problems/http.errors.ts';

/** Headers of a query on the bus cannot be read. Pointers: `#/header/steward-timeout-ms`. */
export class MalformedHeaders extends DomainError {
  readonly kind = 'malformed';
  readonly code = 'query/malformed-headers';
  override readonly violations: readonly Violation[];

  constructor(violations: readonly Violation[]) {
    super('Headers of the query cannot be read; "errors" names each. Correct them, or leave them out.');
    this.violations = violations;
  }
}

/** Whoever asked has stopped waiting, or will have by the time the answer is there. */
export class QueryTooLate extends EdgeError {
  readonly kind = 'unavailable';
  readonly code = 'query/too-late';
  override readonly status = 504;

  constructor(timeoutMs: number) {
    super(`There is no answer within the ${timeoutMs} ms that were given. Ask again with more time, or for less.`);
  }
}

/** The answer is larger than a message may be. */
export class AnswerTooLarge extends DomainError {
  readonly kind = 'too-large';
  readonly code = 'query/answer-too-large';

  constructor(sizeBytes: number, maximumBytes: number) {
    super(
      `The answer has ${sizeBytes} bytes, and a message on the bus at most ${maximumBytes} with its headers. ` +
        'Ask for a smaller page ("limit"), or over HTTP.',
    );
  }
}
