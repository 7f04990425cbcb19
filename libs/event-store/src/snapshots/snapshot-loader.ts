import type { Command, Decider, DomainEvent } from '#libs/kernel';
import type { EventCodec } from '../event-codec.ts';
import type { EventStore, RecordedEvent } from '../event-store.ts';
import { RecentStates, type FoldedStream } from './recent-states.ts';
import type { ReadFrom, SnapshotForm, SnapshotKey, Snapshots } from './snapshots.ts';

export type SnapshotLoaderOptions<State, C extends Command, E extends DomainEvent> = Readonly<{
  store: EventStore;
  decider: Decider<State, C, E>;
  codec: EventCodec<E>;
  form: SnapshotForm<State>;
  snapshots: Snapshots;
}>;

type StreamName = Pick<SnapshotKey, 'tenant' | 'streamId'>;
type Found<State> = Readonly<{ beginning: FoldedStream<State>; rest: readonly RecordedEvent[]; isReplaced: boolean }>;

/**
 * Loads streams by the shortest way: from the state that was loaded last, or from a snapshot when that is newer, and
 * always with what was appended since, by whichever process. A shortcut of another history, as after a restore, is not
 * believed: then the whole stream is folded, as it is without any.
 */
export class SnapshotLoader<State, C extends Command, E extends DomainEvent> {
  private readonly options: SnapshotLoaderOptions<State, C, E>;
  private readonly recent: RecentStates<State>;

  constructor(options: SnapshotLoaderOptions<State, C, E>) {
    this.options = options;
    this.recent = new RecentStates(options.snapshots.recentStates);
  }

  /** @throws UnreadableEvent, StoreUnavailable */
  async load(stream: StreamName): Promise<FoldedStream<State>> {
    const { snapshots, form } = this.options;
    const { budgetMs, leastEvents, elapsedMs } = snapshots;
    const startedAt = elapsedMs();
    const { beginning, rest, isReplaced } = await this.find(stream);
    const folded = this.fold(beginning, rest);
    const isSlow = elapsedMs() - startedAt > budgetMs && rest.length >= leastEvents;
    this.recent.put(nameOf(stream), folded);
    if (folded.version > 0 && (isSlow || isReplaced)) snapshots.writeLater(this.keyOf(stream), folded, form);
    return folded;
  }

  private async find(stream: StreamName): Promise<Found<State>> {
    const { snapshots, store } = this.options;
    const known = this.recent.get(nameOf(stream));
    const read = await snapshots.readFrom(this.keyOf(stream), known?.version ?? 0);
    const beginning = this.beginningOf(read, known);
    if (beginning) return { beginning, rest: read.rest, isReplaced: false };
    const rest = await store.readStream(stream.tenant, stream.streamId);
    return { beginning: this.nothing, rest, isReplaced: read.snapshot !== undefined };
  }

  /** @returns nothing when what was read does not follow from what is known */
  private beginningOf(
    { first, snapshot }: ReadFrom,
    known: FoldedStream<State> | undefined,
  ): FoldedStream<State> | undefined {
    if (typeof snapshot === 'string' && first) return this.restored(snapshot, first);
    if (snapshot === null) return undefined;
    if (known === undefined || known.version === 0) return this.nothing;
    return first?.streamVersion === known.version && first.hash === known.hash ? known : undefined;
  }

  private restored(text: string, { streamVersion, hash }: RecordedEvent): FoldedStream<State> | undefined {
    try {
      return { state: this.options.form.schema.parse(JSON.parse(text)), version: streamVersion, hash };
    } catch {
      // A shortcut that does not fit is none: the stream is folded instead, and the snapshot written anew.
      return undefined;
    }
  }

  private fold(beginning: FoldedStream<State>, rest: readonly RecordedEvent[]): FoldedStream<State> {
    const { decider, codec } = this.options;
    const last = rest.at(-1);
    if (!last) return beginning;
    const state = rest.reduce((folded, event) => decider.evolve(folded, codec.decode(event)), beginning.state);
    return { state, version: last.streamVersion, hash: last.hash };
  }

  private get nothing(): FoldedStream<State> {
    return { state: this.options.decider.initialState, version: 0, hash: '' };
  }

  private keyOf({ tenant, streamId }: StreamName): SnapshotKey {
    const { name, version } = this.options.form;
    return { tenant, streamId, name, version };
  }
}

function nameOf({ tenant, streamId }: StreamName): string {
  return `${tenant}/${streamId}`;
}
