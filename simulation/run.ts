import type { IngestBatchResult } from '#libs/contracts';
import { PublishStopped } from '../tools/publisher/publisher.errors.ts';
import type { EventPublisher } from '../tools/publisher/event-publisher.ts';
import type { Pace } from './pace.ts';
import type { SimulatedEvent } from './publication.ts';
import type { SimulationState } from './state.ts';

const TICK_MS = 200;
const BATCH_EVENTS = 200;

export type Totals = { sent: number; accepted: number; duplicates: number; rejected: number };

export type RunPlan = Readonly<{
  /** From the first event of the restaurant on. */
  events: Iterable<SimulatedEvent>;
  state: SimulationState;
  pace: Pace;
  /** Simulated time at which it is over; `Infinity` for never. */
  endMs: number;
  publisher: EventPublisher;
  stop: AbortSignal;
  /** Steady real time in milliseconds. */
  elapsedMs: () => number;
  /** Ends early when stopped. */
  wait: (delayMs: number) => Promise<void>;
  save: (state: SimulationState) => void;
  /** Told after each confirmed batch. */
  onBatch: (result: IngestBatchResult, totals: Readonly<Totals>, state: SimulationState) => void;
}>;

/**
 * Publishes each event when the simulated clock reaches it, in order and one request at a time, until it is over or
 * stopped. State is saved after each confirmed batch, so a crash repeats at most that batch.
 */
export async function runSimulation(plan: RunPlan): Promise<SimulationState> {
  const { publisher, pace, stop, elapsedMs, endMs, save } = plan;
  const totals: Totals = { sent: 0, accepted: 0, duplicates: 0, rejected: 0 };
  const queue = new DueQueue(plan.events, plan.state.lastBatchFrom);
  let state = plan.state;
  while (!stop.aborted) {
    const simulatedMs = pace.simulatedMs(elapsedMs());
    const batch = queue.upTo(simulatedMs, endMs);
    const [first] = batch;
    const last = batch.at(-1);
    state = { ...state, simulatedTime: new Date(simulatedMs).toISOString() };
    if (first === undefined || last === undefined) {
      if (simulatedMs >= endMs) break;
      await plan.wait(TICK_MS);
      continue;
    }
    const result = await publishUnlessStopped(publisher, batch);
    if (result === undefined) break;
    state = { ...state, lastBatchFrom: first.counter, lastConfirmed: last.counter };
    save(state);
    plan.onBatch(result, count(totals, result), state);
  }
  // An event that was due and not confirmed is sent by the next run, since its time has passed by then.
  save(state);
  return state;
}

async function publishUnlessStopped(
  publisher: EventPublisher,
  batch: readonly SimulatedEvent[],
): Promise<IngestBatchResult | undefined> {
  try {
    return await publisher.publish(batch.map(({ event }) => event));
  } catch (error) {
    if (error instanceof PublishStopped) return undefined;
    throw error;
  }
}

function count(totals: Totals, result: IngestBatchResult): Totals {
  totals.sent += result.items.length;
  totals.accepted += result.accepted;
  totals.duplicates += result.duplicates;
  totals.rejected += result.rejected;
  return totals;
}

/** Draws events from the endless sequence only as they become due. */
class DueQueue {
  readonly #events: Iterator<SimulatedEvent>;
  readonly #firstCounter: number;
  #next: SimulatedEvent | undefined;

  constructor(events: Iterable<SimulatedEvent>, firstCounter: number) {
    this.#events = events[Symbol.iterator]();
    this.#firstCounter = firstCounter;
  }

  upTo(simulatedMs: number, endMs: number): SimulatedEvent[] {
    const due: SimulatedEvent[] = [];
    while (due.length < BATCH_EVENTS) {
      const next = this.#peek();
      if (next === undefined || next.atMs > simulatedMs || next.atMs >= endMs) break;
      due.push(next);
      this.#next = undefined;
    }
    return due;
  }

  #peek(): SimulatedEvent | undefined {
    while (this.#next === undefined) {
      const drawn = this.#events.next();
      if (drawn.done === true) return undefined;
      if (drawn.value.counter >= this.#firstCounter) this.#next = drawn.value;
    }
    return this.#next;
  }
}
