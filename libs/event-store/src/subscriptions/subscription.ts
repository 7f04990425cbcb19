import { SECOND_MS } from '#libs/kernel';
import type { EventStore, Position, RecordedEvent, Transaction } from '../event-store.ts';
import type { Database } from '../postgres/database.ts';
import { createCheckpoint, lockCheckpoint, moveCheckpoint } from './checkpoints.ts';
import type { Subscriber } from './subscriber.ts';
import { WakeSignal } from './wake-signal.ts';

export type SubscriptionOptions = Readonly<{
  database: Database;
  store: EventStore;
  subscriber: Subscriber;
  /** @default 500 events per transaction */
  batchSize?: number;
  /** Safety net for wake-ups that got lost. @default 1000 */
  pollMs?: number;
  /** Told after each step: how many events were applied and how far the log is ahead. */
  onProgress?: (progress: { readonly applied: number; readonly lag: number }) => void;
  /** Told of each failed step; the step is tried again with backoff. */
  onFailure?: (error: unknown, attempt: number) => void;
}>;

const FIRST_RETRY_MS = 200;
const LAST_RETRY_MS = 30 * SECOND_MS;

/** How a subscription fares, for health. */
export type SubscriptionStatus = Readonly<{ name: string; failing: boolean; lastError: string | null }>;

/**
 * Follows the log for one subscriber. Any number of instances may run it: the checkpoint's row lock
 * lets one of them work at a time, and another goes on where it stopped.
 */
export class Subscription {
  private readonly options: SubscriptionOptions;
  private readonly wake = new WakeSignal();
  private readonly stopping = new AbortController();
  private running: Promise<void> | undefined;
  private unsubscribe: (() => void) | undefined;
  private lastError: string | null = null;

  constructor(options: SubscriptionOptions) {
    this.options = options;
  }

  get status(): SubscriptionStatus {
    return { name: this.options.subscriber.name, failing: this.lastError !== null, lastError: this.lastError };
  }

  async start(): Promise<void> {
    const { database, store, subscriber } = this.options;
    await createCheckpoint(database, subscriber.name, subscriber.version);
    this.unsubscribe = store.onCommit(() => {
      this.wake.notify();
    });
    this.running = this.run();
  }

  /** There may be new events: look now instead of at the next poll. */
  notify(): void {
    this.wake.notify();
  }

  /** Resolves when the step under way is finished. */
  async stop(): Promise<void> {
    this.unsubscribe?.();
    this.stopping.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    const { pollMs = SECOND_MS } = this.options;
    let failures = 0;
    while (!this.stopping.signal.aborted) {
      try {
        const more = await this.step();
        failures = 0;
        this.lastError = null;
        if (!more) await this.wake.wait(pollMs, this.stopping.signal);
      } catch (error) {
        failures += 1;
        this.lastError = error instanceof Error ? error.message : String(error);
        this.options.onFailure?.(error, failures);
        await this.wake.wait(Math.min(FIRST_RETRY_MS * 2 ** (failures - 1), LAST_RETRY_MS), this.stopping.signal);
      }
    }
  }

  /** Applies one batch. @returns whether there may be more at once */
  private async step(): Promise<boolean> {
    const { store, subscriber, batchSize = 500 } = this.options;
    const outcome = await store.transaction(async (transaction) => {
      const from = await lockCheckpoint(transaction, subscriber.name, subscriber.version);
      if (from === undefined) return undefined;
      const events = await store.readAll({ after: from, limit: batchSize });
      const last = events.at(-1);
      if (!last) return undefined;
      await this.apply(events, last.position, transaction);
      return { applied: events.length, position: last.position };
    });
    if (!outcome) return false;
    await this.report(outcome.applied, outcome.position);
    return outcome.applied === batchSize;
  }

  private async apply(events: readonly RecordedEvent[], to: Position, transaction: Transaction): Promise<void> {
    const { subscriber } = this.options;
    const { handles } = subscriber;
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
    await moveCheckpoint(transaction, subscriber.name, subscriber.version, to);
    // Rows and checkpoint can be replayed, and are lost or kept together; an appended event cannot.
    if (appends === 0) await transaction.query('set local synchronous_commit = off');
  }

  private async report(applied: number, at: Position): Promise<void> {
    const { onProgress, store } = this.options;
    if (!onProgress) return;
    onProgress({ applied, lag: (await store.head()) - at });
  }
}
