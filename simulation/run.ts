import type { IngestBatchResult } from '#libs/contracts';
import { PublishStopped } from '../tools/publisher/publisher.errors.ts';
import type { EventPublisher } from '../tools/publisher/event-publisher.ts';
import type { Label } from './label.ts';
import { Pace } from './pace.ts';
import type { SimulatedEvent } from './publication.ts';
import type { SimulationState } from './state.ts';

const BATCH_EVENTS = 200;
/** A history is sent in the largest requests that the API takes. */
const HISTORY_BATCH_EVENTS = 1_000;

export type Totals = { sent: number; accepted: number; duplicates: number; rejected: number };

export type RunPlan = Readonly<{
  /** From the first event of the business on. */
  events: Iterable<SimulatedEvent>;
  state: SimulationState;
  /** Up to here events are sent as fast as the API takes them; then time goes on at its speed. */
  historyEndMs: number;
  /** Simulated time per real time. */
  speed: number;
  /** Simulated time at which it is over; `Infinity` for never. */
  endMs: number;
  /** Real time after the history in which it is over. @default Infinity */
  longestMs?: number;
  /** Real time between two looks for what is due. */
  tickMs: number;
  publisher: EventPublisher;
  stop: AbortSignal;
  /** Steady real time in milliseconds. */
  elapsedMs: () => number;
  /** Ends early when stopped. */
  wait: (delayMs: number) => Promise<void>;
  save: (state: SimulationState) => void;
  /** Told of each label that was not told before, once what it is about was confirmed. */
  onLabels: (labels: readonly Label[]) => void;
  /** Told after each confirmed batch. */
  onBatch: (result: IngestBatchResult, totals: Readonly<Totals>, state: SimulationState) => void;
}>;

/**
 * Publishes the history at once, then each event when the simulated clock reaches it; in order and one request at a time,
 * until it is over or stopped. State is saved after each confirmed batch, so a crash repeats at most that batch.
 */
export async function runSimulation(plan: RunPlan): Promise<SimulationState> {
  const { publisher, stop, save } = plan;
  const totals: Totals = { sent: 0, accepted: 0, duplicates: 0, rejected: 0 };
  const queue = new DueQueue(plan.events, plan.state.lastBatchFrom);
  const clock = new SimulatedClock(plan);
  let state = plan.state;
  while (!stop.aborted) {
    const dueMs = clock.dueMs();
    const batch = queue.upTo(dueMs, plan.endMs, clock.isHistory ? HISTORY_BATCH_EVENTS : BATCH_EVENTS);
    const [first] = batch;
    const last = batch.at(-1);
    if (first === undefined || last === undefined) {
      state = { ...state, simulatedTime: new Date(dueMs).toISOString() };
      if (clock.isOver(dueMs)) break;
      await clock.wait();
      continue;
    }
    const result = await publishUnlessStopped(publisher, batch);
    if (result === undefined) break;
    tellLabels(plan, state, batch);
    const simulatedTime = new Date(clock.isHistory ? last.atMs : dueMs).toISOString();
    state = { ...state, simulatedTime, lastBatchFrom: first.counter, lastConfirmed: last.counter };
    save(state);
    plan.onBatch(result, count(totals, result), state);
  }
  // An event that was due and not confirmed is sent by the next run, since its time has passed by then.
  save(state);
  return state;
}

/** First the history, all of which is due; then time that passes. */
class SimulatedClock {
  readonly #plan: RunPlan;
  readonly #historyEndMs: number;
  #startedAtMs = 0;
  #pace: Pace | undefined;

  constructor(plan: RunPlan) {
    this.#plan = plan;
    this.#historyEndMs = Math.min(plan.historyEndMs, plan.endMs);
    const cameToMs = Date.parse(plan.state.simulatedTime);
    if (cameToMs >= this.#historyEndMs) this.#start(cameToMs);
  }

  get isHistory(): boolean {
    return this.#pace === undefined;
  }

  dueMs(): number {
    return this.#pace?.simulatedMs(this.#plan.elapsedMs()) ?? this.#historyEndMs;
  }

  isOver(dueMs: number): boolean {
    const { endMs, elapsedMs, longestMs = Infinity } = this.#plan;
    return dueMs >= endMs || (!this.isHistory && elapsedMs() - this.#startedAtMs >= longestMs);
  }

  async wait(): Promise<void> {
    if (this.isHistory) this.#start(this.#historyEndMs);
    else await this.#plan.wait(this.#plan.tickMs);
  }

  #start(fromMs: number): void {
    this.#startedAtMs = this.#plan.elapsedMs();
    this.#pace = new Pace(fromMs, this.#startedAtMs, this.#plan.speed, this.#plan.endMs);
  }
}

function tellLabels({ onLabels }: RunPlan, { lastConfirmed }: SimulationState, batch: readonly SimulatedEvent[]): void {
  const labels = batch.filter(({ counter }) => counter > lastConfirmed).flatMap((event) => event.labels);
  if (labels.length > 0) onLabels(labels);
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

  upTo(simulatedMs: number, endMs: number, most: number): SimulatedEvent[] {
    const due: SimulatedEvent[] = [];
    while (due.length < most) {
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
