import { SECOND_MS } from '#libs/kernel';
import { MalformedMessage } from '../errors.ts';
import { logPlaceOf, type LogPlace, type RawMessage } from '../incoming-event.ts';
import { askPublishedEvents } from '../relay/published-events.ts';
import type { SlotClaim, SlotHolder } from '../slots/slot-holder.ts';
import { CatchUp } from './catch-up.ts';
import { deliveredEvent, type Delivery } from './delivered-event.ts';
import { HandOver } from './hand-over.ts';
import { ACK_WAIT_MS, LiveFeed, type LiveOrigin } from './live-feed.ts';
import { ParkedRetries } from './parked-retries.ts';
import { RETRY_POLICY } from './retry-policy.ts';
import type { InboxName } from './slot-inbox.ts';
import { SlotWorkers } from './slot-workers.ts';
import type { SlotWorker, SlotWorkerOptions } from './slot-worker.ts';
import { NO_MESSAGE, type ConsumerStatus, type LogConsumerOptions } from './log-consumer-options.ts';
import { WorkScheduler } from './work-scheduler.ts';

const CONCURRENCY = 8;
/** Most events that wait in memory; then nothing is pulled until there is room. */
const ROOM = 4_096;
/** An event that takes longer lets others of its slot pass. */
const SLOW_MS = 100;
/** How long an event waits for one before it that may still be on its way from another instance. */
const EARLY_MS = 250;
const COMPARE_MS = 10 * SECOND_MS;
const REPORT_MS = SECOND_MS;
const TICK_MS = ACK_WAIT_MS / 3;
const ASK_TIMEOUT_MS = 5 * SECOND_MS;

/**
 * Applies another service's log: each event exactly once, in the order of its stream, over any number of instances.
 *
 * Messages come by JetStream; what it does not bring is asked for from the log itself: when slots are gained, when a
 * predecessor is missing, after each reconnect and every 10 s. The inbox in Postgres alone says what was applied.
 */
export class LogConsumer implements SlotHolder {
  private readonly options: LogConsumerOptions;
  private readonly name: InboxName;
  private readonly held: SlotWorkers;
  private readonly feed: LiveFeed;
  private readonly catchUp: CatchUp;
  private readonly retries: ParkedRetries;
  private readonly scheduler: WorkScheduler;
  private readonly handOver: HandOver;
  private readonly timers = new Set<NodeJS.Timeout>();
  private readonly waitingForEarly = new Set<number>();
  /** Messages that the broker has not delivered to any instance, when it delivered the last one here. */
  private pending = 0;
  /** Until slots could be opened again. */
  private slotTrouble: string | null = null;

  constructor(options: LogConsumerOptions) {
    this.options = options;
    this.name = { consumer: options.name, source: options.log };
    this.held = this.holdSlots();
    this.scheduler = new WorkScheduler({
      workers: this.held.workers,
      concurrency: options.concurrency ?? CONCURRENCY,
      slowMs: SLOW_MS,
      onError: (worker, error) => {
        this.held.reopen(worker, error);
      },
      onHandled: (handledIn) => options.onProgress?.({ handledIn }),
    });
    this.catchUp = this.followLog();
    this.retries = this.retryParked();
    this.handOver = new HandOver({
      bus: options.bus,
      group: options.service,
      consumer: options.name,
      onMessage: (message, delivery) => {
        const place = logPlaceOf(message.headers);
        if (place) this.offer(message, place, delivery);
      },
    });
    this.feed = new LiveFeed({
      ...options,
      room: () => this.scheduler.room(ROOM),
      onMessage: (message, origin) => {
        this.receive(message, origin);
      },
      onBegin: () => {
        this.catchUp.want(this.held.workers.keys());
      },
      onFailure: (error) => {
        this.report(error);
      },
    });
  }

  /** What hinders the consumer now, for health. */
  get trouble(): string | null {
    return (this.held.unopened > 0 ? this.slotTrouble : null) ?? this.feed.trouble ?? this.catchUp.trouble;
  }

  /** For health. */
  get status(): ConsumerStatus {
    return {
      name: this.options.name,
      slots: this.held.workers.size,
      queued: this.scheduler.queued,
      parkedStreams: this.held.parkedStreams,
    };
  }

  start(): void {
    this.catchUp.start();
    this.retries.start();
    this.every(TICK_MS, () => {
      this.extendAcks();
    });
    this.every(REPORT_MS, () => {
      const lag = this.pending + this.scheduler.queued;
      this.options.onProgress?.({ lag, parkedStreams: this.held.parkedStreams });
    });
    this.every(COMPARE_MS, () => {
      void this.held.settleIdle();
      this.catchUp.want(this.held.workers.keys());
    });
  }

  /** Pulls nothing more. Slots that are held go on until they are released. */
  async stopPulling(): Promise<void> {
    await this.feed.stop();
  }

  /** Ends everything; the slots should have been released before. */
  async stop(): Promise<void> {
    for (const timer of this.timers) clearInterval(timer);
    await this.feed.stop();
    await this.catchUp.stop();
    await this.retries.stop();
    await this.held.close();
    this.scheduler.stop();
  }

  gain(claims: readonly SlotClaim[]): void {
    this.handOver.open(claims.map(({ slot }) => slot));
    this.held.gain(claims);
    // Not before: what nobody takes would go without acknowledgement for a while.
    this.feed.start();
  }

