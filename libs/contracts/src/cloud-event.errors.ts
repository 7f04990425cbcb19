import { DomainError } from '#libs/kernel';
import type { Violation } from '#libs/kernel';
import { summaryOf } from './violations.ts';

/** What came is no CloudEvents 1.0 event with JSON data; `violations` point at each trouble. */
export class InvalidCloudEvent extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'cloud-event/invalid';
  override readonly violations: readonly Violation[];

  constructor(violations: readonly Violation[]) {
    super(`This is no valid CloudEvents 1.0 event: ${summaryOf(violations)}. Correct it and send it again.`);
    this.violations = violations;
  }
}
