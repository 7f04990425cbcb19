import { z } from 'zod';
import { decidedBySchema, decisionSchema } from '../events/agent.ts';
import {
  agentIdSchema,
  factsSchema,
  instantSchema,
  logPositionSchema,
  nameSchema,
  referenceSchema,
  tenantIdSchema,
} from '../values.ts';
import { listQuerySchema, pageOf } from './page.ts';
import { standsAtSchema, type StandingPage } from './stands-at.ts';

/** Filters of the list of decisions; all that are given must hold. */
export const decisionListQuerySchema = listQuerySchema.extend({
  agent: agentIdSchema.optional(),
  type: nameSchema.optional(),
  decidedBy: decidedBySchema.optional(),
  subject: referenceSchema.optional().describe('e.g. item:VEG001'),
  from: instantSchema.optional().describe('Decided at or after'),
  to: instantSchema.optional().describe('Decided before'),
  minConfidence: z.coerce.number().min(0).max(1).optional(),
  maxConfidence: z.coerce.number().min(0).max(1).optional(),
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
export const decisionPageSchema = pageOf(decisionItemSchema).extend({ standsAt: standsAtSchema });
/** One page of decisions, and up to where it shows them. */
export type DecisionPage = StandingPage<DecisionItem, z.output<typeof decisionPageSchema>>;

/** Body of a request to record what became of a decision. */
export const outcomeRequestSchema = z.strictObject({
  wasRight: z.boolean().describe('Whether it was right to decide so'),
  detail: z.string().min(1).max(2_000).describe('What happened, in plain words'),
  outcome: z.enum(['as-expected', 'better', 'worse', 'unknown']).optional(),
  measures: factsSchema.optional(),
  measuredAt: instantSchema.optional().describe('Default: now'),
});
/** Body of a request to record what became of a decision. */
export type OutcomeRequest = Readonly<z.output<typeof outcomeRequestSchema>>;
