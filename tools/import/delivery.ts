import { parseBusinessEvent, parseStructured } from '#libs/contracts';
import type { CloudEvent, IngestBatchResult, IngestResult } from '#libs/contracts';
import { DomainError } from '#libs/kernel';
import type { EventPublisher } from '../publisher/event-publisher.ts';
import type { PlannedEvent } from './shop-events.ts';

export type DeliveryCounts = Readonly<{
  sent: number;
  accepted: number;
  duplicates: number;
  rejected: number;
  /** Not sent, as an interrupted run had them confirmed. */
  skipped: number;
}>;

type DeliveryPlan = Readonly<{
  publisher: EventPublisher;
  batchEvents: number;
  /** Up to this line an interrupted run had everything confirmed. */
  confirmedLine: number;
  onConfirmed: (line: number) => void;
  onRejected: (planned: PlannedEvent, result: IngestResult) => void;
}>;

/** Sends planned events in order and in batches, and keeps count. */
export class Delivery {
  readonly #plan: DeliveryPlan;
  readonly #queue: PlannedEvent[] = [];
  readonly #counts = { sent: 0, accepted: 0, duplicates: 0, rejected: 0, skipped: 0 };
  #confirmedLine: number;

  constructor(plan: DeliveryPlan) {
    this.#plan = plan;
    this.#confirmedLine = plan.confirmedLine;
  }

  get counts(): DeliveryCounts {
    return { ...this.#counts };
  }

  /** Whether a batch waits to be sent. */
  get isFull(): boolean {
    return this.#queue.length >= this.#plan.batchEvents;
  }

  get isEmpty(): boolean {
    return this.#queue.length === 0;
  }

  add(events: readonly PlannedEvent[]): void {
    for (const planned of events) {
      // The first batch is always sent: it shows whether the API still has what was confirmed.
      const isKnown = this.#counts.sent > 0 && planned.lastLine <= this.#confirmedLine;
      if (isKnown) this.#counts.skipped += 1;
      else this.#queue.push(planned);
    }
  }

  /** Sends one batch, or the rest. */
  async send(): Promise<void> {
    const batch = this.#queue.slice(0, this.#plan.batchEvents);
    const last = batch.at(-1);
    if (last === undefined) return;
    const result = await this.#plan.publisher.publish(batch.map(({ event }) => event));
    this.#queue.splice(0, batch.length);
    this.#count(result, batch);
    // What was rejected is sent, and so reported, again by a run that goes on from here.
    if (this.#counts.rejected > 0) return;
    const line = last.endsRun ? last.lastLine : last.firstLine - 1;
    this.#confirmedLine = Math.max(this.#confirmedLine, line);
    this.#plan.onConfirmed(this.#confirmedLine);
  }

  #count(result: IngestBatchResult, batch: readonly PlannedEvent[]): void {
    const isFirst = this.#counts.sent === 0;
    this.#counts.sent += batch.length;
    this.#counts.accepted += result.accepted;
    this.#counts.duplicates += result.duplicates;
    this.#counts.rejected += result.rejected;
    for (const [index, item] of result.items.entries()) {
      const planned = batch[index];
      if (item.status === 'rejected' && planned !== undefined) this.#plan.onRejected(planned, item);
    }
    // What was confirmed once is new to this API, so it has other data now: everything is sent.
    if (isFirst && result.accepted > 0) this.#confirmedLine = 0;
  }
}

/** Checks events as the API does, and sends nothing. */
export function dryPublisher(): EventPublisher {
  return {
    publish(events) {
      const items = events.map(checked);
      const rejected = items.filter(({ status }) => status === 'rejected').length;
      return Promise.resolve({ accepted: items.length - rejected, duplicates: 0, rejected, items });
    },
  };
}

function checked(event: CloudEvent): IngestResult {
  const { id, source } = event;
  try {
    parseBusinessEvent(parseStructured(event));
    return { id, source, status: 'accepted' };
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    const problem = { type: 'about:blank', title: 'Invalid', status: 422, detail: error.message, code: error.code };
    return { id, source, status: 'rejected', problem };
  }
}
