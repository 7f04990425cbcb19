import { hash } from 'node:crypto';

/** An event exactly as the database holds it: nothing is parsed that the hash covers as text. */
export type StoredEvent = Readonly<{
  position: number;
  lane: number;
  slot: number;
  tenant: string;
  stream_id: string;
  category: string;
  stream_version: number;
  type: string;
  type_version: number;
  id: string;
  /** UTC to the microsecond and with its era, `2026-01-01T12:00:00.123000AD`, since a change of either is a change. */
  recorded_at: string;
  /** Data, a line feed, and metadata: canonical JSON has no line feed, so only one pair of texts makes this one. */
  content: string;
  /** Hexadecimal. */
  hash: string;
}>;

const HASH_BYTES = 32;
/** What the log writes has whole milliseconds in our era; any other time stays as it is, and so fits no hash. */
const WHOLE_MILLISECONDS = '000AD';

/**
 * Computes the links of a hash chain one after another, faster than `chainHash` does and independently of it: what
 * appends and what verifies must not share a mistake. See docs/log-format.md.
 */
export class ChainLinks {
  private buffer = Buffer.allocUnsafe(64 * 1_024);

  /** The hash that the event must have after that of the event before it; both hexadecimal. */
  after(previous: string, event: StoredEvent): string {
    const text = `${factsOf(event)}\n${event.content}`;
    // A UTF-16 code unit takes at most three bytes.
    this.reserve(HASH_BYTES + text.length * 3);
    this.buffer.write(previous, 0, 'hex');
    const length = HASH_BYTES + this.buffer.write(text, HASH_BYTES);
    return hash('sha256', this.buffer.subarray(0, length), 'hex');
  }

  private reserve(bytes: number): void {
    if (this.buffer.length < bytes) this.buffer = Buffer.allocUnsafe(bytes);
  }
}

function factsOf(event: StoredEvent): string {
  return JSON.stringify([
    event.lane,
    event.position,
    event.slot,
    event.tenant,
    event.stream_id,
    event.category,
    event.stream_version,
    event.type,
    event.type_version,
    event.id,
    timeOf(event.recorded_at),
  ]);
}

function timeOf(stored: string): string {
  return stored.endsWith(WHOLE_MILLISECONDS) ? `${stored.slice(0, -WHOLE_MILLISECONDS.length)}Z` : stored;
}
