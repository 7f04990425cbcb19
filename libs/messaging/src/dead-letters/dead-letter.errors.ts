import { DomainError } from '#libs/kernel';
import type { DeadLetterState } from './dead-letter-item.ts';

/** No message with this id is put aside here, or none of this tenant. */
export class DeadLetterNotFound extends DomainError {
  readonly kind = 'not-found';
  readonly code = 'dead-letter/not-found';

  constructor(id: number) {
    super(
      `There is no dead letter ${id} in this service. One that was handled in the meantime is gone; GET /v1/dead-letters lists the others.`,
    );
  }
}

const WHAT_TO_DO: Readonly<Record<DeadLetterState, string>> = {
  retrying: 'It is tried again by itself.',
  waiting: 'It comes after the one that it waits for ("behind"): decide on that one.',
  dead: 'It changed in this moment: send the request again.',
  discarded: 'It was given up for good; "settled" says by whom and why.',
};

/** Only of a dead message somebody has to decide what becomes of it. */
export class DeadLetterNotDead extends DomainError {
  readonly kind = 'refused';
  readonly code = 'dead-letter/not-dead';

  constructor(id: number, state: DeadLetterState) {
    super(`Dead letter ${id} is ${state}, not dead. ${WHAT_TO_DO[state]}`);
  }
}
