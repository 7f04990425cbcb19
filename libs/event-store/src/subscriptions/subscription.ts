import { HOUR_MS, SECOND_MS } from '#libs/kernel';
import type { EventStore, Position, RecordedEvent, Transaction } from '../event-store.ts';
import type { Database } from '../postgres/database.ts';
import { BackgroundRebuild, type RebuildReport } from '../rebuild/background-rebuild.ts';
import { registerProjection, type Registration } from '../rebuild/projection-registry.ts';
import { createCheckpoint, holdCheckpoint, moveCheckpoint, moveCheckpointLazily } from './checkpoints.ts';
import { LogTail } from './log-tail.ts';
import type { Subscriber } from './subscriber.ts';
import { CheckpointMissing, CheckpointOfOlderEpoch } from './subscription.errors.ts';
import { WakeSignal } from './wake-signal.ts';

export type SubscriptionOptions = Readonly<{
  database: Database;
  store: EventStore;
  subscriber: Subscriber;
  /** Events per transaction, at most. @default the subscriber's own, or 500 */
  batchSize?: number;
  /** Safety net for wake-ups that got lost. @default 1000 */
  pollMs?: number;
  /** Told after each step: how many events were applied and how far the log is ahead, as far as this process knows. */
  onProgress?: (progress: { readonly applied: number; readonly lag: number }) => void;
  /** Told of each failed step; the step is tried again with backoff. */
  onFailure?: (error: unknown, attempt: number) => void;
  /** Told how a rebuild in the background is getting on: a new version of a projection whose old rows are shown meanwhile. */
  onRebuild?: (report: RebuildReport) => void;
}>;

const FIRST_RETRY_MS = 200;
const LAST_RETRY_MS = 30 * SECOND_MS;
/** So many polls may pass before the checkpoint is looked at although nothing is known to be new. */
const POLLS_PER_RECHECK = 5;

/** `following` is the usual one; in all others the table's rows are older than the log, or of another version. */
export type SubscriptionState = 'following' | 'rebuilding' | 'superseded' | 'refused' | 'needs-rebuild';

/** How a subscription fares, for health. */
export type SubscriptionStatus = Readonly<{
  name: string;
  failing: boolean;
  lastError: string | null;
  state: SubscriptionState;
  /** What that means, in words; empty while it follows the log. */
  detail: string;
}>;

/** What a step came to. */
type Step = 'applied' | 'moved' | 'idle' | 'absent';

/**
 * Follows the log for one subscriber. Any number of instances may run it: the checkpoint's row lock
 * lets one of them work at a time, and another goes on where it stopped. It takes one connection, while it works.
 *
 * A projection whose table holds another version is not folded into it: a newer version is rebuilt beside it.
 */
export class Subscription {
  private readonly options: SubscriptionOptions;
  private readonly tail: LogTail;
  private readonly wake = new WakeSignal();
  private readonly stopping = new AbortController();
  private running: Promise<void> | undefined;
  private unwatch: (() => void) | undefined;
  private rebuild: BackgroundRebuild | undefined;
  private registration: Registration | undefined;
  private lastFailure: unknown;
  private at: Position | undefined;
  private lookedAt = -Infinity;

  constructor(options: SubscriptionOptions) {
    this.options = options;
    this.tail = LogTail.of(options.store);
  }

  get status(): SubscriptionStatus {
    const { lastFailure } = this;
    return {
      name: this.options.subscriber.name,
      failing: lastFailure !== undefined,
      lastError: lastFailure === undefined ? null : messageOf(lastFailure),
      ...this.condition(),
    };
  }

  async start(): Promise<void> {
    await this.register();
    this.unwatch = this.tail.watch(() => {
      this.wake.notify();
    }, this.options.pollMs ?? SECOND_MS);
    this.running = this.run();
  }

  /** There may be new events: look now instead of at the next poll. */
  notify(): void {
    this.tail.notify();
  }

  /** Resolves when the step under way is finished. */
  async stop(): Promise<void> {
    this.unwatch?.();
    this.stopping.abort();
    await this.rebuild?.stop();
    await this.running;
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    const rest = new WakeSignal();
    let failures = 0;
    while (!signal.aborted) {
      try {
        const more = await this.proceed();
        failures = 0;
        this.lastFailure = undefined;
        // The tail wakes all readers of the process together; no timer of our own is needed.
        if (!more) await this.wake.wait(HOUR_MS, signal);
      } catch (error) {
        failures += 1;
        this.lastFailure = error;
        this.options.onFailure?.(error, failures);
        await rest.wait(Math.min(FIRST_RETRY_MS * 2 ** (failures - 1), LAST_RETRY_MS), signal);
      }
    }
  }

  /** @returns whether there may be more to do at once */
  private async proceed(): Promise<boolean> {
    if (this.registration && this.registration.standing !== 'current') return this.standBy();
    const step = await this.step();
    if (step === 'absent') return this.findCheckpoint();
    return step === 'moved' || (step === 'applied' && this.at !== undefined && this.tail.mayFollow(this.at));
  }

