import { z } from 'zod';
import { idSchema, instantSchema, localDateSchema, moneySchema } from '../values.ts';

/** Ask whether a clock record is right. */
export const reviewClockRecordActionSchema = z.object({
  kind: z.literal('review-clock-record'),
  employeeId: idSchema,
  recordedAt: instantSchema,
  concern: z.enum(['unusual-hour', 'not-clocked-out', 'not-scheduled', 'out-of-order']),
});

/** Send somebody home, or let another one take over, before more overtime is worked. */
export const limitOvertimeActionSchema = z.object({
  kind: z.literal('limit-overtime'),
  employeeId: idSchema,
  hoursWorked: z.number().nonnegative(),
  limitHours: z.number().nonnegative(),
  from: localDateSchema,
  to: localDateSchema,
});

/** Bring labour cost back below its share of revenue. */
export const reduceLaborCostActionSchema = z.object({
  kind: z.literal('reduce-labor-cost'),
  day: localDateSchema.describe('The last day of what was compared'),
  from: localDateSchema.optional().describe('The first day of it; the day alone when absent'),
  laborCost: moneySchema,
  revenue: moneySchema,
  excess: moneySchema.describe('What labour cost more than its share of the revenue'),
});

/** Plan more or fewer hours for a day. */
export const adjustStaffingActionSchema = z.object({
  kind: z.literal('adjust-staffing'),
  day: localDateSchema,
  scheduledHours: z.number().nonnegative(),
  neededHours: z.number().nonnegative(),
});

/** Find people for hours that have too few. */
export const fillShiftActionSchema = z.object({
  kind: z.literal('fill-shift'),
  shiftId: idSchema.optional().describe('The shift that nobody came for'),
  day: localDateSchema,
  from: instantSchema,
  to: instantSchema,
  missingPeople: z.int().positive(),
});

/** Answer a request for leave. */
export const answerLeaveActionSchema = z.object({
  kind: z.literal('answer-leave'),
  leaveId: idSchema,
  employeeId: idSchema,
  answer: z.enum(['approve', 'review']),
  conflicts: z.array(localDateSchema).max(366).describe('Days on which somebody would have to stand in'),
});
