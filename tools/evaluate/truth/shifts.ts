import { HOUR_MS, type LocalDate, type TimeZone } from '#libs/kernel';

type ClockRecord = Readonly<{ kind: 'in' | 'out' | 'break-start' | 'break-end'; atMs: number }>;

/** One stretch of work from clocking in to clocking out. */
export type Shift = Readonly<{
  startMs: number;
  /** Undefined when nobody clocked out. */
  endMs: number | undefined;
  hours: number;
  /** On which it began. */
  day: LocalDate;
}>;

/** Nobody works longer: whoever has not clocked out by then forgot to. */
export const LONGEST_SHIFT_MS = 16 * HOUR_MS;

/** The shifts of one person, breaks taken off. */
export function shiftsOf(records: readonly ClockRecord[], zone: TimeZone): readonly Shift[] {
  const shifts: Shift[] = [];
  let startMs: number | undefined;
  let breakMs = 0;
  let breakFrom: number | undefined;
  const close = (endMs: number | undefined): void => {
    if (startMs === undefined) return;
    const hours = endMs === undefined ? 0 : (endMs - startMs - breakMs) / HOUR_MS;
    shifts.push({ startMs, endMs, hours, day: zone.at(startMs).date });
    startMs = undefined;
  };
  for (const { kind, atMs } of records.toSorted((left, right) => left.atMs - right.atMs)) {
    if (startMs !== undefined && atMs - startMs > LONGEST_SHIFT_MS) close(undefined);
    if (kind === 'in') {
      close(undefined);
      [startMs, breakMs, breakFrom] = [atMs, 0, undefined];
    }
    if (kind === 'break-start') breakFrom = atMs;
    if (kind === 'break-end' && breakFrom !== undefined) {
      breakMs += atMs - breakFrom;
      breakFrom = undefined;
    }
    if (kind === 'out') close(atMs);
  }
  close(undefined);
  return shifts;
}
