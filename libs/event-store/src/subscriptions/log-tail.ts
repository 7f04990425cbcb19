import { START, type EventStore, type Position, type RecordedEvent } from '../event-store.ts';
import { EventRing, type RingLimits } from './event-ring.ts';
import { PageSize } from './page-size.ts';

/** A way to read a log onwards; a relay or a subscription needs no more. */
export interface LogReader {
  /**
   * The next events after a position, oldest first and without a gap; none at the end of the log. Fewer than `limit`
   * do not mean the end: pages are bounded in bytes, too.
   */
  readAfter(after: Position, limit: number): Promise<readonly RecordedEvent[]>;
}

export type LogTailOptions = Readonly<{
  /** What is held in memory. @default 4,096 events, 16 MiB */
  ring?: RingLimits;
  /** About how many bytes one read may bring. @default 4 MiB */
  pageBytes?: number;
}>;

type Log = Pick<EventStore, 'readAll' | 'onCommit'>;

const RING: RingLimits = { events: 4_096, bytes: 16 * 1024 * 1024 };
const PAGE_BYTES = 4 * 1024 * 1024;
/** A read at the end of the log brings at least what this many events take, for readers that ask for less. */
const SMALLEST_TAIL_READ = 256;

const tails = new WeakMap<Log, LogTail>();

/**
 * The end of a log, read once for all readers of a process. Who is within the newest events is served from memory;
 * who is behind pages through the database until it meets them. Reads of the same range are shared.
 */
export class LogTail implements LogReader {
  private readonly log: Log;
  private readonly ring: EventRing;
  private readonly pageSize: PageSize;
  private readonly pages = new Map<string, Promise<readonly RecordedEvent[]>>();
  private readonly watchers = new Map<() => void, number>();
  private reading: Promise<void> | undefined;
  private stopListening: (() => void) | undefined;
  private timer: NodeJS.Timeout | undefined;
  private confirmedEpoch: number | undefined;
  private known: Position = START;
  /** Rises with each sign that there may be new events. */
  private news = 0;
  /** Where the log ended, in a read that began when `news` was so many. */
  private end = { position: START, news: -1 };

  constructor(log: Log, { ring = RING, pageBytes = PAGE_BYTES }: LogTailOptions = {}) {
    this.log = log;
    this.ring = new EventRing(ring);
    this.pageSize = new PageSize(pageBytes);
  }

  /** The tail that all readers of a store share. */
  static of(log: Log): LogTail {
    const tail = tails.get(log) ?? new LogTail(log);
    tails.set(log, tail);
    return tail;
  }

  /** The epoch that a reader confirmed last; events that were read under another one may be gone. */
  get epoch(): number | undefined {
    return this.confirmedEpoch;
  }

  /** The newest position that this process knows of: of its own commits and of what it read. */
  get head(): Position {
    return this.known;
  }

  /** Whether there may be more after a position: no, when a read found the end there and nothing was heard since. */
  mayFollow(position: Position): boolean {
    return position < this.end.position || this.end.news !== this.news;
  }

  /** Events held in memory, and about how many bytes they take. */
  get held(): Readonly<{ events: number; bytes: number }> {
    return { events: this.ring.size, bytes: this.ring.heldBytes };
  }

  async readAfter(after: Position, limit: number): Promise<readonly RecordedEvent[]> {
    const held = this.ring.after(after, limit);
    if (held) return held;
    return after < this.ring.to ? this.page(after, limit) : this.advance(after, limit);
  }

  /**
   * Forgets what is in memory when the store's epoch is another one than before: after a restore the same positions may
   * hold other events.
   */
  confirmEpoch(epoch: number): void {
    if (this.confirmedEpoch === epoch) return;
    this.confirmedEpoch = epoch;
    this.ring.rebase(START);
    this.known = START;
    this.end = { position: START, news: -1 };
  }

  /** Calls back when there may be new events: after commits, `notify`, and each `pollMs`. Returns the way to stop. */
  watch(listener: () => void, pollMs: number): () => void {
    this.watchers.set(listener, pollMs);
    // What was committed while nobody listened is news, too.
    if (!this.stopListening) this.news += 1;
    this.stopListening ??= this.log.onCommit((head) => {
      if (head > this.known) this.known = head;
      this.notify();
    });
    this.schedule();
    return () => {
      this.watchers.delete(listener);
      this.schedule();
      if (this.watchers.size > 0) return;
      this.stopListening?.();
      this.stopListening = undefined;
    };
  }

  /** There may be new events. All readers are woken in one turn, so that their reads are one. */
  notify(): void {
    this.news += 1;
    for (const listener of this.watchers.keys()) listener();
  }

  /** One timer for all, at the pace of the one who wants to be asked most often. */
  private schedule(): void {
    clearInterval(this.timer);
    this.timer = undefined;
    if (this.watchers.size === 0) return;
    this.timer = setInterval(
      () => {
        this.notify();
      },
      Math.min(...this.watchers.values()),
    );
  }

  /** Reads on from the ring's end, or makes the reader's position its end. */
  private async advance(after: Position, limit: number): Promise<readonly RecordedEvent[]> {
    if (after > this.ring.to) this.ring.rebase(after);
    if (this.reading) {
      await this.reading;
      // That read may have begun before the commit that we were woken for: an empty answer is worth another look.
      if (this.ring.to !== after) return this.readAfter(after, limit);
    }
    this.reading ??= this.readOn(after, Math.max(limit, SMALLEST_TAIL_READ)).finally(() => {
      this.reading = undefined;
    });
    await this.reading;
    return this.ring.after(after, limit) ?? (this.ring.to === after ? [] : this.page(after, limit));
  }

  private async readOn(after: Position, limit: number): Promise<void> {
    const { epoch } = this;
    const events = await this.read(after, limit);
    if (epoch === this.epoch) this.ring.push(after, events);
  }

  private page(after: Position, limit: number): Promise<readonly RecordedEvent[]> {
    const key = `${after}/${limit}`;
    const page =
      this.pages.get(key) ??
      this.read(after, limit).finally(() => {
        this.pages.delete(key);
      });
    this.pages.set(key, page);
    return page;
  }

  private async read(after: Position, wanted: number): Promise<readonly RecordedEvent[]> {
    const { epoch, news } = this;
    const limit = this.pageSize.limit(wanted);
    const events = await this.log.readAll({ after, limit });
    if (epoch !== this.epoch) return events;
    const reached = events.at(-1)?.position ?? after;
    this.pageSize.learn(events);
    if (events.length > 0 && reached > this.known) this.known = reached;
    if (events.length < limit && reached >= this.end.position) this.end = { position: reached, news };
    return events;
  }
}
