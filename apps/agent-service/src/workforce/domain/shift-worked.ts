import { HOUR_MS, MINUTE_MS, type LocalDate, type TimeZone } from '#libs/kernel';

/** What a time clock records. */
export type ClockKind = 'in' | 'out' | 'break-start' | 'break-end';

/** One record of a time clock. `isLate`: it arrived after records of a later time. */
export type ClockRecord = Readonly<{ kind: ClockKind; atMs: number; isLate?: boolean }>;

/** What was wrong with the records of a shift. */
export type ShiftFlaw =
  | 'double-in' // clocked in again while at work
  | 'end-assumed' // never clocked out: the scheduled end counts
  | 'end-unknown' // never clocked out and not scheduled: a usual shift counts
  | 'break-not-ended'
  | 'break-end-without-start'
  | 'out-of-order';

/** One stretch of work of one person, by the records of the time clock. */
export type WorkedShift = Readonly<{
  employeeId: string;
  startedMs: number;
  /** `undefined` while the person is at work. */
  endedMs: number | undefined;
  /** Of its last record. */
  latestMs: number;
  /** Of breaks that are over. */
  breakMs: number;
  /** Since when the person has a break that is not over. */
  breakSinceMs: number | undefined;
  /** On which it began, also when it ends on the next. */
  day: LocalDate;
  /** Nobody recorded its end. */
  isAssumed: boolean;
  flaws: readonly ShiftFlaw[];
}>;

/** Whose records they are, and what is known besides them. */
export type ShiftContext = Readonly<{
  employeeId: string;
  zone: TimeZone;
  /** When the person was to leave who came at that time; `undefined` when nothing was planned. */
  scheduledEndMs: (startedMs: number) => number | undefined;
}>;

/** What became of the records: shifts, oldest first, and records that belong to none. */
export type PairedRecords = Readonly<{ shifts: readonly WorkedShift[]; strays: readonly ClockRecord[] }>;

/** Longer than this nobody works in one go: whoever has not clocked out by then forgot it. */
export const LONGEST_SHIFT_MS = 16 * HOUR_MS;
/** Counted for a shift of which neither the end nor the schedule is known. */
const USUAL_SHIFT_MS = 8 * HOUR_MS;
/** Counted at most for a break whose end nobody recorded. */
const USUAL_BREAK_MS = 30 * MINUTE_MS;
/** Of records of the same instant: who ends one shift and begins the next does it in this order. */
const ORDER_AT_ONCE: Readonly<Record<ClockKind, number>> = { 'break-end': 0, out: 1, in: 2, 'break-start': 3 };

type OpenShift = {
  startedMs: number;
  latestMs: number;
  breakMs: number;
  breakSinceMs: number | undefined;
  flaws: Set<ShiftFlaw>;
};

/**
 * Pairs the records of one person into shifts. The order of arrival does not change hours; records told twice count once.
 * Someone who clocks in again before the shift would end only repeats it; later it is a new shift, and the earlier one ended by
 * assumption. Only the last shift can be open; see {@link closedByAssumption}.
 */
export function pairedRecords(records: readonly ClockRecord[], context: ShiftContext): PairedRecords {
  const shifts: WorkedShift[] = [];
  const strays: ClockRecord[] = [];
  let open: OpenShift | undefined;
  for (const record of inOrderOfTime(records)) {
    if (open && isAfterItsEnd(open, record, context)) {
      shifts.push(endedByAssumption(open, context));
      open = undefined;
    }
    if (record.kind === 'in') open = clockedIn(open, record);
    else if (!open) strays.push(record);
    else if (record.kind === 'out') {
      shifts.push(clockedOut(open, record, context));
      open = undefined;
    } else takeBreak(open, record);
  }
  if (open) shifts.push(shiftOf(open, context));
  return { shifts, strays };
}

/** The shifts as they look at an instant: {@link pairedRecords}, and the last one ended if nobody can still be at work. */
export function shiftsWorked(
  records: readonly ClockRecord[],
  { nowMs, ...context }: ShiftContext & Readonly<{ nowMs: number }>,
): readonly WorkedShift[] {
  return pairedRecords(records, context).shifts.map((shift) => closedByAssumption(shift, nowMs, context));
}

/** Ends a shift that has been open for 16 hours: at its scheduled end, or after a usual shift, and says so in its flaws. */
export function closedByAssumption(shift: WorkedShift, nowMs: number, context: ShiftContext): WorkedShift {
  if (shift.endedMs !== undefined || nowMs <= shift.startedMs + LONGEST_SHIFT_MS) return shift;
  return endedByAssumption({ ...shift, flaws: new Set(shift.flaws) }, context);
}

