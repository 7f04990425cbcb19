import type { RecordedEvent } from '../event-store.ts';

/** Fixed columns, keys and the objects around them. */
const EVENT_BYTES = 600;
const VALUE_BYTES = 16;

/** About what an event takes in memory: good enough for a bound, and much cheaper than writing it as text. */
export function approximateBytes({ data, metadata }: RecordedEvent): number {
  return EVENT_BYTES + sizeOf(data) + sizeOf(metadata);
}

function sizeOf(value: unknown): number {
  if (typeof value === 'string') return VALUE_BYTES + 2 * value.length;
  if (typeof value !== 'object' || value === null) return VALUE_BYTES;
  let bytes = VALUE_BYTES;
  for (const member of Object.values(value)) bytes += VALUE_BYTES + sizeOf(member);
  return bytes;
}
