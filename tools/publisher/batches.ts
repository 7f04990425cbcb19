/** What one request may hold, by the API's own limits. */
export const MAXIMUM_BATCH_EVENTS = 1_000;
export const MAXIMUM_BATCH_BYTES = 4 * 1024 * 1024;

/** The brackets of the array. */
const FRAME_BYTES = 2;

/** One event with its JSON, which is made once. */
export type Packed<Item> = Readonly<{ item: Item; json: string; sizeBytes: number }>;

export function pack<Item>(item: Item): Packed<Item> {
  const json = JSON.stringify(item);
  return { item, json, sizeBytes: Buffer.byteLength(json) + 1 };
}

/** Cuts what is to be sent into requests that the API takes, in the same order. An oversized event goes alone. */
export function inBatches<Item>(
  all: readonly Packed<Item>[],
  maximumEvents: number = MAXIMUM_BATCH_EVENTS,
  maximumBytes: number = MAXIMUM_BATCH_BYTES,
): Packed<Item>[][] {
  const batches: Packed<Item>[][] = [];
  let current: Packed<Item>[] = [];
  let sizeBytes = FRAME_BYTES;
  for (const packed of all) {
    const isFull = current.length === maximumEvents || sizeBytes + packed.sizeBytes > maximumBytes;
    if (isFull && current.length > 0) {
      batches.push(current);
      current = [];
      sizeBytes = FRAME_BYTES;
    }
    current.push(packed);
    sizeBytes += packed.sizeBytes;
  }
  if (current.length > 0) batches.push(current);
  return batches;
}

export function bodyOf(batch: readonly Packed<unknown>[]): string {
  return `[${batch.map(({ json }) => json).join(',')}]`;
}
