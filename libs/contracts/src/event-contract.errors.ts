import { DomainError } from '#libs/kernel';
import type { Violation } from '#libs/kernel';
import { summaryOf } from './violations.ts';

/** Business systems may not publish an event of this type. */
export class UnknownEventType extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'event/unknown-type';
  override readonly violations: readonly Violation[];
  readonly type: string;
  /** The types of the area that was meant; all types when the area is unknown too. */
  readonly nearTypes: readonly string[];

  constructor(type: string, nearTypes: readonly string[]) {
    const near = nearTypes.join(', ');
    super(`No event of type "${type.slice(0, 120)}" is taken from business systems. Send one of these: ${near}.`);
    this.type = type;
    this.nearTypes = nearTypes;
    this.violations = [{ pointer: '#/type', detail: `is not taken from business systems; these are: ${near}` }];
  }
}

/** The data of an event breaks the schema of its type; `violations` point below `#/data`. */
export class EventDataInvalid extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'event/data-invalid';
  override readonly violations: readonly Violation[];
  readonly type: string;

  constructor(type: string, eventId: string, violations: readonly Violation[]) {
    super(`The data of event "${eventId}" is no ${type}: ${summaryOf(violations)}. Correct it and send it again.`);
    this.type = type;
    this.violations = violations;
  }
}
