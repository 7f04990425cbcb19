import { LeasedWork, LogTail, START, WakeSignal, type Position } from '#libs/event-store';
import { SECOND_MS } from '#libs/kernel';
import { BrokerTailReader } from './broker-tail.ts';
import type { RelayOptions } from './relay-options.ts';
import { saveProgress } from './relay-progress.ts';
import { RelaySession } from './relay-session.ts';
import { findStart, type SessionStart } from './relay-start.ts';

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2 * SECOND_MS;
const WATCH_MS = 5 * SECOND_MS;

/**
 * Publishes a log's events to a JetStream stream, in order and without a gap: the stream is a copy of the log.
 *
 * A lease keeps one instance at it. It stays correct without the lease: every message is accepted only after the message
 * before it and carries the id of its event, so a second publisher makes duplicates that the server drops, and
 * never a hole or another order. It begins at the broker's tail, at the start and whenever something is not as it should be.
 */
export class Relay {
  private readonly options: RelayOptions;
  private readonly wake = new WakeSignal();
  private readonly work: LeasedWork;
  private readonly tail: LogTail;
  private readonly reader: BrokerTailReader;
  private readonly subscriptions: (() => void)[] = [];
  private reconnected = false;
  private lookedAt = 0;
  private scanned: Position = START;

  constructor(options: RelayOptions) {
    const { store, bus, outlet, log, database, owner, onFailure } = options;
    this.options = options;
    this.tail = LogTail.of(store);
    this.reader = new BrokerTailReader(bus, outlet.stream, log);
    this.work = new LeasedWork({
      database,
      name: `relay:${outlet.stream}`,
      owner,
      work: (signal, fence) => this.run(signal, fence),
      onFailure,
    });
  }

  start(): void {
    const { bus, pollMs = SECOND_MS } = this.options;
    this.subscriptions.push(
      this.tail.watch(() => {
        this.wake.notify();
      }, pollMs),
      bus.onReconnect(() => {
        this.reconnected = true;
        this.wake.notify();
      }),
    );
    this.work.start();
  }

  /** There may be new events: look now instead of at the next poll. */
  notify(): void {
    this.wake.notify();
  }

  /** Waits for what is on its way, notes how far it came, and gives the lease back. */
  async stop(): Promise<void> {
    for (const unsubscribe of this.subscriptions.splice(0)) unsubscribe();
    await this.work.stop();
  }

  private async run(signal: AbortSignal, fence: number): Promise<void> {
    const pause = new WakeSignal();
    for (let pauseMs = FIRST_PAUSE_MS; !signal.aborted;) {
      if (!this.options.bus.isConnected) {
        await this.tellLag();
        await this.wake.wait(SECOND_MS, signal);
        continue;
      }
      const wentWell = await this.publishFromTail(signal, fence);
      pauseMs = wentWell ? FIRST_PAUSE_MS : Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
      await this.tellLag();
      await pause.wait(pauseMs, signal);
    }
  }

  /** @returns whether it came further than finding out where to begin */
  private async publishFromTail(signal: AbortSignal, fence: number): Promise<boolean> {
    const { onFailure, onRefill } = this.options;
    let session: RelaySession | undefined;
    try {
      const start = await findStart(this.options, this.reader, fence);
      if (start.refilling) onRefill?.(start.after);
      this.tail.confirmEpoch(start.epoch);
      session = this.open(start, fence);
      await this.follow(session, signal);
      return true;
    } catch (error) {
      onFailure(error);
      return session?.hasPublished ?? false;
    } finally {
      if (session) this.scanned = session.progress.scanned;
      await session?.close();
    }
  }

  private open(start: SessionStart, fence: number): RelaySession {
    const { database, outlet, onFailure, onLag } = this.options;
    this.scanned = start.after;
    return new RelaySession({
      relay: this.options,
      start,
      tail: this.tail,
      wake: this.wake,
      save: async (progress) => {
        try {
          await saveProgress(database, outlet.stream, fence, progress);
        } catch (error) {
          onFailure(error);
        }
      },
      onLag: (events) => onLag?.(events),
    });
  }

  /** Goes on until the relay is stopped, the connection is lost, or another life of the store begins. */
  private async follow(session: RelaySession, signal: AbortSignal): Promise<void> {
    const { bus, pollMs = SECOND_MS } = this.options;
    this.lookedAt = performance.now();
    while (!signal.aborted && bus.isConnected) {
      const state = await session.step(signal);
      if (state === 'new-life') return;
      if (state === 'busy') continue;
      session.rest();
      await this.wake.wait(pollMs, signal);
      if (session.isAtRest && this.isLookDue() && (await session.isOver(this.reader))) return;
    }
  }

  /** Whether it is time to see that the stream is as it was left: at once after a reconnect, else now and then. */
  private isLookDue(): boolean {
    const { bus, watchMs = WATCH_MS } = this.options;
    const isDue = this.reconnected || performance.now() - this.lookedAt >= watchMs;
    if (!isDue || !bus.isConnected) return false;
    this.reconnected = false;
    this.lookedAt = performance.now();
    return true;
  }

  /** While nothing is published the lag grows, and somebody should see it. */
  private async tellLag(): Promise<void> {
    const { store, onLag, onFailure } = this.options;
    try {
      onLag?.(Math.max(0, (await store.head()) - this.scanned));
    } catch (error) {
      onFailure(error);
    }
  }
}