  private async step(): Promise<Step> {
    const { store, subscriber, batchSize = subscriber.batchSize ?? 500 } = this.options;
    const { epoch } = this.tail;
    const events = this.at === undefined ? [] : await this.tail.readAfter(this.at, batchSize);
    if (events.length === 0 && !this.isRecheckDue()) return 'idle';
    const { step, position } = await store.transaction((transaction) => this.work({ events, epoch }, transaction));
    this.at = position ?? this.at;
    if (step === 'applied') this.report(events.length);
    return step;
  }

  /** Applies the events if they are those after the checkpoint; otherwise only finds out where it is. */
  private async work(
    { events, epoch }: Readonly<{ events: readonly RecordedEvent[]; epoch: number | undefined }>,
    transaction: Transaction,
  ): Promise<Readonly<{ step: Step; position?: Position }>> {
    const { name, version } = this.options.subscriber;
    const held = await holdCheckpoint(transaction, name, version);
    this.lookedAt = performance.now();
    if (typeof held === 'string') return { step: held === 'busy' ? 'idle' : 'absent' };
    this.tail.confirmEpoch(held.epoch);
    const last = events.at(-1);
    if (held.epoch !== epoch || held.position !== this.at) return { step: 'moved', position: held.position };
    if (!last) return { step: 'idle' };
    await this.apply(events, last.position, transaction);
    return { step: 'applied', position: last.position };
  }

  private async apply(events: readonly RecordedEvent[], to: Position, transaction: Transaction): Promise<void> {
    const { subscriber } = this.options;
    const { handles, name, version } = subscriber;
    const wanted = handles ? events.filter((event) => handles.has(event.type)) : events;
    let appends = 0;
    const counting: Transaction = {
      query: (text, values) => transaction.query(text, values),
      append: (append) => {
        appends += 1;
        transaction.append(append);
      },
    };
    if (wanted.length > 0) await subscriber.apply(wanted, counting);
    // Rows and checkpoint can be replayed, and are lost or kept together; an appended event cannot.
    await (appends === 0 ? moveCheckpointLazily : moveCheckpoint)(transaction, name, version, to);
  }

  /** Another release may have moved the checkpoint back, or have taken it away by a switch. */
  private isRecheckDue(): boolean {
    const { pollMs = SECOND_MS } = this.options;
    return this.at === undefined || performance.now() - this.lookedAt >= POLLS_PER_RECHECK * pollMs;
  }

  /** A projection's checkpoint goes away when its table is switched to another version. */
  private async findCheckpoint(): Promise<boolean> {
    const { name, version, table } = this.options.subscriber;
    this.at = undefined;
    if (table) await this.register();
    if (!table || this.registration?.standing === 'current') throw new CheckpointMissing(name, version);
    return true;
  }

  private async register(): Promise<void> {
    const { database, subscriber, store, onRebuild, onFailure } = this.options;
    const { name, version, table } = subscriber;
    if (!table) {
      await createCheckpoint(database, name, version);
      return;
    }
    this.registration = await registerProjection(database, table);
    if (this.registration.standing !== 'outdated' || this.rebuild) return;
    this.rebuild = new BackgroundRebuild({
      database,
      store,
      table,
      onReport: (report) => {
        onRebuild?.(report);
      },
      onFailure: (error) => onFailure?.(error, 1),
    });
    this.rebuild.start();
  }

  /** Waits until the table holds this version, by our rebuild or by anybody's switch or roll back. */
  private async standBy(): Promise<boolean> {
    if (performance.now() - this.lookedAt < (this.options.pollMs ?? SECOND_MS) / 2) return false;
    this.lookedAt = performance.now();
    await this.register();
    if (this.registration?.standing !== 'current') return false;
    await this.rebuild?.stop();
    this.rebuild = undefined;
    return true;
  }

  private report(applied: number): void {
    this.options.onProgress?.({ applied, lag: Math.max(0, this.tail.head - (this.at ?? this.tail.head)) });
  }

  private condition(): Pick<SubscriptionStatus, 'state' | 'detail'> {
    const { registration, lastFailure } = this;
    const { version } = this.options.subscriber;
    if (lastFailure instanceof CheckpointOfOlderEpoch || lastFailure instanceof CheckpointMissing) {
      return { state: 'needs-rebuild', detail: lastFailure.message };
    }
    const active = `its table holds version ${registration?.activeVersion ?? version}`;
    switch (registration?.standing) {
      case 'outdated':
        return {
          state: 'rebuilding',
          detail: `${this.rebuild?.summary ?? 'rebuilding'} (version ${version}; ${active})`,
        };
      case 'superseded':
        return { state: 'superseded', detail: `${active}; this release folds version ${version} and stands by` };
      case 'refused':
        return {
          state: 'refused',
          detail: `version ${version} was rolled back and ${active}; \`npm run rebuild\` brings it back`,
        };
      case 'current':
      case undefined:
        return { state: 'following', detail: '' };
    }
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
