import { Inject, Injectable } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { DAY_MS, plusDays, timeZone, type TenantId, type TimeZone } from '#libs/kernel';
import type { EmployeeItem, WorkforceAnswer, WorkforceQuery } from '#libs/contracts';
import { DATA_SOURCE } from '#libs/service-kit';
import { BUSINESS_NOW, type BusinessMoment, type BusinessNow } from '../../../business-now.ts';
import { daysOf, rangeOf, type LocalRange } from '../../../local-range.ts';
import { standing, type ReadSnapshot } from '../../../read-snapshot.ts';
import { mondayOf, type PayTerms } from '../../domain/labor-pay.ts';
import { workedMs, type ClockKind, type WorkedShift } from '../../domain/shift-worked.ts';
import { daysWorked, hoursOf, isWithin, shiftsOf, sumOf, type PersonAtWork } from './work-of.ts';

const READS = [
  'agent.employees',
  'agent.clock-records',
  'agent.scheduled-shifts',
  'agent.leave-requests',
  'agent.business-times',
];
const DEFAULT_DAYS = 14;

type EmployeeListRow = {
  employee_id: string;
  name: string;
  job: string;
  department: string | null;
  employment: string;
  status: string;
  hired_on: string;
  left_on: string | null;
  weekly_hours: number | null;
  pay: PayTerms[];
};

const EMPLOYEES = `
select employee_id, name, job, department, employment, status, hired_on::text, left_on::text, weekly_hours, pay
from employees where tenant = $1 and ($2::text is null or employee_id = $2)
order by employee_id`;

type RecordRow = { employee_id: string; kind: ClockKind; at_ms: number };

/** Of the weeks that the range touches, and of the last two days. Index: clock_records_by_time. */
const RECORDS = `
select employee_id, kind, (extract(epoch from at) * 1000)::float8 as at_ms
from clock_records
where tenant = $1 and ($2::text is null or employee_id = $2)
  and (at between to_timestamp($3) and to_timestamp($4) or at between to_timestamp($5) and to_timestamp($6))
order by position`;

type ShiftListRow = {
  shift_id: string;
  employee_id: string;
  starts_ms: number;
  ends_ms: number;
  break_minutes: number;
  job: string | null;
};

/** Index: scheduled_shifts_by_start. */
const SHIFTS = `
select shift_id, employee_id, (extract(epoch from starts_at) * 1000)::float8 as starts_ms,
       (extract(epoch from ends_at) * 1000)::float8 as ends_ms, break_minutes, job
from scheduled_shifts
where tenant = $1 and ($2::text is null or employee_id = $2) and starts_at >= to_timestamp($3)
order by starts_at, shift_id`;

type LeaveListRow = {
  leave_id: string;
  employee_id: string;
  kind: string;
  starts_on: string;
  ends_on: string;
  requested_at: Date;
};

/** Index: leave_requests_by_end. */
const LEAVE = `
select leave_id, employee_id, kind, starts_on::text, ends_on::text, requested_at
from leave_requests
where tenant = $1 and ($2::text is null or employee_id = $2) and ends_on >= $3
order by starts_on, leave_id`;

type Asked = Readonly<{ tenant: TenantId; employee: string | null; range: LocalRange; moment: BusinessMoment }>;
type Found = Readonly<{
  employees: readonly EmployeeListRow[];
  records: readonly RecordRow[];
  shifts: readonly ShiftListRow[];
  leave: readonly LeaveListRow[];
}>;

/** Who works now, what was worked and what it cost, what is planned, and who asked for leave. */
@Injectable()
export class WorkforceQueryService {
  constructor(
    @Inject(DATA_SOURCE) private readonly dataSource: DataSource,
    @Inject(BUSINESS_NOW) private readonly now: BusinessNow,
  ) {}

  /** @throws RequestInvalid for a range that is none */
  async show(tenant: TenantId, query: WorkforceQuery): Promise<WorkforceAnswer> {
    const moment = await this.now.of(tenant);
    const range = rangeOf(query, moment.local.date, DEFAULT_DAYS);
    const asked = { tenant, employee: query.employee ?? null, range, moment };
    return standing(this.dataSource, READS, async (snapshot) => answerOf(asked, await find(snapshot, asked)));
  }
}

async function find(snapshot: ReadSnapshot, { tenant, employee, range, moment }: Asked): Promise<Found> {
  const zone = timeZone(moment.settings.business.timeZone);
  const who = [tenant, employee];
  // A shift of the first day of the week may have begun the evening before, and one of the last may end the morning after.
  const fromMs = zone.instantOf(mondayOf(range.from)) - DAY_MS;
  const toMs = zone.instantOf(plusDays(range.to, 1)) + DAY_MS;
  const times = [fromMs, toMs, moment.atMs - 2 * DAY_MS, moment.atMs].map((ms) => ms / 1_000);
  return {
    employees: await snapshot.query(EMPLOYEES, who),
    records: await snapshot.query(RECORDS, [...who, ...times]),
    shifts: await snapshot.query(SHIFTS, [...who, Math.min(fromMs, moment.atMs - 2 * DAY_MS) / 1_000]),
    leave: await snapshot.query(LEAVE, [...who, moment.local.date]),
  };
}

