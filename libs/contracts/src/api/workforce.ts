import { z } from 'zod';
import { idSchema, instantSchema, localDateSchema, moneySchema, nameSchema } from '../values.ts';
import { rangeShape, standsAtSchema } from './stands-at.ts';

/** Which days of the workforce are asked for; the last 14 when it does not say. */
export const workforceQuerySchema = z.object({ ...rangeShape, employee: idSchema.optional() });
/** Which days of the workforce are asked for. */
export type WorkforceQuery = Readonly<z.output<typeof workforceQuerySchema>>;

const hours = z.number().nonnegative();

/** Somebody who works for the business. */
export const employeeItemSchema = z.object({
  employeeId: idSchema,
  name: nameSchema,
  position: nameSchema,
  department: nameSchema.nullable(),
  employment: z.string().describe('full-time, part-time or casual'),
  status: z.string().describe('active, inactive, on-leave or terminated'),
  hiredOn: localDateSchema,
  weeklyHours: z.number().nullable(),
});
/** Somebody who works for the business. */
export type EmployeeItem = Readonly<z.output<typeof employeeItemSchema>>;

/** One stretch of work. */
export const workedShiftSchema = z.object({
  employeeId: idSchema,
  day: localDateSchema.describe('On which it began'),
  startedAt: instantSchema,
  endedAt: instantSchema.nullable().describe('null while the person is at work'),
  hours: hours.describe('Without breaks; until now while it lasts'),
  isAssumed: z.boolean().describe('Nobody recorded its end'),
  flaws: z.array(z.string()),
});
/** One stretch of work. */
export type WorkedShiftItem = Readonly<z.output<typeof workedShiftSchema>>;

/** What work came to, by the rules and the pay of its days. */
export const workSumSchema = z.object({
  hours,
  overtimeHours: hours.describe('Of them, beyond those of a day or a week'),
  unpricedHours: hours.describe('Of them, by people whose pay is unknown or in another currency'),
  cost: moneySchema.describe('With overtime pay and salaries, in the currency of the business'),
});

/** Who works, what was worked, what is planned, and who asked for leave. */
export const workforceSchema = z.object({
  now: instantSchema.describe('In the business'),
  today: localDateSchema,
  from: localDateSchema,
  to: localDateSchema,
  employees: z.array(employeeItemSchema),
  atWork: z.array(z.object({ employeeId: idSchema, since: instantSchema, hours, isOnBreak: z.boolean() })),
  days: z.array(workSumSchema.extend({ day: localDateSchema, people: z.int().nonnegative() })),
  people: z.array(
    workSumSchema.extend({
      employeeId: idSchema,
      shifts: z.int().nonnegative(),
      days: z.array(workSumSchema.extend({ day: localDateSchema })),
    }),
  ),
  shifts: z.array(workedShiftSchema),
  schedule: z
    .array(
      z.object({
        shiftId: idSchema,
        employeeId: idSchema,
        startsAt: instantSchema,
        endsAt: instantSchema,
        day: localDateSchema,
        breakMinutes: z.int().nonnegative(),
        position: nameSchema.nullable(),
      }),
    )
    .describe('From the first day of the range to the end of what is planned'),
  leave: z
    .array(
      z.object({
        leaveId: idSchema,
        employeeId: idSchema,
        kind: z.string(),
        startsOn: localDateSchema,
        endsOn: localDateSchema,
        requestedAt: instantSchema,
      }),
    )
    .describe('Requests whose last day is not over'),
  standsAt: standsAtSchema,
});
/** Who works, what was worked, what is planned, and who asked for leave. */
export type WorkforceAnswer = Readonly<z.output<typeof workforceSchema>>;
