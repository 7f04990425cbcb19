import { DomainError } from '#libs/kernel';

/** Nobody here has that id. */
export class AgentNotFound extends DomainError {
  readonly kind = 'not-found';
  readonly code = 'agent/not-found';

  constructor(agentId: string, known: readonly string[]) {
    super(`There is no agent ${agentId}. There are: ${known.join(', ')}.`);
  }
}
