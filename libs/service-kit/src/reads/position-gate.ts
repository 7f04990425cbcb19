import type { EpochPosition, WantedPosition } from '#libs/contracts';
import type { Clock } from '#libs/kernel';
import type { LogProgress, Position } from '#libs/event-store';
import { OtherEpoch, ReadModelBehind, UnknownPosition } from './read.errors.ts';
import { SharedLook } from './shared-look.ts';

export type PositionGateOptions = Readonly<{
  /** Asks the database for epoch and head, and for where each projection of the service stands. */
  look: () => Promise<LogProgress>;
  clock: Clock;
  /** How long a reader waits at most. */
  waitMs: number;
  /** Calls back after so long, unless it is cancelled by what it returns. Default: the machine's timers. */
  after?: (ms: number, callback: () => void) => () => void;
}>;

type Known = LogProgress & Readonly<{ sinceMs: number }>;
type Waiter = Readonly<{ position: number; pass: () => void; fail: (error: unknown) => void }>;

/** While somebody waits: what another instance projects is seen this soon. What this one projects wakes at once. */
const POLL_MS = 25;
/** For the answers of those who wait for nothing: what is known may be so old. */
const FRESH_MS = 100;
/** The same while the read models contain the whole log, as far as anybody told us of it. */
const FRESH_AT_HEAD_MS = 1_000;

/**
 * Holds a reader back until all projections of the service have reached a position, so that a client
 * can read what it wrote, and says how far they are.
 *
 * However many readers there are, the database is asked one question at a time: afresh for those who want
 * to wait and again at each progress while they do, and ten times a second at most for all others.
 */
export class PositionGate {
  private readonly options: PositionGateOptions;
  private readonly after: (ms: number, callback: () => void) => () => void;
  private readonly looks: SharedLook<Known>;
  private readonly waiters = new Set<Waiter>();
  private known: Known | undefined;
  private appendedTo = 0;
  private isPolling = false;

  constructor(options: PositionGateOptions) {
    this.options = options;
    this.after = options.after ?? machineTimer;
    this.looks = new SharedLook(async () => {
      const sinceMs = this.nowMs();
      const known = { ...(await options.look()), sinceMs };
      this.learn(known);
      return known;
    });
  }

  /** The log has grown, whoever appended: what is known of the read models is not all any more. */
  appended(head: Position): void {
    this.appendedTo = Math.max(this.appendedTo, head);
  }

  /** A projection of this process has moved: whoever waits may be let through. */
  projected(): void {
    if (this.waiters.size > 0) void this.lookForWaiters();
  }

  /**
   * What a position of this log is called now.
   * @throws StoreUnavailable when the epoch is not known yet and the database does not answer
   */
  async named(position: Position): Promise<EpochPosition> {
    const { epoch } = this.known ?? (await this.looks.afresh());
    return { epoch, position };
  }

  /** The newest position of the log, as of a moment after this call. @throws StoreUnavailable */
  async newest(): Promise<EpochPosition> {
    const { epoch, head } = await this.looks.afresh();
    return { epoch, position: head };
  }

  /** What the read models contain at least: everything up to this position. @throws StoreUnavailable */
  async reached(): Promise<EpochPosition> {
    return reachedIn(this.fresh() ?? (await this.looks.sharing()));
  }

  /**
   * Waits until the read models contain everything up to the position.
   * @param atMostMs for a reader who has less time than `waitMs`
   * @returns what they contain then
   * @throws OtherEpoch, UnknownPosition at once; ReadModelBehind after the smaller of both times; StoreUnavailable
   */
  async waitFor(wanted: WantedPosition, atMostMs = Infinity): Promise<EpochPosition> {
    const known = await this.looks.afresh();
    const { epoch, head } = known;
    if (wanted.epoch !== undefined && wanted.epoch !== epoch) throw new OtherEpoch(wanted.epoch, epoch);
    if (wanted.position > head) throw new UnknownPosition(wanted.position, { epoch, position: head });
    if (slowestIn(known).position < wanted.position)
      await this.untilReached(wanted.position, Math.max(0, Math.min(this.options.waitMs, atMostMs)));
    return reachedIn(this.known ?? known);
  }

  private async untilReached(position: number, waitMs: number): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    const pass = (): void => {
      resolve(undefined);
    };
    const waiter = { position, pass, fail: reject };
    const cancel = this.after(waitMs, () => {
      reject(this.behind(position, waitMs));
    });
    this.waiters.add(waiter);
    this.poll();
    try {
      await promise;
    } finally {
      cancel();
      this.waiters.delete(waiter);
    }
  }

  private poll(): void {
    if (this.isPolling || this.waiters.size === 0) return;
    this.isPolling = true;
    this.after(POLL_MS, () => {
      void this.lookForWaiters().then(() => {
        this.isPolling = false;
        this.poll();
      });
    });
  }

  /** Never rejects: those who wait are told. */
  private async lookForWaiters(): Promise<void> {
    try {
      await this.looks.afresh();
    } catch (error) {
      for (const waiter of this.waiters) waiter.fail(error);
    }
  }

  private learn(known: Known): void {
    const before = this.known;
    this.known = known;
    if (before !== undefined && before.epoch !== known.epoch) {
      this.appendedTo = 0;
      for (const waiter of this.waiters) waiter.fail(new OtherEpoch(before.epoch, known.epoch));
    }
    const { position } = slowestIn(known);
    for (const waiter of this.waiters) if (waiter.position <= position) waiter.pass();
  }

  private fresh(): Known | undefined {
    if (!this.known) return undefined;
    const isAtHead = slowestIn(this.known).position >= Math.max(this.known.head, this.appendedTo);
    const ageMs = this.nowMs() - this.known.sinceMs;
    return ageMs <= (isAtHead ? FRESH_AT_HEAD_MS : FRESH_MS) ? this.known : undefined;
  }

  private behind(wanted: number, waitedMs: number): unknown {
    if (!this.known) return new Error('A reader waits for a log of which nothing is known.');
    const { name: projection, position } = slowestIn(this.known);
    const at = { epoch: this.known.epoch, position };
    return new ReadModelBehind({ projection, at }, { wanted, waitedMs: Math.round(waitedMs) });
  }

  private nowMs(): number {
    return this.options.clock.now().getTime();
  }
}

/** A service without projections reads nothing that could be behind. */
function slowestIn({ head, subscribers }: LogProgress): Readonly<{ name: string; position: Position }> {
  return subscribers.reduce((slowest, one) => (one.position < slowest.position ? one : slowest), {
    name: 'none',
    position: head,
  });
}

function reachedIn(known: Known): EpochPosition {
  return { epoch: known.epoch, position: slowestIn(known).position };
}

function machineTimer(ms: number, callback: () => void): () => void {
  const timer = setTimeout(callback, ms);
  return () => {
    clearTimeout(timer);
  };
}
