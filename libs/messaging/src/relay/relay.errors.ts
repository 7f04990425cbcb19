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
