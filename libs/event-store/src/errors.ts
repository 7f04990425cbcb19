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

/** More appends, or more bytes of them, wait than may. Nothing of this append was stored. */
export class AppendQueueFull extends DomainError {
  readonly kind = 'unavailable';
  readonly code = 'event-store/append-queue-full';

  constructor(waiting: number, bytes: number) {
    super(`${waiting} appends (${bytes} bytes) are waiting for the database already. Try again in a moment.`);
  }
}

/** Whether work may have been done although no answer came. */
export type Applied = 'no' | 'unknown';

/**
 * The database did not answer, or said that it cannot work now. `applied: 'no'`: nothing was done, so the same call
 * may be made again. `'unknown'`: a commit under way may have been applied; repeat the append with its idempotency
 * key, and the log resolves it.
 */
export class StoreUnavailable extends DomainError {
  readonly kind = 'unavailable';
  readonly code = 'event-store/unavailable';
  readonly applied: Applied;

  constructor(cause: unknown, applied: Applied = 'unknown') {
    super('The event store did not answer. Repeat the request with the same idempotency key.', { cause });
    this.applied = applied;
  }
}

/** The database's disk is full. Nothing of this work was stored; reading goes on. */
export class StoreFull extends DomainError {
  readonly kind = 'unavailable';
  readonly code = 'event-store/disk-full';

  constructor(cause: unknown) {
    super("The event store's disk is full. Nothing was stored: free space or extend the volume, then try again.", {
      cause,
    });
  }
}

/** A caller's transaction cannot take an append: it would not see what others committed before it got the lane. */
export class WrongIsolation extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'event-store/wrong-isolation';

  constructor(isolation: string) {
    super(`Events cannot be appended in a transaction of isolation "${isolation}". Use "read committed".`);
  }
}
