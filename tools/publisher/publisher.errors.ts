import { DomainError } from '#libs/kernel';

/** The API answered, and said no to the whole request; sending it again would not help. */
export class PublishRefused extends DomainError {
  readonly kind = 'refused';
  readonly code = 'publisher/refused';

  readonly status: number;

  constructor(url: string, status: number, detail: string) {
    super(`${url} answered ${status}: ${detail.slice(0, 500)} ${ADVICE.get(status) ?? 'Correct that and run again.'}`);
    this.status = status;
  }
}

const ADVICE: ReadonlyMap<number, string> = new Map([
  [401, 'Give an API key by --api-key or STEWARD_API_KEY.'],
  [403, 'Use a key that may publish for this tenant, or name its tenant by --tenant.'],
  [404, 'Check --url: it must be the address of an agent-service.'],
]);

/** The API could not be reached for longer than the caller is willing to wait. */
export class PublisherUnavailable extends DomainError {
  readonly kind = 'unavailable';
  readonly code = 'publisher/unavailable';

  constructor(url: string, reason: string, waitedMs: number) {
    super(
      `${url} could not be used for ${Math.round(waitedMs / 1000)} s (${reason}). ` +
        'Start the agent-service or correct --url; then run again, nothing is sent twice.',
    );
  }
}

/** Whoever published wants to stop; what was not confirmed may be sent again. */
export class PublishStopped extends DomainError {
  readonly kind = 'unavailable';
  readonly code = 'publisher/stopped';

  constructor() {
    super('Publishing was stopped before the API confirmed everything. Send the same events again to go on.');
  }
}

/** A success that does not say what became of each event. */
export class UnreadableAnswer extends DomainError {
  readonly kind = 'malformed';
  readonly code = 'publisher/unreadable-answer';

  constructor(url: string, status: number, trouble: string) {
    super(`${url} answered ${status} without a readable result (${trouble}). Check that it is an agent-service.`);
  }
}

/** The address, tenant or key cannot be used; the message names the option. */
export class WrongConnection extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'publisher/wrong-connection';
}
