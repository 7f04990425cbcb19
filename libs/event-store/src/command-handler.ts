import { replay, type Command, type Decider, type DomainEvent, type StreamId, type TenantId } from '#libs/kernel';
import { WrongExpectedVersion } from './errors.ts';
import type { AppendResult, EventMetadata, EventStore, NewEvent, RecordedEvent } from './event-store.ts';
import type { EventType } from './upcasting/event-types.ts';

/** How a capability's domain events look in the log. */
export interface EventCodec<E extends DomainEvent> {
  /** Every type that it writes and reads, each in its newest version. */
  readonly types: readonly EventType[];
  encode(event: E): NewEvent;
  /** @throws UnreadableEvent for a type that is not among its own; what its schemas throw for other data */
  decode(event: RecordedEvent): E;
}

export type CommandTarget = Readonly<{ tenant: TenantId; streamId: StreamId }>;

export type CommandOutcome<State> = Readonly<{
  state: State;
  /** Absent when the command changed nothing. */
  appended?: AppendResult;
}>;

/** A conflict is tried again with fresh history: this many times in all. */
const ATTEMPTS = 8;

/** Load, fold, decide, append at the version that was loaded; on a conflict once more from the start. */
export class CommandHandler<State, C extends Command, E extends DomainEvent> {
  private readonly store: EventStore;
  private readonly decider: Decider<State, C, E>;
  private readonly codec: EventCodec<E>;

  constructor(store: EventStore, decider: Decider<State, C, E>, codec: EventCodec<E>) {
    this.store = store;
    this.decider = decider;
    this.codec = codec;
  }

  /** The stream's state and version now. */
  async load({ tenant, streamId }: CommandTarget): Promise<{ readonly state: State; readonly version: number }> {
    const history = await this.store.readStream(tenant, streamId);
    const state = replay(
      this.decider,
      history.map((event) => this.codec.decode(event)),
    );
    return { state, version: history.at(-1)?.streamVersion ?? 0 };
  }

  /** @throws DomainError when the rules refuse; WrongExpectedVersion when others won every attempt */
  async handle(target: CommandTarget, command: C, metadata: EventMetadata): Promise<CommandOutcome<State>> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.attempt(target, command, metadata);
      } catch (error) {
        if (!(error instanceof WrongExpectedVersion) || attempt >= ATTEMPTS) throw error;
      }
    }
  }

  private async attempt(target: CommandTarget, command: C, metadata: EventMetadata): Promise<CommandOutcome<State>> {
    const { state, version } = await this.load(target);
    const events = this.decider.decide(command, state);
    if (events.length === 0) return { state };
    const appended = await this.store.append({
      ...target,
      expected: version === 0 ? 'no-stream' : version,
      events: events.map((event) => this.codec.encode(event)),
      metadata,
    });
    return { state: events.reduce((folded, event) => this.decider.evolve(folded, event), state), appended };
  }
}