  async release(slots: readonly number[]): Promise<void> {
    this.handOver.close(slots);
    await this.held.release(slots);
  }

  drop(slots: readonly number[]): void {
    this.handOver.close(slots);
    this.held.drop(slots);
  }

  private holdSlots(): SlotWorkers {
    return new SlotWorkers({
      database: this.options.database,
      name: this.name,
      worker: this.workerOptions,
      onOpened: () => {
        this.slotTrouble = null;
        // All slots: whoever held the new ones may have pulled messages of others, too, and not handed them over.
        this.catchUp.want(this.held.workers.keys());
        this.retries.notify();
      },
      onSettled: (slots) => {
        this.scheduler.wake(slots);
      },
      onFailure: (error) => {
        this.slotTrouble = error instanceof Error ? error.message : String(error);
        this.report(error);
      },
    });
  }

  private followLog(): CatchUp {
    const { bus, log, stream, onProgress } = this.options;
    return new CatchUp({
      workers: this.held.workers,
      ask: (question) => askPublishedEvents(bus, { ...question, log, stream, timeoutMs: ASK_TIMEOUT_MS }),
      room: () => this.scheduler.room(ROOM),
      onEvents: (slots, caughtUp) => {
        if (caughtUp > 0) onProgress?.({ caughtUp });
        for (const slot of slots) this.held.workers.get(slot)?.offerHeldBack();
        this.scheduler.wake(slots);
      },
      onOutOfPlace: (worker, error) => {
        this.held.reopen(worker, error);
      },
      onFailure: (error) => {
        this.report(error);
      },
    });
  }

  private retryParked(): ParkedRetries {
    const { bus, database, service } = this.options;
    return new ParkedRetries({
      bus,
      database,
      name: this.name,
      group: service,
      workers: this.held.workers,
      onError: (worker, error) => {
        this.held.reopen(worker, error);
      },
      onFailure: (error) => {
        this.report(error);
      },
      onFree: (slot) => {
        this.scheduler.wake([slot]);
      },
    });
  }

  private receive(message: RawMessage, { delivery, reply, pending }: LiveOrigin): void {
    this.pending = pending;
    const place = logPlaceOf(message.headers);
    if (place?.log !== this.options.log) this.refuse(message, delivery);
    else if (this.held.isHeld(place.slot)) this.offer(message, place, delivery);
    else this.handOver.give(place.slot, message, reply);
  }

  /** The stream is a copy of the log: what does not come from there is none of its events. */
  private refuse({ subject }: RawMessage, delivery: Delivery): void {
    delivery.ack();
    const { log } = this.options;
    this.report(new MalformedMessage(`a message on ${subject} does not come from the log of ${log}`));
  }

  private offer(message: RawMessage, place: LogPlace, delivery: Delivery): void {
    this.held.whenOpen(place.slot, (worker) => {
      if (!worker || worker.isClosed) delivery.giveBack();
      else this.offerTo(worker, message, place, delivery);
    });
  }

  private offerTo(worker: SlotWorker, message: RawMessage, place: LogPlace, delivery: Delivery): void {
    if (place.epoch !== worker.epoch) {
      this.meetEpoch(worker, message, place, delivery);
      return;
    }
    const offer = worker.queue.offer(deliveredEvent(message, place, delivery));
    if (offer === 'early') {
      this.waitForEarly(place.slot);
      return;
    }
    // Also when it was known: events that came early may be in their turn now.
    this.scheduler.wake([place.slot]);
    if (offer !== 'known') return;
    delivery.ack();
    this.options.onProgress?.({ duplicates: 1 });
  }

  /** Only the log can tell what an event of another life of its store means. */
  private meetEpoch(worker: SlotWorker, message: RawMessage, place: LogPlace, delivery: Delivery): void {
    if (place.epoch < worker.epoch) {
      // It is void, or it means the same in this life: then the log has it.
      delivery.ack();
      if (place.position <= worker.queue.known) return;
    } else {
      worker.ofLaterEpoch.push(() => {
        this.offer(message, place, delivery);
      });
    }
    this.catchUp.want([worker.slot]);
  }

  private waitForEarly(slot: number): void {
    if (this.waitingForEarly.has(slot)) return;
    this.waitingForEarly.add(slot);
    this.later(EARLY_MS, () => {
      this.waitingForEarly.delete(slot);
      if (this.held.workers.get(slot)?.queue.hasEarly === true) this.catchUp.want([slot]);
    });
  }

  private extendAcks(): void {
    const before = performance.now() - TICK_MS;
    for (const { queue } of this.held.workers.values()) {
      queue.forEach(({ receivedAt, delivery }) => {
        if (receivedAt < before) delivery.extend();
      });
    }
  }

  private get workerOptions(): SlotWorkerOptions {
    const { service, database, store, bus, handle, follows, retry, onFailure } = this.options;
    return {
      service,
      name: this.name,
      database,
      store,
      bus,
      handle,
      follows: follows ?? ((): boolean => true),
      retry: { ...RETRY_POLICY, ...retry },
      onFailure,
      onParked: () => {
        this.retries.notify();
      },
    };
  }

  private report(error: unknown): void {
    this.options.onFailure(error, NO_MESSAGE);
  }

  private every(ms: number, call: () => void): void {
    this.timers.add(setInterval(call, ms));
  }

  private later(ms: number, call: () => void): void {
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      call();
    }, ms);
    this.timers.add(timer);
  }
}
