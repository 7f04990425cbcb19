import { setTimeout as delay } from 'node:timers/promises';
import type { CloudEvent, IngestBatchResult, IngestResult } from '#libs/contracts';
import { attempt } from './attempt.ts';
import type { Attempt } from './attempt.ts';
import { bodyOf, inBatches, pack } from './batches.ts';
import type { Packed } from './batches.ts';
import { PublisherUnavailable, PublishStopped } from './publisher.errors.ts';

const FIRST_BACKOFF_MS = 250;
const LONGEST_BACKOFF_MS = 10_000;
/** A server that asks for more than this is asked again earlier; it may repeat itself. */
const LONGEST_RETRY_AFTER_MS = 10 * 60_000;

export type PublisherOptions = Readonly<{
  /** Address of an agent-service, without a path. */
  url: string;
  apiKey?: string | undefined;
  /** Once aborted, no request begins and no wait goes on; the request in flight still has `stopGraceMs`. */
  stop: AbortSignal;
  /** How long an unreachable API is tried; a 429 does not count. @default Infinity */
  patienceMs?: number | undefined;
  /** @default 30 s */
  requestTimeoutMs?: number | undefined;
  /** @default 3 s */
  stopGraceMs?: number | undefined;
  /** Told before each wait. */
  onWait?: ((reason: string, delayMs: number) => void) | undefined;
  fetch?: typeof fetch | undefined;
  /** Steady time, by which the patience is measured. */
  elapsedMs?: (() => number) | undefined;
  wait?: ((delayMs: number, signal: AbortSignal) => Promise<void>) | undefined;
}>;

/** A client of `POST /v1/events`. */
export interface EventPublisher {
  /**
   * Sends the events in order, in as many requests as the API's limits demand, and returns what became of each, in
   * the order given. Waits and sends again while the API is busy or away; as `(source, id)` is an event's identity,
   * that adds nothing twice. Not to be called again before it settles: order would be lost.
   * @throws PublishRefused the API does not take requests like this
   * @throws PublisherUnavailable after `patienceMs`
   * @throws PublishStopped after `stop`
   * @throws UnreadableAnswer
   */
  publish(events: readonly CloudEvent[]): Promise<IngestBatchResult>;
}

type PackedEvent = Packed<CloudEvent>;
type Settled = Extract<Attempt, { outcome: 'answered' | 'too-large' }>;

export function openPublisher(options: PublisherOptions): EventPublisher {
  const sender = new Sender(options);
  return {
    async publish(events) {
      const items: IngestResult[] = [];
      for (const batch of inBatches(events.map((event) => pack(event)))) items.push(...(await sender.send(batch)));
      return tally(items);
    },
  };
}

/** Counts what became of the events. */
function tally(items: readonly IngestResult[]): IngestBatchResult {
  const count = (status: IngestResult['status']): number => items.filter((item) => item.status === status).length;
  return {
    accepted: count('accepted'),
    duplicates: count('duplicate'),
    rejected: count('rejected'),
    items: [...items],
  };
}

class Sender {
  readonly #options: PublisherOptions;
  readonly #url: string;

  constructor(options: PublisherOptions) {
    this.#options = options;
    this.#url = `${options.url}/v1/events`;
  }

  /** Halves a request that is too large until it fits; an event that is too large alone counts as rejected. */
  async send(batch: readonly PackedEvent[]): Promise<IngestResult[]> {
    const settled = await this.#settle(batch);
    if (settled.outcome === 'answered') return settled.result.items;
    const [only] = batch;
    if (only !== undefined && batch.length === 1) return [tooLarge(only, settled.detail)];
    const middle = Math.ceil(batch.length / 2);
    return [...(await this.send(batch.slice(0, middle))), ...(await this.send(batch.slice(middle)))];
  }

  /** Tries until the API has said something final about this request. */
  async #settle(batch: readonly PackedEvent[]): Promise<Settled> {
    const { wait = waitFor, elapsedMs = () => performance.now(), onWait, stop } = this.#options;
    const patience = new Patience(this.#url, this.#options.patienceMs ?? Infinity);
    for (;;) {
      if (stop.aborted) throw new PublishStopped();
      const tried = await this.#attempt(batch);
      if (tried.outcome === 'answered' || tried.outcome === 'too-large') return tried;

      const delayMs = patience.nextDelayMs(tried, elapsedMs());
      onWait?.(tried.reason, delayMs);
      await wait(delayMs, stop);
    }
  }

  async #attempt(batch: readonly PackedEvent[]): Promise<Attempt> {
    const { stop, requestTimeoutMs = 30_000, stopGraceMs = 3_000 } = this.#options;
    const grace = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    const beginGrace = (): void => {
      timer = setTimeout(() => {
        grace.abort();
      }, stopGraceMs);
    };
    stop.addEventListener('abort', beginGrace, { once: true });
    try {
      return await attempt({
        url: this.#url,
        apiKey: this.#options.apiKey,
        body: bodyOf(batch),
        eventCount: batch.length,
        signal: AbortSignal.any([grace.signal, AbortSignal.timeout(requestTimeoutMs)]),
        fetch: this.#options.fetch ?? fetch,
      });
    } finally {
      stop.removeEventListener('abort', beginGrace);
      clearTimeout(timer);
    }
  }
}

function tooLarge({ item, sizeBytes }: PackedEvent, detail: string): IngestResult {
  return {
    id: item.id,
    source: item.source,
    status: 'rejected',
    problem: {
      type: 'about:blank',
      title: 'Too large',
      status: 413,
      detail: `${detail} The event has ${sizeBytes} bytes; send it in smaller parts.`,
      code: 'publisher/too-large',
    },
  };
}

type Wait = Extract<Attempt, { outcome: 'slow-down' | 'unavailable' }>;

/** How long to wait before one request is tried again, and when to give up. */
class Patience {
  readonly #url: string;
  readonly #patienceMs: number;
  #backoffMs = FIRST_BACKOFF_MS;
  #unavailableSince: number | undefined;

  constructor(url: string, patienceMs: number) {
    this.#url = url;
    this.#patienceMs = patienceMs;
  }

  /** @throws PublisherUnavailable when the wait would end after the patience */
  nextDelayMs({ outcome, reason, afterMs }: Wait, nowMs: number): number {
    const delayMs = Math.min(afterMs ?? this.#backoffMs, LONGEST_RETRY_AFTER_MS);
    this.#backoffMs = Math.min(this.#backoffMs * 2, LONGEST_BACKOFF_MS);
    if (outcome === 'slow-down') {
      this.#unavailableSince = undefined; // it is there, and says when
      return delayMs;
    }
    this.#unavailableSince ??= nowMs;
    const waitedMs = nowMs - this.#unavailableSince;
    if (waitedMs + delayMs > this.#patienceMs) throw new PublisherUnavailable(this.#url, reason, waitedMs);
    return delayMs;
  }
}

/** Ends early, without an error, when the signal is aborted. */
async function waitFor(delayMs: number, signal: AbortSignal): Promise<void> {
  try {
    await delay(delayMs, undefined, { signal });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
