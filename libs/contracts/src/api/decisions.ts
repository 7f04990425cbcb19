import { z } from 'zod';
import { decidedBySchema, decisionSchema } from '../events/agent.ts';
import { agentIdSchema, idSchema, instantSchema, logPositionSchema, nameSchema, tenantIdSchema } from '../values.ts';
import { listQuerySchema, pageOf } from './page.ts';

/** Filters of the list of decisions; all that are given must hold. */
export const decisionListQuerySchema = listQuerySchema.extend({
  agent: agentIdSchema.optional(),
  type: nameSchema.optional(),
  decidedBy: decidedBySchema.optional(),
  subject: idSchema.optional().describe('e.g. item:VEG001'),
  from: instantSchema.optional().describe('Decided at or after'),
  to: instantSchema.optional().describe('Decided before'),
});
/** Filters of the list of decisions. */
export type DecisionListQuery = Readonly<z.output<typeof decisionListQuerySchema>>;

/** A decision and its place in the log. */
export const decisionItemSchema = decisionSchema.extend({
  tenant: tenantIdSchema,
  position: logPositionSchema,
  correlationId: z.string(),
  traceId: z.string().optional(),
  recordedAt: instantSchema,
});
/** A decision and its place in the log. */
export type DecisionItem = Readonly<z.output<typeof decisionItemSchema>>;

/** A business event that led to a decision. */
export const decisionCauseSchema = z.object({
  id: z.string(),
  source: z.string(),
  type: z.string(),
  subject: z.string().optional(),
  time: z.string().describe('RFC 3339, as its sender wrote it'),
  position: logPositionSchema,
  data: z.unknown(),
});
/** A business event that led to a decision. */
export type DecisionCause = Readonly<z.output<typeof decisionCauseSchema>>;

/** A decision with what led to it. */
export const decisionDetailSchema = decisionItemSchema.extend({ events: z.array(decisionCauseSchema) });
/** A decision with what led to it. */
export type DecisionDetail = Readonly<z.output<typeof decisionDetailSchema>>;

/** One page of decisions, newest first. */
export const decisionPageSchema = pageOf(decisionItemSchema);
