import assert from 'node:assert/strict';
import { replay } from '#libs/kernel';
import type { Command, Decider, DomainError, DomainEvent } from '#libs/kernel';
import { freezeDeeply } from './freeze-deeply.ts';

type ErrorClass = abstract new (...args: never[]) => DomainError;

/** What the decider has to have done. Each check throws an AssertionError with a diff when it did something else. */
export interface Outcome<E extends DomainEvent> {
  /** Exactly these events, in this order. */
  then(...events: E[]): void;
  /** It refused with this class of error; returned, for more checks on it. */
  thenRefused<Refusal extends ErrorClass>(refusal: Refusal): InstanceType<Refusal>;
  /** It agreed, and nothing had to happen. */
  thenNothing(): void;
}

/**
 * A spec of business rules: `given(decider, ...history).when(command).then(...events)`.
 *
 * The decider runs twice on deeply frozen input: one that is not a pure function fails here whatever it returns.
 * An `Outcome` has a method named `then` and is therefore not to be awaited.
 */
export function given<State, C extends Command, E extends DomainEvent>(
  decider: Decider<State, C, E>,
  ...history: E[]
): { when(command: C): Outcome<E> } {
  return {
    when: (command) => {
      freezeDeeply(command);
      history.forEach(freezeDeeply);
      const first = run(decider, history, command);
      const second = run(decider, history, command);
      assert.deepEqual(second, first, 'The decider answered the same command on the same history in two ways.');
      return outcomeOf(first);
    },
  };
}

type Answer<E> = { events: readonly E[] } | { error: unknown };

function run<State, C extends Command, E extends DomainEvent>(
  decider: Decider<State, C, E>,
  history: readonly E[],
  command: C,
): Answer<E> {
  const state = replay(decider, history);
  freezeDeeply(state);
  try {
    return { events: decider.decide(command, state) };
  } catch (error) {
    return { error };
  }
}

function outcomeOf<E extends DomainEvent>(answer: Answer<E>): Outcome<E> {
  const eventsOrThrow = (): readonly E[] => {
    if ('error' in answer) throw answer.error;
    return answer.events;
  };
  return {
    then: (...events) => {
      assert.deepEqual(eventsOrThrow(), events);
    },
    thenNothing: () => {
      assert.deepEqual(eventsOrThrow(), []);
    },
    thenRefused: (refusal) => {
      if ('events' in answer) {
        return assert.fail(`It was to be refused with ${refusal.name}, and gave ${JSON.stringify(answer.events)}`);
      }
      if (!isInstance(answer.error, refusal)) throw answer.error;
      return answer.error;
    },
  };
}

function isInstance<Kind extends ErrorClass>(value: unknown, kind: Kind): value is InstanceType<Kind> {
  return value instanceof kind;
}