function answerOf({ range, moment }: Asked, found: Found): Omit<WorkforceAnswer, 'standsAt'> {
  const { settings, atMs: nowMs, local } = moment;
  const { currency, timeZone: zoneName } = settings.business;
  const counting = { nowMs, settings };
  const zone = timeZone(zoneName);
  const people = peopleIn(found).map((person) => {
    const shifts = shiftsOf(person, counting);
    return { person, shifts, days: daysWorked(person, shifts, range, counting) };
  });
  const shifts = people.flatMap((one) => one.shifts).filter((shift) => isWithin(shift, range));
  return {
    now: new Date(nowMs).toISOString(),
    today: local.date,
    ...range,
    employees: found.employees.map(employeeItem),
    atWork: people.flatMap((one) => one.shifts.filter(isOpen).map((shift) => atWork(shift, nowMs))),
    days: daysOf(range).map((day, index) => {
      const all = people.flatMap((one) => one.days[index] ?? []);
      return { day, people: all.filter(({ labor }) => labor.workedMs > 0).length, ...sumOf(all, currency) };
    }),
    people: people.map(({ person, days, shifts: all }) => ({
      employeeId: person.employeeId,
      shifts: all.filter((shift) => isWithin(shift, range)).length,
      ...sumOf(days, currency),
      days: days.map((one) => ({ day: one.day, ...sumOf([one], currency) })),
    })),
    shifts: shifts.map((shift) => workedShift(shift, nowMs)),
    schedule: found.shifts.map((shift) => plannedShift(shift, zone)).filter(({ day }) => day >= range.from),
    leave: found.leave.map(leaveItem),
  };
}

/** Also those who were never registered and yet clocked in. */
function peopleIn({ employees, records, shifts }: Found): readonly PersonAtWork[] {
  const registered = new Map(employees.map((employee) => [employee.employee_id, employee]));
  const recordsBy = Map.groupBy(records, ({ employee_id }) => employee_id);
  const plannedBy = Map.groupBy(shifts, ({ employee_id }) => employee_id);
  return [...new Set([...registered.keys(), ...recordsBy.keys()])].toSorted().map((employeeId) => {
    const employee = registered.get(employeeId);
    return {
      employeeId,
      records: (recordsBy.get(employeeId) ?? []).map(({ kind, at_ms: atMs }) => ({ kind, atMs })),
      planned: (plannedBy.get(employeeId) ?? []).map((shift) => ({ startsMs: shift.starts_ms, endsMs: shift.ends_ms })),
      terms: employee?.pay ?? [],
      hiredOn: employee?.hired_on ?? null,
      leftOn: employee?.left_on ?? null,
    };
  });
}

const isOpen = ({ endedMs }: WorkedShift): boolean => endedMs === undefined;
const instant = (ms: number): string => new Date(ms).toISOString();

function atWork(shift: WorkedShift, nowMs: number): WorkforceAnswer['atWork'][number] {
  const { employeeId, startedMs, breakSinceMs } = shift;
  return {
    employeeId,
    since: instant(startedMs),
    hours: hoursOf(workedMs(shift, nowMs)),
    isOnBreak: breakSinceMs !== undefined,
  };
}

function workedShift(shift: WorkedShift, nowMs: number): WorkforceAnswer['shifts'][number] {
  const { employeeId, day, startedMs, endedMs, isAssumed, flaws } = shift;
  return {
    ...{ employeeId, day, isAssumed, flaws: [...flaws] },
    startedAt: instant(startedMs),
    endedAt: endedMs === undefined ? null : instant(endedMs),
    hours: hoursOf(workedMs(shift, nowMs)),
  };
}

function plannedShift(row: ShiftListRow, zone: TimeZone): WorkforceAnswer['schedule'][number] {
  return {
    shiftId: row.shift_id,
    employeeId: row.employee_id,
    startsAt: instant(row.starts_ms),
    endsAt: instant(row.ends_ms),
    day: zone.at(row.starts_ms).date,
    breakMinutes: row.break_minutes,
    position: row.job,
  };
}

function leaveItem(row: LeaveListRow): WorkforceAnswer['leave'][number] {
  return {
    leaveId: row.leave_id,
    employeeId: row.employee_id,
    kind: row.kind,
    startsOn: row.starts_on,
    endsOn: row.ends_on,
    requestedAt: row.requested_at.toISOString(),
  };
}

function employeeItem(row: EmployeeListRow): EmployeeItem {
  return {
    employeeId: row.employee_id,
    name: row.name,
    position: row.job,
    department: row.department,
    employment: row.employment,
    status: row.status,
    hiredOn: row.hired_on,
    weeklyHours: row.weekly_hours,
  };
}