/** Time at work without breaks; of an open shift, until now. Never negative. */
export function workedMs({ startedMs, endedMs, breakMs, breakSinceMs }: WorkedShift, nowMs: number): number {
  const untilMs = breakSinceMs ?? endedMs ?? nowMs;
  return Math.max(0, untilMs - startedMs - breakMs);
}

function inOrderOfTime(records: readonly ClockRecord[]): readonly ClockRecord[] {
  let latestMs = -Infinity;
  const marked = records.map((record) => {
    const isLate = record.isLate ?? record.atMs < latestMs;
    latestMs = Math.max(latestMs, record.atMs);
    return { ...record, isLate };
  });
  const sorted = marked.toSorted((a, b) => a.atMs - b.atMs || ORDER_AT_ONCE[a.kind] - ORDER_AT_ONCE[b.kind]);
  return sorted.filter(({ atMs, kind }, index) => {
    const before = sorted[index - 1];
    return before?.atMs !== atMs || before.kind !== kind;
  });
}

function isAfterItsEnd(open: OpenShift, { kind, atMs }: ClockRecord, context: ShiftContext): boolean {
  if (atMs > open.startedMs + LONGEST_SHIFT_MS) return true;
  return kind === 'in' && atMs > assumedEnd(open, context).endedMs;
}

function clockedIn(open: OpenShift | undefined, { atMs, isLate = false }: ClockRecord): OpenShift {
  if (!open) {
    const flaws = new Set<ShiftFlaw>(isLate ? ['out-of-order'] : []);
    return { startedMs: atMs, latestMs: atMs, breakMs: 0, breakSinceMs: undefined, flaws };
  }
  open.flaws.add('double-in');
  if (open.breakSinceMs !== undefined) {
    // Back from a break: the wrong button.
    open.breakMs += atMs - open.breakSinceMs;
    open.breakSinceMs = undefined;
  }
  open.latestMs = atMs;
  return open;
}

function clockedOut(open: OpenShift, { atMs, isLate = false }: ClockRecord, context: ShiftContext): WorkedShift {
  if (isLate) open.flaws.add('out-of-order');
  endForgottenBreak(open, atMs);
  open.latestMs = atMs;
  return { ...shiftOf(open, context), endedMs: atMs };
}

function takeBreak(open: OpenShift, { kind, atMs, isLate = false }: ClockRecord): void {
  if (isLate) open.flaws.add('out-of-order');
  open.latestMs = atMs;
  if (kind === 'break-start') {
    endForgottenBreak(open, atMs);
    open.breakSinceMs = atMs;
  } else if (open.breakSinceMs === undefined) {
    open.flaws.add('break-end-without-start');
  } else {
    open.breakMs += atMs - open.breakSinceMs;
    open.breakSinceMs = undefined;
  }
}

function endForgottenBreak(open: OpenShift, atMs: number): void {
  if (open.breakSinceMs === undefined) return;
  open.breakMs += Math.min(USUAL_BREAK_MS, atMs - open.breakSinceMs);
  open.breakSinceMs = undefined;
  open.flaws.add('break-not-ended');
}

function assumedEnd(open: OpenShift, context: ShiftContext): Readonly<{ endedMs: number; flaw: ShiftFlaw }> {
  const scheduledMs = context.scheduledEndMs(open.startedMs);
  const isScheduled = scheduledMs !== undefined && scheduledMs > open.startedMs;
  const endMs = isScheduled ? scheduledMs : open.startedMs + USUAL_SHIFT_MS;
  // Whoever recorded something later was still there.
  const endedMs = Math.max(open.latestMs, Math.min(endMs, open.startedMs + LONGEST_SHIFT_MS));
  return { endedMs, flaw: isScheduled ? 'end-assumed' : 'end-unknown' };
}

function endedByAssumption(open: OpenShift, context: ShiftContext): WorkedShift {
  const { endedMs, flaw } = assumedEnd(open, context);
  endForgottenBreak(open, endedMs);
  open.flaws.add(flaw);
  return { ...shiftOf(open, context), endedMs, isAssumed: true };
}

function shiftOf(open: OpenShift, { employeeId, zone }: ShiftContext): WorkedShift {
  const { startedMs, latestMs, breakMs, breakSinceMs, flaws } = open;
  const day = zone.at(startedMs).date;
  const shift = { employeeId, startedMs, endedMs: undefined, latestMs, breakMs, breakSinceMs, day };
  return { ...shift, isAssumed: false, flaws: [...flaws] };
}
