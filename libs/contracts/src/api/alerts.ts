import { z } from 'zod';
import { alertSeveritySchema } from '../events/health.ts';
import { idSchema, instantSchema, labelsSchema, nameSchema } from '../values.ts';
import { listQuerySchema, pageOf } from './page.ts';

/** How an alert stands. */
export const alertStatusSchema = z.enum(['firing', 'acknowledged', 'resolved']);
/** How an alert stands. */
export type AlertStatus = z.output<typeof alertStatusSchema>;

/** Filters of the list of alerts; all that are given must hold. */
export const alertListQuerySchema = listQuerySchema.extend({
  status: alertStatusSchema.optional(),
  severity: alertSeveritySchema.optional(),
  name: nameSchema.optional(),
});
/** Filters of the list of alerts. */
export type AlertListQuery = Readonly<z.output<typeof alertListQuerySchema>>;

/** One alert. */
export const alertItemSchema = z.object({
  alertId: idSchema,
  name: nameSchema,
  severity: alertSeveritySchema,
  status: alertStatusSchema,
  summary: z.string(),
  description: z.string(),
  labels: labelsSchema,
  startsAt: instantSchema,
  endsAt: instantSchema.nullable(),
  runbook: z.string().nullable(),
});
/** One alert. */
export type AlertItem = Readonly<z.output<typeof alertItemSchema>>;

/** One page of alerts, newest first. */
export const alertPageSchema = pageOf(alertItemSchema);
