import { DomainError } from '#libs/kernel';
import type { Violation } from '#libs/kernel';
import { summaryOf } from './violations.ts';

/** Nobody may publish an event of this type here, or nobody knows it. */
export class UnknownEventType extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'event/unknown-type';
  override readonly violations: readonly Violation[];

  constructor(
    readonly type: string,
    readonly nearTypes: readonly string[],
  ) {
    super(
      `No event of type "${type.slice(0, 120)}" is taken from business systems. Known ones near it: ${nearTypes.join(', ')}.`,
    );
    this.violations = [{ pointer: '#/type', detail: `is unknown; near it are ${nearTypes.join(', ')}` }];
  }
}

/** The data of an event breaks the schema of its type; `violations` point below `#/data`. */
export class EventDataInvalid extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'event/data-invalid';

  constructor(
    readonly type: string,
    readonly eventId: string,
    override readonly violations: readonly Violation[],
  ) {
    super(
      `The data of event "${eventId}" is no ${type}: ${summaryOf(violations)}. ` +
        'Correct it and send it again under the same id; nothing of it was stored.',
    );
  }
}
