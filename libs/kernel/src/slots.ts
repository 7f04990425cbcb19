/** Units of consumer parallelism. Fixed for ever: a stream's slot is part of every event's subject. */
export const SLOT_COUNT = 64;

const FNV_OFFSET_BASIS = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/** The slot of a stream: FNV-1a (32 bit) over the UTF-8 of `tenant/streamId`, modulo 64. */
export function slotOf(tenant: string, streamId: string): number {
  return fnv1a(`${tenant}/${streamId}`) % SLOT_COUNT;
}

/** FNV-1a, 32 bit, over UTF-8 (http://www.isthe.com/chongo/tech/comp/fnv/). Unsigned. */
export function fnv1a(text: string): number {
  let hash = FNV_OFFSET_BASIS;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, FNV_PRIME) >>> 0;
  return hash;
}
