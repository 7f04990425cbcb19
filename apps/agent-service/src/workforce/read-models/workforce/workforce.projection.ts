import { projectRows, type RecordedEvent, type RowProjection } from '#libs/event-store';
import {
  ClockRecordedV1,
  EmployeeRegisteredV1,
  LeaveRequestedV1,
  ShiftScheduledV1,
  type ClockRecorded,
  type EmployeeRegistered,
  type LeaveRequested,
  type ShiftScheduled,
} from '#libs/contracts';
import type { LocalDate, Money } from '#libs/kernel';
import { localDayOf } from '../../../business-day.ts';
import type { PayTerms } from '../../domain/labor-pay.ts';

const registered = ({ data }: RecordedEvent): EmployeeRegistered => EmployeeRegisteredV1.data.parse(data);
const clocked = ({ data }: RecordedEvent): ClockRecorded => ClockRecordedV1.data.parse(data);
const scheduled = ({ data }: RecordedEvent): ShiftScheduled => ShiftScheduledV1.data.parse(data);
const requested = ({ data }: RecordedEvent): LeaveRequested => LeaveRequestedV1.data.parse(data);

type EmployeeKey = Readonly<{ tenant: string; employee_id: string }>;
/** One row of `employees`. */
export type EmployeeRow = EmployeeKey &
  Readonly<{
    name: string;
    job: string;
    department: string | null;
    employment: EmployeeRegistered['employment'];
    status: NonNullable<EmployeeRegistered['status']>;
    hired_on: string;
    /** From when on the person no longer works here. */
    left_on: string | null;
    weekly_hours: number | null;
    /** Oldest first; work is paid by the terms of its day. */
    pay: readonly PayTerms[];
    position: number;
  }>;

/** Who works for the business, as they were registered last. */
export const employeeRows: RowProjection<EmployeeKey, EmployeeRow> = {
  name: 'agent.employees',
  version: 1,
  table: 'employees',
  keyColumns: ['tenant', 'employee_id'],
  handles: new Set(['workforce.employee-registered']),
  rowsOf: 'one-stream',
  keysOf: (event) => [{ tenant: event.tenant, employee_id: registered(event).employeeId }],
  evolve: (row, event, key) => {
    const data = registered(event);
    const { name, position: job, department = null, employment, status = 'active', hiredOn, weeklyHours = null } = data;
    const day = localDayOf(event);
    const isGone = status === 'terminated' || status === 'inactive';
    const leftOn = isGone ? (row?.left_on ?? day) : null;
    const person = { name, job, department, employment, status, hired_on: hiredOn, weekly_hours: weeklyHours };
    return { ...key, ...person, left_on: leftOn, pay: payAfter(row?.pay ?? [], data, day), position: event.position };
  },
};

/** Terms told again change nothing; of two that were told on one day the later ones hold. */
function payAfter(known: readonly PayTerms[], data: EmployeeRegistered, from: LocalDate): readonly PayTerms[] {
  const { hourlyRate, annualSalary } = data;
  const last = known.at(-1);
  if (last && isSame(last.hourlyRate, hourlyRate) && isSame(last.annualSalary, annualSalary)) return known;
  return [...known.filter((terms) => terms.from < from), { from, hourlyRate, annualSalary }];
}

const isSame = (one: Money | undefined, other: Money | undefined): boolean =>
  one?.amount === other?.amount && one?.currency === other?.currency;

type ClockKey = Readonly<{ tenant: string; position: number }>;
/** One row of `clock_records`. */
export type ClockRow = ClockKey & Readonly<{ employee_id: string; kind: string; at: string }>;

/** What the time clock recorded, in the order of its arrival; shifts are paired from it when they are asked for. */
export const clockRows: RowProjection<ClockKey, ClockRow> = {
  name: 'agent.clock-records',
  version: 1,
  table: 'clock_records',
  keyColumns: ['tenant', 'position'],
  handles: new Set(['workforce.clock-recorded']),
  rowsOf: 'one-stream',
  keysOf: ({ tenant, position }) => [{ tenant, position }],
  evolve: (_row, event, key) => {
    const { employeeId, kind, at } = clocked(event);
    return { ...key, employee_id: employeeId, kind, at };
  },
};

type ShiftKey = Readonly<{ tenant: string; shift_id: string }>;
/** One row of `scheduled_shifts`. */
export type ShiftRow = ShiftKey &
  Readonly<{
    employee_id: string;
    starts_at: string;
    ends_at: string;
    break_minutes: number;
    job: string | null;
    position: number;
  }>;

/** Who is to work when, as it was planned last. */
export const shiftRows: RowProjection<ShiftKey, ShiftRow> = {
  name: 'agent.scheduled-shifts',
  version: 1,
  table: 'scheduled_shifts',
  keyColumns: ['tenant', 'shift_id'],
  handles: new Set(['workforce.shift-scheduled']),
  keysOf: (event) => [{ tenant: event.tenant, shift_id: scheduled(event).shiftId }],
  evolve: (_row, event, key) => {
    const data = scheduled(event);
    const { employeeId, startsAt, endsAt, breakMinutes = 0, position: job = null } = data;
    const planned = { employee_id: employeeId, starts_at: startsAt, ends_at: endsAt, break_minutes: breakMinutes, job };
    return { ...key, ...planned, position: event.position };
  },
};

type LeaveKey = Readonly<{ tenant: string; leave_id: string }>;
/** One row of `leave_requests`. Why somebody asks is nobody's business here. */
export type LeaveRow = LeaveKey &
  Readonly<{
    employee_id: string;
    kind: string;
    starts_on: string;
    ends_on: string;
    requested_at: string;
    position: number;
  }>;

/** Who asked for which days off. */
export const leaveRows: RowProjection<LeaveKey, LeaveRow> = {
  name: 'agent.leave-requests',
  version: 1,
  table: 'leave_requests',
  keyColumns: ['tenant', 'leave_id'],
  handles: new Set(['workforce.leave-requested']),
  keysOf: (event) => [{ tenant: event.tenant, leave_id: requested(event).leaveId }],
  evolve: (row, event, key) => {
    const data = requested(event);
    const { employeeId, kind, startsOn, endsOn } = data;
    const requestedAt = row?.requested_at ?? event.metadata.occurredAt;
    const asked = { employee_id: employeeId, kind, starts_on: startsOn, ends_on: endsOn, requested_at: requestedAt };
    return { ...key, ...asked, position: event.position };
  },
};

/** The read models of the people who work for the business. */
export const workforceProjections = [
  projectRows(employeeRows),
  projectRows(clockRows),
  projectRows(shiftRows),
  projectRows(leaveRows),
];
