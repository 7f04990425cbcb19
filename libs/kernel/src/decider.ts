import type { Command, DomainEvent } from './message.ts';

/**
 * The business rules of one kind of stream, as pure functions (Chassaing's Decider).
 *
 * `decide` may look only at its arguments: no clock, no randomness, no I/O. The same history
 * and command therefore give the same events on every replay.
 */
export interface Decider<State, C extends Command, E extends DomainEvent> {
  readonly initialState: State;

  /** @throws DomainError when the rules refuse the command. */
  decide(command: C, state: State): readonly E[];

  /** Never throws: an event is already history. */
  evolve(state: State, event: E): State;
}

/** Folds a stream's events, oldest first, into its current state. */
export function replay<State, C extends Command, E extends DomainEvent>(
  decider: Decider<State, C, E>,
  events: Iterable<E>,
): State {
  let state = decider.initialState;
  for (const event of events) state = decider.evolve(state, event);
  return state;
}

/** Makes a missing case a compile error, and a loud failure should data from outside reach it. */
export function assertNever(value: never): never {
  throw new Error(`Unexpected value: ${JSON.stringify(value)}`);
}
