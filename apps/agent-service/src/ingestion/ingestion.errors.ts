import { DomainError } from '#libs/kernel';

/** More events in one batch than are taken at once. */
export class BatchTooLarge extends DomainError {
  readonly kind = 'too-large';
  readonly code = 'ingestion/batch-too-large';

  constructor(items: number, maximum: number) {
    super(`The batch has ${items} events; at most ${maximum} are taken at once. Send it in parts.`);
  }
}

/** A batch that is no JSON array. */
export class BatchMalformed extends DomainError {
  readonly kind = 'malformed';
  readonly code = 'ingestion/batch-malformed';

  constructor() {
    super('A body of application/cloudevents-batch+json must be a JSON array of CloudEvents.');
  }
}

/** A message on the bus whose subject and event disagree. */
export class SubjectMismatch extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'ingestion/subject-mismatch';

  constructor(subject: string, detail: string) {
    super(`The message on ${subject} cannot be taken: ${detail}. Publish on business.<tenant>.<type> of the event.`);
  }
}
