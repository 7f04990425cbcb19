import { replay, type Command, type Decider, type DomainEvent, type StreamId, type TenantId } from '#libs/kernel';
import { WrongExpectedVersion } from './errors.ts';
import type { EventCodec } from './event-codec.ts';
import type { AppendResult, EventMetadata, EventStore } from './event-store.ts';
import { SnapshotLoader } from './snapshots/snapshot-loader.ts';
import type { SnapshotForm, Snapshots } from './snapshots/snapshots.ts';

export type CommandTarget = Readonly<{ tenant: TenantId; streamId: StreamId }>;

export type CommandOutcome<State> = Readonly<{
  state: State;
  /** Absent when the command changed nothing. */
  appended?: AppendResult;
}>;

/** A decider opts in to snapshots by naming the form of its states. */
export type SnapshotOptions<State> = Readonly<{ snapshots: Snapshots; form: SnapshotForm<State> }>;

/** A conflict is tried again with fresh history: this many times in all. */
const ATTEMPTS = 8;

/** Load, fold, decide, append at the version that was loaded; on a conflict once more from the start. */
export class CommandHandler<State, C extends Command, E extends DomainEvent> {
  private readonly store: EventStore;
  private readonly decider: Decider<State, C, E>;
  private readonly codec: EventCodec<E>;
  private readonly loader: SnapshotLoader<State, C, E> | undefined;

  /** @param snapshots absent: every load folds the whole stream, which is right for streams that end */
  constructor(
    store: EventStore,
    decider: Decider<State, C, E>,
    codec: EventCodec<E>,
    snapshots?: SnapshotOptions<State>,
  ) {
    this.store = store;
    this.decider = decider;
    this.codec = codec;
    this.loader = snapshots && new SnapshotLoader({ store, decider, codec, ...snapshots });
  }

  /** The stream's state and version now. @throws UnreadableEvent, StoreUnavailable */
  async load(target: CommandTarget): Promise<{ readonly state: State; readonly version: number }> {
    if (!this.loader) return this.replayAll(target);
    const { state, version } = await this.loader.load(target);
    return { state, version };
  }

  private async replayAll({ tenant, streamId }: CommandTarget): Promise<{ state: State; version: number }> {
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
