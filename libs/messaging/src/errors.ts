import { DomainError } from '#libs/kernel';

/** NATS or JetStream did not answer. */
export class BusUnavailable extends DomainError {
  readonly kind = 'unavailable';
  readonly code: string = 'messaging/unavailable';

  /** @param message default: that NATS did not answer, and why */
  constructor(cause: unknown, message?: string) {
    super(message ?? `NATS did not answer: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

/** A message that is no event at all; it can never be handled. */
export class MalformedMessage extends DomainError {
  readonly kind = 'malformed';
  readonly code = 'messaging/malformed-message';

  constructor(detail: string) {
    super(`The message is no event of this system: ${detail}.`);
  }
}

/** Another instance works on the slot, or its inbox is elsewhere: what was done is undone, and the slot is opened anew. */
export class OutOfPlace extends DomainError {
  readonly kind = 'conflict';
  readonly code = 'messaging/out-of-place';

  constructor(consumer: string, slot: number) {
    super(
      `Slot ${slot} of consumer ${consumer} is not where this instance left it. What it did was undone; nothing needs to be done.`,
    );
  }
}

const RESTORED = 'Was a backup restored without beginning an epoch? See docs/runbooks/consumer-behind.md.';

/** A log that was followed ends before what was applied of it. */
export class LogEndsBefore extends DomainError {
  readonly kind = 'conflict';
  readonly code = 'messaging/log-ends-before';

  constructor(applied: number, head: number, epoch: number) {
    super(`The log ends at ${head} of life ${epoch}, but ${applied} of that life was applied. ${RESTORED}`);
  }
}

/** A log answers from an earlier life of its store than was seen before. */
export class LogOfOlderEpoch extends DomainError {
  readonly kind = 'conflict';
  readonly code = 'messaging/log-of-older-epoch';

  constructor(seen: number, answered: number) {
    super(`The log answers from life ${answered} of its store, but life ${seen} was seen. ${RESTORED}`);
  }
}
