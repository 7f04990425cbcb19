import { DomainError } from '#libs/kernel';

/** Nobody here has that id. */
export class AgentNotFound extends DomainError {
  readonly kind = 'not-found';
  readonly code = 'agent/not-found';

  constructor(agentId: string, known: readonly string[]) {
    super(`There is no agent ${agentId}. There are: ${known.join(', ')}.`);
  }
}

/** A model gave an answer that cannot be used; it is a failed attempt, never a decision. */
export class UnusableAnswer extends DomainError {
  readonly kind = 'unavailable';
  readonly code = 'agent/unusable-answer';

  constructor(why: string) {
    super(`The model's answer cannot be used: ${why}.`);
  }
}
