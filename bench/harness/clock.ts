const NANOSECONDS_PER_MS = 1_000_000;

/** Milliseconds of a clock that all processes of this machine share, and that nobody sets. */
export function sharedNowMs(): number {
  return Number(process.hrtime.bigint()) / NANOSECONDS_PER_MS;
}
