import { DomainError } from '#libs/kernel';
import { BusUnavailable } from './errors.ts';

/** Nobody is subscribed to what was asked: the server said so at once. */
export class NobodyListens extends BusUnavailable {
  override readonly code = 'messaging/nobody-listens';

  constructor(subject: string, cause: unknown) {
    super(cause, `Nobody answers ${subject}: no instance that serves it is connected to NATS. Look at its /health.`);
  }
}

/** No answer came in time. What was asked may have been done all the same. */
export class NoAnswerInTime extends BusUnavailable {
  override readonly code = 'messaging/no-answer-in-time';

  constructor(subject: string, timeoutMs: number, cause: unknown) {
    super(
      cause,
      `No answer from ${subject} within ${Math.round(timeoutMs)} ms. Ask again, with more time or for less at once.`,
    );
  }
}

/** A message is larger than the server takes. */
export class MessageTooLarge extends DomainError {
  readonly kind = 'too-large';
  readonly code = 'messaging/message-too-large';
  readonly sizeBytes: number;
  readonly maximumBytes: number;

  constructor(subject: string, sizeBytes: number, maximumBytes: number) {
    super(
      `A message of ${sizeBytes} bytes and its headers to ${subject} is more than the ${maximumBytes} bytes that ` +
        'nats-server takes. ' +
        'Send or ask for less at a time.',
    );
    this.sizeBytes = sizeBytes;
    this.maximumBytes = maximumBytes;
  }
}

/** A caller gave a header that would steer the server. */
export class ReservedHeader extends DomainError {
  readonly kind = 'refused';
  readonly code = 'messaging/reserved-header';

  constructor(name: string) {
    super(
      `The header ${name} steers nats-server and is set by this library alone. Leave it out, or name it otherwise.`,
    );
  }
}
