import { DomainError, type Violation } from '#libs/kernel';
import type { ExpectedVersion } from './event-store.ts';

/** Someone else wrote to the stream first. Load it again, decide again. */
export class WrongExpectedVersion extends DomainError {
  readonly kind = 'conflict';
  readonly code = 'event-store/wrong-expected-version';

  readonly streamId: string;
  readonly expected: ExpectedVersion;
  readonly actual: number;

  constructor(stream: string, expected: ExpectedVersion, actual: number) {
    super(`Stream ${stream} is at version ${actual}, not ${expected}. Read it again, then decide again.`);
    this.streamId = stream;
    this.expected = expected;
    this.actual = actual;
  }
}

/** A known idempotency key came with other content. */
export class IdempotencyKeyReused extends DomainError {
  readonly kind = 'conflict';
  readonly code = 'event-store/idempotency-key-reused';

  readonly key: string;
  readonly firstPosition: number;

  constructor(key: string, firstPosition: number) {
    super(
      `The key "${key.slice(0, 120)}" was used at position ${firstPosition} with other content. ` +
        'Send the same content again, or a new key.',
    );
    this.key = key;
    this.firstPosition = firstPosition;
  }
}

/** An event that Postgres cannot hold as JSON. */
export class UnstorableEvent extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'event-store/unstorable-event';

  override readonly violations: readonly Violation[];

  constructor(pointer: string, detail: string) {
    super(`The event cannot be stored: ${pointer} ${detail}.`);
    this.violations = [{ pointer, detail }];
  }
}

/** More appends wait than may. Nothing of this append was stored. */
export class AppendQueueFull extends DomainError {
  readonly kind = 'unavailable';
  readonly code = 'event-store/append-queue-full';

  constructor(waiting: number) {
    super(`${waiting} appends are waiting for the database already. Try again in a moment.`);
  }
}

/**
 * The database did not answer. Whether a commit under way was applied is unknown:
 * repeat the append with its idempotency key, and the log resolves it.
 */
export class StoreUnavailable extends DomainError {
  readonly kind = 'unavailable';
  readonly code = 'event-store/unavailable';

  constructor(cause: unknown) {
    super('The event store did not answer. Repeat the request with the same idempotency key.', { cause });
  }
}
