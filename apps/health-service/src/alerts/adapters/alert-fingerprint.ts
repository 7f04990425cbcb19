import { canonicalJson, fingerprintOf } from '#libs/event-store';

/** Enough to keep troubles apart, short enough for an id that people read. */
const HEX_DIGITS = 16;

/** The identity of a trouble: the first 64 bits of sha256 over its labels, sorted by name. */
export function alertFingerprint(labels: Readonly<Record<string, string>>): string {
  return fingerprintOf(canonicalJson(labels)).slice(0, HEX_DIGITS);
}
