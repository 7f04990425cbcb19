/**
 * Why a request did not succeed. The kind alone decides how every transport answers
 * (HTTP status, acknowledge or retry, log level); the one mapping is `error-policy.ts` in service-kit.
 */
export type ErrorKind =
  | 'malformed' // it cannot be parsed at all
  | 'invalid' // it parses, and breaks its schema or a rule on its form
  | 'unauthenticated' // nobody knows who asks
  | 'forbidden' // whoever asks may not
  | 'not-found' // what it names does not exist
  | 'conflict' // it contradicts what is stored, or someone else wrote first
  | 'refused' // a business rule says no
  | 'too-large'
  | 'unsupported-format'
  | 'rate-limited'
  | 'unavailable'; // a dependency is down; the same request may succeed later

/** One thing that is wrong with a document; `pointer` is an RFC 6901 JSON pointer into it, `#/data/quantity`. */
export type Violation = Readonly<{ pointer: string; detail: string }>;

/** A failure that the system foresees. Anything else that is thrown is a defect. */
export abstract class DomainError extends Error {
  abstract readonly kind: ErrorKind;

  /** Stable slug for clients and dashboards, e.g. `backup/already-running`. */
  abstract readonly code: string;

  /** What is wrong with the document that was sent, when that is the trouble. */
  readonly violations: readonly Violation[] = [];

  override get name(): string {
    return this.constructor.name;
  }
}
