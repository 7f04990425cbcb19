import { DomainError } from '#libs/kernel';

/** A model gave an answer that cannot be used; it is a failed attempt, never a decision. */
export class UnusableAnswer extends DomainError {
  readonly kind = 'unavailable';
  readonly code = 'agent/unusable-answer';

  constructor(why: string) {
    super(`The model's answer cannot be used: ${why}.`);
  }
}
