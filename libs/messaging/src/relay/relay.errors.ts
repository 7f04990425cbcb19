import { DomainError } from '#libs/kernel';

/** A service answered, but not with events of its log. */
export class LogDidNotAnswer extends DomainError {
  readonly kind = 'unavailable';
  readonly code = 'messaging/log-did-not-answer';

  constructor(log: string, stream: string, detail: string) {
    super(`The ${log} service did not tell what it published to ${stream}: ${detail}. It is asked again.`);
  }
}

/** Somebody asked for a stream that the service does not publish to. */
export class StreamNotPublished extends DomainError {
  readonly kind = 'not-found';
  readonly code = 'messaging/stream-not-published';

  constructor(log: string, stream: string) {
    super(`The ${log} service does not publish to ${stream}. Ask the service that owns the stream.`);
  }
}

/** The broker did not take a message, or did not say so in time: the relay begins anew from the broker's tail. */
export class PublishFailed extends DomainError {
  readonly kind = 'unavailable';
  readonly code = 'messaging/publish-failed';

  constructor(stream: string, detail: string) {
    super(`${stream} did not take a message: ${detail}. The relay begins anew from the broker's tail.`);
  }
}

/** The stream is not as the relay left it. */
export class StreamChanged extends DomainError {
  readonly kind = 'conflict';
  readonly code = 'messaging/stream-changed';

  constructor(stream: string, detail: string) {
    super(`${stream} is not as the relay left it: ${detail}. The relay begins anew from the broker's tail.`);
  }
}

/** The broker knows events that the log does not: publishing on would hide new events behind the ids of old ones. */
export class LogBehindStream extends DomainError {
  readonly kind = 'conflict';
  readonly code = 'messaging/log-behind-stream';

  constructor(
    stream: string,
    tail: Readonly<{ epoch: number; position: number }>,
    log: Readonly<{ epoch: number; head: number }>,
  ) {
    super(
      `${stream} ends with position ${tail.position} of epoch ${tail.epoch}, but the log ends at ${log.head} of epoch ${log.epoch}. ` +
        'Nothing is published until a restored database has begun a new epoch (begin_epoch).',
    );
  }
}
