import { START, type Position, type RecordedEvent } from '../event-store.ts';
import { approximateBytes } from './approximate-bytes.ts';

export type RingLimits = Readonly<{ events: number; bytes: number }>;

/**
 * The newest events of a log that were read, as one contiguous range of it: every event after `from`, up to and with
 * `to`, is held. Positions may have holes, so only a read that began at `to` may be put behind it.
 */
export class EventRing {
  private readonly limits: RingLimits;
  private events: RecordedEvent[] = [];
  private sizes: number[] = [];
  private bytes = 0;
  private start: Position = START;
  private end: Position = START;

  constructor(limits: RingLimits) {
    this.limits = limits;
  }

  /** Exclusive. */
  get from(): Position {
    return this.start;
  }

  /** Inclusive. */
  get to(): Position {
    return this.end;
  }

  get heldBytes(): number {
    return this.bytes;
  }

  get size(): number {
    return this.events.length;
  }

  /** Forgets everything and begins anew after a position. */
  rebase(at: Position): void {
    this.events = [];
    this.sizes = [];
    this.bytes = 0;
    this.start = at;
    this.end = at;
  }

  /** Adds all events of a read that began after `base`; one that began elsewhere is left out. @returns whether it fitted */
  push(base: Position, events: readonly RecordedEvent[]): boolean {
    if (base !== this.end) return false;
    for (const event of events) {
      const size = approximateBytes(event);
      this.events.push(event);
      this.sizes.push(size);
      this.bytes += size;
      this.end = event.position;
    }
    this.evict();
    return true;
  }

  /** The events after a position within the range; `undefined` when the ring cannot tell. */
  after(position: Position, limit: number): readonly RecordedEvent[] | undefined {
    if (position < this.start || position >= this.end) return undefined;
    const first = this.indexAfter(position);
    return this.events.slice(first, first + limit);
  }

  private evict(): void {
    let gone = 0;
    let bytes = this.bytes;
    while (gone < this.events.length && (this.events.length - gone > this.limits.events || bytes > this.limits.bytes)) {
      bytes -= this.sizes[gone] ?? 0;
      gone += 1;
    }
    if (gone === 0) return;
    this.start = this.events[gone - 1]?.position ?? this.start;
    this.events.splice(0, gone);
    this.sizes.splice(0, gone);
    this.bytes = bytes;
  }

  private indexAfter(position: Position): number {
    let low = 0;
    let high = this.events.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.events[middle]?.position ?? Infinity) <= position) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
