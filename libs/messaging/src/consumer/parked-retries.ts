import { WakeSignal, type Database } from '#libs/event-store';
import { SECOND_MS } from '#libs/kernel';
import type { Bus } from '../bus.ts';
import { parkedSubject } from '../dead-letters/dead-letter-desk.ts';
import { parkedHeads, type ParkedHead } from './parked-messages.ts';
import type { InboxName } from './slot-inbox.ts';
import type { SlotWorker } from './slot-worker.ts';

export type ParkedRetriesOptions = Readonly<{
  bus: Bus;
  database: Database;
  name: InboxName;
  /** Instances that share the consumer: a re-drive of one wakes all. */
  group: string;
  workers: ReadonlyMap<number, SlotWorker>;
  onError: (worker: SlotWorker, error: unknown) => void;
  onFailure: (error: unknown) => void;
  /** Told of a stream that has nothing put aside any more: its events are applied at once again. */
  onFree: (slot: number) => void;
}>;

/** Finds a re-drive whose wake-up got lost. */
const POLL_MS = SECOND_MS;
const SOON_MS = 20;

/** Tries the heads of parked streams again when their time has come, and announces the dead ones. */
export class ParkedRetries {
  private readonly options: ParkedRetriesOptions;
  private readonly wake = new WakeSignal();
  private readonly stopping = new AbortController();
  private readonly underWay = new Set<number>();
  private running: Promise<void> | undefined;
  private unsubscribe: (() => void) | undefined;

  constructor(options: ParkedRetriesOptions) {
    this.options = options;
  }

  start(): void {
    const { bus, group } = this.options;
    this.unsubscribe = bus.subscribe(parkedSubject(group), () => {
      this.wake.notify();
    });
    this.running = this.run();
  }

  async stop(): Promise<void> {
    this.unsubscribe?.();
    this.stopping.abort();
    await this.running;
  }

  /** A message was put aside, or a slot with such messages was gained. */
  notify(): void {
    this.wake.notify();
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      let waitMs = POLL_MS;
      try {
        waitMs = await this.look();
      } catch (error) {
        this.options.onFailure(error);
      }
      await this.wake.wait(waitMs, signal);
    }
  }

  /** @returns until when to look again, in milliseconds */
  private async look(): Promise<number> {
    const { database, name, workers } = this.options;
    const looked = [...workers.values()]
      .filter(({ parked, isClosed }) => parked.size > 0 && !isClosed)
      .map((worker) => ({ worker, version: worker.parkedVersion }));
    if (looked.length === 0) return POLL_MS;
    const heads = await parkedHeads(
      database,
      name,
      looked.map(({ worker }) => worker.slot),
    );
    let nextMs = POLL_MS;
    for (const head of heads) nextMs = Math.min(nextMs, this.deal(head));
    for (const { worker, version } of looked) this.free(worker, version, heads);
    return nextMs;
  }

  /** @returns in how many milliseconds the head is to be looked at again */
  private deal(head: ParkedHead): number {
    const worker = this.options.workers.get(head.slot ?? -1);
    const { streamKey } = head;
    if (!worker || streamKey === null || this.underWay.has(head.id)) return POLL_MS;
    if (head.state === 'dead') {
      if (!head.isAnnounced) this.begin(worker, head.id, () => worker.announce(head.id));
      return POLL_MS;
    }
    if (head.dueInMs > 0) return Math.max(head.dueInMs, SOON_MS);
    if (!worker.mayRetry(streamKey)) return SOON_MS;
    this.begin(worker, head.id, () => worker.retry({ ...head, streamKey }));
    return POLL_MS;
  }

  private begin(worker: SlotWorker, id: number, work: () => Promise<unknown>): void {
    this.underWay.add(id);
    void (async (): Promise<void> => {
      try {
        await work();
      } catch (error) {
        this.options.onError(worker, error);
        await this.wake.wait(POLL_MS, this.stopping.signal);
      } finally {
        this.underWay.delete(id);
        this.wake.notify();
      }
    })();
  }

  /** Only when nothing was put aside while we looked, and nothing of the stream is under way. */
  private free(worker: SlotWorker, version: number, heads: readonly ParkedHead[]): void {
    if (worker.parkedVersion !== version) return;
    const parked = new Set(heads.filter(({ slot }) => slot === worker.slot).map(({ streamKey }) => streamKey));
    for (const streamKey of worker.parked) {
      if (parked.has(streamKey) || !worker.mayRetry(streamKey)) continue;
      worker.parked.delete(streamKey);
      this.options.onFree(worker.slot);
    }
  }
}
