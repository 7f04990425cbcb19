import { setTimeout as delay } from 'node:timers/promises';
import { StoreUnavailable, type Append, type EventStore } from '#libs/event-store';
import { correlationId, streamId, tenantId } from '#libs/kernel';
import { Random } from '../../../simulation/random.ts';
import { COUNTED, PRIVATE, type Counted } from './counted.ts';

/** So many streams that each of the 64 slots has some. */
export const STREAMS = 400;
/** This part of the events is for nobody else. */
const PRIVATE_PART = 0.2;
const TICK_MS = 25;
const MOST_UNDER_WAY = 200;
const PAUSE_MS = 50;

export type LoadOptions = Readonly<{
  store: EventStore;
  /** Whose load it is: part of every idempotency key. */
  instance: string;
  eventsPerSecond: number;
  seed: number;
}>;

/** Appends numbered events to many streams at a steady rate, and repeats what was not acknowledged. */
export class Load {
  private readonly options: LoadOptions;
  private readonly random: Random;
  private readonly underWay = new Set<Promise<void>>();
  private stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();
  private number = 0;

  constructor(options: LoadOptions) {
    this.options = options;
    this.random = Random.fromSeed(options.seed);
  }

  start(): void {
    this.stopping = new AbortController();
    this.running = this.run(this.stopping.signal);
  }

  /** Resolves when everything that was begun is in the log. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
    await Promise.all(this.underWay);
  }

  private async run(signal: AbortSignal): Promise<void> {
    const startedAt = performance.now();
    for (let sent = 0; !signal.aborted;) {
      const due = ((performance.now() - startedAt) / 1_000) * this.options.eventsPerSecond;
      for (; sent < due; sent += 1) {
        // Whatever could not be sent in time is not made up for: the rate is a bound.
        if (this.underWay.size < MOST_UNDER_WAY) this.appendNext();
      }
      await delay(TICK_MS);
    }
  }

  private appendNext(): void {
    this.number += 1;
    const type = this.random.chance(PRIVATE_PART) ? PRIVATE : COUNTED;
    const append = counting(`c ${this.random.between(1, STREAMS)}`, { number: this.number }, type);
    const keyed = { ...append, idempotencyKey: `${this.options.instance}-${this.number}` };
    const done = this.untilStored(keyed);
    this.underWay.add(done);
    void done.then(() => {
      this.underWay.delete(done);
    });
  }

  private async untilStored(append: Append): Promise<void> {
    for (;;) {
      try {
        await this.options.store.append(append);
        return;
      } catch (error) {
        if (!(error instanceof StoreUnavailable)) throw error;
        await delay(PAUSE_MS);
      }
    }
  }
}

/** An append of one event to a stream of the run. */
export function counting(stream: string, data: Counted, type = COUNTED): Append {
  return {
    tenant: tenantId('demo'),
    streamId: streamId('counter', stream),
    expected: 'any',
    events: [{ type, typeVersion: 1, data }],
    metadata: { correlationId: correlationId('bus-faults'), actor: 'spec', occurredAt: '2026-01-01T12:00:00.000Z' },
  };
}
