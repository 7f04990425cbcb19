import type { RecordedEvent } from '../event-store.ts';
import { approximateBytes } from './approximate-bytes.ts';

const SMALLEST_PAGE = 16;
const FIRST_GUESS_BYTES = 1_024;
/** How fast the estimate of an event's size follows what is read. */
const WEIGHT = 0.3;
/** Measuring a few events of a page is enough for an estimate. */
const MEASURED = 50;

/** How many events a page may have, so that it stays near a size in memory. */
export class PageSize {
  private readonly pageBytes: number;
  private eventBytes = FIRST_GUESS_BYTES;

  constructor(pageBytes: number) {
    this.pageBytes = pageBytes;
  }

  limit(wanted: number): number {
    return Math.min(wanted, Math.max(SMALLEST_PAGE, Math.floor(this.pageBytes / this.eventBytes)));
  }

  learn(events: readonly RecordedEvent[]): void {
    const step = Math.max(1, Math.floor(events.length / MEASURED));
    const measured = events.filter((_, index) => index % step === 0);
    if (measured.length === 0) return;
    const mean = measured.reduce((sum, event) => sum + approximateBytes(event), 0) / measured.length;
    this.eventBytes += WEIGHT * (mean - this.eventBytes);
  }
}
