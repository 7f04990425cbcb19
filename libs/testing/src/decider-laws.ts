import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  DomainError,
  replay,
  type Command,
  type Decider,
  type DomainEvent,
  type StreamId,
  type TenantId,
} from '#libs/kernel';
import type { EventCodec, EventMetadata, NewEvent, Position, RecordedEvent } from '#libs/event-store';
import { freezeDeeply } from './freeze-deeply.ts';

export type DeciderLaws<State, C extends Command, E extends DomainEvent> = Readonly<{
  decider: Decider<State, C, E>;
  codec: EventCodec<E>;
  /** Of few ids and many kinds, so that they meet each other's events. */
  commands: fc.Arbitrary<C>;
  /** Commands that say something new however often they come. Default: none. */
  repeatable?: (command: C) => boolean;
  /** How often a command may come until it has nothing more to say. @default 1 */
  saysAtMost?: number;
  /** Reads states from JSON, when the decider has snapshots. */
  states?: Readonly<{ parse(value: unknown): State }>;
  /** What turns a value into the text that the log keeps. */
  canonicalJson: (value: unknown) => string;
}>;

/**
 * Puts random commands to a decider, one after another on one stream, and throws with the shortest sequence that breaks a law:
 *
 * - it answers with events or a `DomainError`, the same ones each time, and changes nothing that it is given
 * - what it decided can be folded, and a replay of the history gives the same state
 * - a command that comes again and again has soon nothing more to say, or is refused
 * - each event comes back from the log's text as it was, and so does each state from a snapshot's
 *
 * @returns the log's types of all events that were decided: compare them with the codec's, lest a law held for want of events
 */
export function checkDeciderLaws<State, C extends Command, E extends DomainEvent>(
  laws: DeciderLaws<State, C, E>,
): ReadonlySet<string> {
  const seen = new Set<string>();
  fc.assert(
    fc.property(fc.array(laws.commands, { minLength: 1, maxLength: 40, size: 'max' }), (commands) => {
      const history: E[] = [];
      let state = laws.decider.initialState;
      for (const command of commands) {
        const events = decided(laws, command, state);
        for (const event of events) seen.add(checkCodec(laws, event));
        state = folded(laws, state, events);
        history.push(...events);
        assert.deepEqual(
          replay(laws.decider, history),
          state,
          'A replay gives another state than the events one by one.',
        );
        checkState(laws, state);
        if (events.length > 0) checkRest(laws, command, state);
      }
    }),
    { numRuns: 200, seed: 20_261_123 },
  );
  return seen;
}

function checkRest<State, C extends Command, E extends DomainEvent>(
  laws: Laws<State, C, E>,
  command: C,
  after: State,
): void {
  if (laws.repeatable?.(command)) return;
  let state = after;
  for (let times = 1; times < (laws.saysAtMost ?? 1); times += 1) {
    state = folded(laws, state, decided(laws, command, state));
  }
  assert.deepEqual(decided(laws, command, state), [], `${command.type} still did something when it came again.`);
}

type Laws<State, C extends Command, E extends DomainEvent> = DeciderLaws<State, C, E>;

function decided<State, C extends Command, E extends DomainEvent>(
  { decider }: Laws<State, C, E>,
  command: C,
  state: State,
): readonly E[] {
  freezeDeeply(command);
  freezeDeeply(state);
  const [first, second] = [answer(decider, command, state), answer(decider, command, state)];
  assert.deepEqual(second, first, 'The same command on the same state was answered in two ways.');
  return first.events;
}

function answer<State, C extends Command, E extends DomainEvent>(
  decider: Decider<State, C, E>,
  command: C,
  state: State,
): { events: readonly E[]; refusal?: string } {
  try {
    return { events: decider.decide(command, state) };
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    return { events: [], refusal: `${error.code} ${error.message}` };
  }
}

function folded<State, C extends Command, E extends DomainEvent>(
  { decider }: Laws<State, C, E>,
  state: State,
  events: readonly E[],
): State {
  events.forEach(freezeDeeply);
  return events.reduce((before, event) => {
    freezeDeeply(before);
    return decider.evolve(before, event);
  }, state);
}

function checkCodec<State, C extends Command, E extends DomainEvent>(
  { codec, canonicalJson }: Laws<State, C, E>,
  event: E,
): string {
  const encoded = codec.encode(event);
  const { type, typeVersion, data } = encoded;
  const known = codec.types.find((one) => one.type === type);
  assert.equal(known?.version, typeVersion, `${type} version ${typeVersion} is not among the codec's types.`);
  const text = canonicalJson(data);
  const decoded = codec.decode(asRecorded(encoded, JSON.parse(text)));
  // Members that are undefined are none in JSON; beyond that, every bit counts.
  assert.deepEqual(
    withoutUndefined(decoded),
    withoutUndefined(event),
    'An event came back from the log as another one.',
  );
  assert.equal(canonicalJson(codec.encode(decoded).data), text, 'An event is not written as it was read.');
  return type;
}

function checkState<State, C extends Command, E extends DomainEvent>(
  { states, canonicalJson }: Laws<State, C, E>,
  state: State,
): void {
  if (!states) return;
  const restored = states.parse(JSON.parse(canonicalJson(state)));
  assert.deepEqual(
    withoutUndefined(restored),
    withoutUndefined(state),
    'A state came back from a snapshot as another one.',
  );
}

function withoutUndefined(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

function asRecorded({ type, typeVersion }: NewEvent, data: unknown): RecordedEvent {
  return {
    position: 1 as Position,
    lane: 0,
    slot: 0,
    tenant: 'demo' as TenantId,
    streamId: 'spec-1' as StreamId,
    category: 'spec',
    streamVersion: 1,
    type,
    typeVersion,
    id: '019ab3c4-7a00-7d20-9c31-5d1f0a7b8c02' as RecordedEvent['id'],
    data,
    metadata: {
      correlationId: 'c-1' as EventMetadata['correlationId'],
      actor: 'spec',
      occurredAt: '2026-01-01T12:00:00.000Z',
    },
    recordedAt: new Date(0),
    hash: '',
  };
}
