import { position, WakeSignal, type Position } from '#libs/event-store';
import { SECOND_MS } from '#libs/kernel';
import type { PublishedEventsQuestion, PublishedPage } from '../relay/published-events.ts';
import { deliveredEvent, FROM_LOG, lowerCaseNames, type DeliveredEvent } from './delivered-event.ts';
import { LogEndsBefore, LogOfOlderEpoch } from '../errors.ts';
import { logPlaceOf } from '../incoming-event.ts';
import { sharedPosition } from './slot-queue.ts';
import type { SlotWorker } from './slot-worker.ts';

export type CatchUpOptions = Readonly<{
  ask: (question: Pick<PublishedEventsQuestion, 'slots' | 'after' | 'limit'>) => Promise<PublishedPage>;
  /** The slots that are held now. */
  workers: ReadonlyMap<number, SlotWorker>;
  /** Resolves when there is room for more events. */
  room: () => Promise<void>;
  /** Told of the slots that may have got work, and how many events were new. */
  onEvents: (slots: readonly number[], fresh: number) => void;
  /** The slot must be opened anew. */
  onOutOfPlace: (worker: SlotWorker, error: unknown) => void;
  onFailure: (error: unknown) => void;
}>;

const PAGE = 256;
/** Beyond every log. */
const ANYWHERE = position(Number.MAX_SAFE_INTEGER);
/** So many failures in a row are seen in health only. */
const QUIET_FAILURES = 2;
const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 5 * SECOND_MS;

/**
 * Takes from the producing service's log what the bus did not bring: what retention removed, what the broker lost, what
 * another instance pulled and did not hand over. The log is the truth, so it also says which life of the store runs.
 */
export class CatchUp {
  private readonly options: CatchUpOptions;
  private readonly wanted = new Set<number>();
  private readonly wake = new WakeSignal();
  private readonly stopping = new AbortController();
  private running: Promise<void> | undefined;
  private failure: string | null = null;

  constructor(options: CatchUpOptions) {
    this.options = options;
  }

  /** Why the log could not be asked, for health. */
  get trouble(): string | null {
    return this.failure;
  }

  start(): void {
    this.running = this.run();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  /** These slots may lack events. */
  want(slots: Iterable<number>): void {
    for (const slot of slots) this.wanted.add(slot);
    this.wake.notify();
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    for (let failures = 0; !signal.aborted;) {
      const slots = [...this.wanted].filter((slot) => this.options.workers.has(slot));
      this.wanted.clear();
      if (slots.length === 0) {
        this.failure = null;
        await this.wake.wait(SECOND_MS, signal);
        continue;
      }
      try {
        await this.pass(slots);
        failures = 0;
        this.failure = null;
      } catch (error) {
        this.failure = error instanceof Error ? error.message : String(error);
        // A service that starts with others finds them a moment later.
        if (failures >= QUIET_FAILURES) this.options.onFailure(error);
        for (const slot of slots) this.wanted.add(slot);
        await new WakeSignal().wait(Math.min(FIRST_PAUSE_MS * 2 ** failures, LONGEST_PAUSE_MS), signal);
        failures += 1;
      }
    }
  }

  /** Reads the log onwards for some slots, until its end. */
  private async pass(slots: readonly number[]): Promise<void> {
    const { ask, workers, room } = this.options;
    for (;;) {
      const open = slots.flatMap((slot) => workers.get(slot) ?? []).filter(({ isClosed }) => !isClosed);
      if (open.length === 0 || this.stopping.signal.aborted) return;
      const asked = open.map(({ queue: { known }, epoch }) => ({ known, epoch }));
      const after = asked.reduce((least, { known }) => (known < least ? known : least), ANYWHERE);
      const answer = await ask({ slots: open.map(({ slot }) => slot), after, limit: PAGE });
      refuseIfItEndsBefore(asked, answer);
      await this.absorb(open, answer, after);
      if (!answer.more) return;
      await room();
    }
  }

  private async absorb(open: readonly SlotWorker[], answer: PublishedPage, after: Position): Promise<void> {
    const bySlot = Map.groupBy(eventsOf(answer), ({ place }) => place.slot);
    let fresh = 0;
    for (const worker of open) {
      if (!(await this.isInEpoch(worker, answer))) continue;
      // It went back into what another life shares with this one: the answer begins too late for it.
      if (worker.queue.known < after) this.want([worker.slot]);
      else fresh += worker.queue.extend(bySlot.get(worker.slot) ?? [], answer.scanned).length;
    }
    this.options.onEvents(
      open.map(({ slot }) => slot),
      fresh,
    );
  }

  private async isInEpoch(worker: SlotWorker, { epoch, lives }: PublishedPage): Promise<boolean> {
    if (worker.epoch === epoch) return true;
    if (worker.epoch > epoch) throw new LogOfOlderEpoch(worker.epoch, epoch);
    try {
      // What was applied before the first life was learned is of that one; nobody can tell better.
      const shared = worker.epoch === 0 ? ANYWHERE : sharedPosition({ epoch: worker.epoch, position: ANYWHERE }, lives);
      await worker.enterEpoch(epoch, shared);
      return true;
    } catch (error) {
      this.options.onOutOfPlace(worker, error);
      return false;
    }
  }
}

/** @param asked what was known when the log was asked: it has grown since, or it went back */
function refuseIfItEndsBefore(
  asked: readonly Readonly<{ epoch: number; known: Position }>[],
  { epoch, scanned, more }: PublishedPage,
): void {
  if (more) return;
  const beyond = asked.find((slot) => slot.epoch === epoch && slot.known > scanned);
  if (beyond) throw new LogEndsBefore(beyond.known, scanned, epoch);
}

function eventsOf({ events }: PublishedPage): readonly DeliveredEvent[] {
  return events.flatMap(({ subject, headers, body }) => {
    const raw = { subject, headers: lowerCaseNames(headers), body };
    const place = logPlaceOf(raw.headers);
    return place ? [deliveredEvent(raw, place, FROM_LOG)] : [];
  });
}
