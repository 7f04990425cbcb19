import type { LocalDate } from '#libs/kernel';
import type { EmployeeRegistered, LeaveRequested } from '#libs/contracts';
import type { DemandDay } from './demand.ts';
import type { LaborDay, PayTerms } from './labor-pay.ts';
import type { ClockRecord, WorkedShift } from './shift-worked.ts';

/** A shift that is planned; times in milliseconds since 1970. */
export type PlannedShift = Readonly<{
  shiftId: string;
  employeeId: string;
  startsMs: number;
  endsMs: number;
  breakMs: number;
  /** On which it begins. */
  day: LocalDate;
  /** Of the event that planned it last. */
  position: number;
}>;

/** A clock record, and where the log has it. */
export type KeptRecord = ClockRecord & Readonly<{ position: number }>;

/** What is known of one person: no name, nor anything else that a decision does not need. */
export type EmployeeFile = {
  readonly employeeId: string;
  /** `undefined` until registered: somebody only clocked in, or was planned. */
  status: NonNullable<EmployeeRegistered['status']> | undefined;
  hiredOn: LocalDate | undefined;
  /** From when on the person no longer works here. */
  leftOn: LocalDate | undefined;
  weeklyHours: number | undefined;
  terms: PayTerms[];
  /** By time; older ones are in {@link settled}. */
  records: KeptRecord[];
  /** Shifts whose records are no longer kept; oldest first. */
  settled: WorkedShift[];
  /** Shifts of {@link records}; only the last can be open. */
  recent: WorkedShift[];
  /** What ended shifts come to. */
  days: Map<LocalDate, LaborDay>;
  /** How often the person came in each hour of the day; the past counts less and less. */
  arrivals: number[];
};

export type LeaveEntry = Readonly<LeaveRequested> & Readonly<{ position: number }>;

/** What the HR agent knows of one business. */
export type WorkforceBook = {
  /** The latest day that a fact told. */
  today: LocalDate;
  employees: Map<string, EmployeeFile>;
  /** By the day on which they begin. */
  planned: Map<LocalDate, Map<string, PlannedShift>>;
  /** The day of each planned shift. */
  plannedDays: Map<string, LocalDate>;
  leave: Map<string, LeaveEntry>;
  /** Ended shifts of everybody. */
  days: Map<LocalDate, LaborDay>;
  demand: Map<LocalDate, DemandDay>;
  /** How often anybody came in each hour of the day; the past counts less and less. */
  arrivals: number[];
  /** When anybody last used the time clock, milliseconds since 1970. */
  lastClockedMs: number;
};

export function emptyBook(): WorkforceBook {
  return {
    today: '',
    employees: new Map(),
    planned: new Map(),
    plannedDays: new Map(),
    leave: new Map(),
    days: new Map(),
    demand: new Map(),
    arrivals: noArrivals(),
    lastClockedMs: 0,
  };
}

/** The file of a person, opened if there is none. */
export function fileOf(book: WorkforceBook, employeeId: string): EmployeeFile {
  const known = book.employees.get(employeeId);
  if (known) return known;
  const file: EmployeeFile = {
    employeeId,
    status: undefined,
    hiredOn: undefined,
    leftOn: undefined,
    weeklyHours: undefined,
    terms: [],
    records: [],
    settled: [],
    recent: [],
    days: new Map(),
    arrivals: noArrivals(),
  };
  book.employees.set(employeeId, file);
  return file;
}

function noArrivals(): number[] {
  return Array.from({ length: 24 }, () => 0);
}
