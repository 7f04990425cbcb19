import { z } from 'zod';
import { defineEvent } from '../event-contract.ts';
import type { EventData } from '../event-contract.ts';
import { idSchema, instantSchema, localDateSchema, moneySchema, nameSchema, textSchema } from '../values.ts';

/** Somebody works for the business, or their particulars were sent anew. */
export const EmployeeRegisteredV1 = defineEvent({
  area: 'workforce',
  event: 'employee-registered',
  version: 1,
  summary: 'Somebody works for the business, or their particulars were sent anew.',
  data: z.strictObject({
    employeeId: idSchema,
    name: nameSchema,
    position: nameSchema,
    department: nameSchema.optional(),
    employment: z.enum(['full-time', 'part-time', 'casual']),
    status: z.enum(['active', 'inactive', 'on-leave', 'terminated']).optional().describe('active when absent'),
    hiredOn: localDateSchema,
    hourlyRate: moneySchema.optional(),
    annualSalary: moneySchema.optional(),
    weeklyHours: z.number().min(0).max(168).optional().describe('As agreed in the contract'),
  }),
  sample: {
    employeeId: 'employee-3',
    name: 'Robin Vale',
    position: 'cook',
    department: 'kitchen',
    employment: 'full-time',
    hiredOn: '2025-03-01',
    hourlyRate: { amount: 1_800, currency: 'USD' },
    weeklyHours: 38,
  },
});

/** Somebody clocked in or out, or began or ended a break. */
export const ClockRecordedV1 = defineEvent({
  area: 'workforce',
  event: 'clock-recorded',
  version: 1,
  summary: 'Somebody clocked in or out, or began or ended a break.',
  data: z.strictObject({
    employeeId: idSchema,
    kind: z.enum(['in', 'out', 'break-start', 'break-end']),
    at: instantSchema,
    location: nameSchema.optional(),
    note: textSchema(500).optional(),
  }),
  sample: { employeeId: 'employee-3', kind: 'in', at: '2026-11-22T14:58:12Z', location: 'kitchen' },
});

/** A shift was planned, or planned anew under the same id. */
export const ShiftScheduledV1 = defineEvent({
  area: 'workforce',
  event: 'shift-scheduled',
  version: 1,
  summary: 'A shift was planned, or planned anew under the same id.',
  data: z
    .strictObject({
      shiftId: idSchema,
      employeeId: idSchema,
      startsAt: instantSchema,
      endsAt: instantSchema,
      breakMinutes: z.int().nonnegative().optional(),
      position: nameSchema.optional(),
      note: textSchema(500).optional(),
    })
    .refine(({ startsAt, endsAt }) => Date.parse(endsAt) > Date.parse(startsAt), {
      error: 'must be after startsAt',
      path: ['endsAt'],
    }),
  sample: {
    shiftId: 'shift-20261122-3',
    employeeId: 'employee-3',
    startsAt: '2026-11-22T15:00:00Z',
    endsAt: '2026-11-22T23:00:00Z',
    breakMinutes: 30,
    position: 'cook',
  },
});

/** Somebody asked for days off. */
export const LeaveRequestedV1 = defineEvent({
  area: 'workforce',
  event: 'leave-requested',
  version: 1,
  summary: 'Somebody asked for days off.',
  data: z
    .strictObject({
      leaveId: idSchema,
      employeeId: idSchema,
      kind: z.enum(['sick', 'vacation', 'personal', 'emergency']),
      startsOn: localDateSchema,
      endsOn: localDateSchema.describe('The last day off'),
      reason: textSchema(500).optional(),
    })
    .refine(({ startsOn, endsOn }) => endsOn >= startsOn, { error: 'must not be before startsOn', path: ['endsOn'] }),
  sample: {
    leaveId: 'leave-88',
    employeeId: 'employee-3',
    kind: 'vacation',
    startsOn: '2026-12-21',
    endsOn: '2026-12-28',
  },
});

/** Data of `steward.workforce.employee-registered.v1`. */
export type EmployeeRegistered = EventData<typeof EmployeeRegisteredV1>;
/** Data of `steward.workforce.clock-recorded.v1`. */
export type ClockRecorded = EventData<typeof ClockRecordedV1>;
/** Data of `steward.workforce.shift-scheduled.v1`. */
export type ShiftScheduled = EventData<typeof ShiftScheduledV1>;
/** Data of `steward.workforce.leave-requested.v1`. */
export type LeaveRequested = EventData<typeof LeaveRequestedV1>;
