import { z } from 'zod';
import { decidedBySchema } from '../events/agent.ts';
import { heartbeatStatusSchema } from '../heartbeat.ts';
import { agentIdSchema, countSchema, instantSchema, localDateSchema, nameSchema } from '../values.ts';
import { pageOf } from './page.ts';
import { standsAtSchema } from './stands-at.ts';

/** One agent and how it does. */
export const agentItemSchema = z.object({
  agentId: agentIdSchema,
  name: nameSchema,
  status: heartbeatStatusSchema,
  since: instantSchema.describe('Of the status'),
  lastAssessmentAt: instantSchema.nullable(),
  assessments: countSchema,
  decisions: countSchema,
  lastDecisionAt: instantSchema.nullable(),
  consecutiveFailures: countSchema,
  decidesBy: decidedBySchema.describe('Who would decide now'),
  assessedUpTo: countSchema.describe('Position of the log up to which it has assessed everything'),
});
/** One agent and how it does. */
export type AgentItem = Readonly<z.output<typeof agentItemSchema>>;

/** One page of agents, by id. */
export const agentPageSchema = pageOf(agentItemSchema);

const typeCountSchema = z.object({
  decisionType: nameSchema,
  decisions: countSchema,
  meanConfidence: z.number().min(0).max(1),
});

/** What an agent decided for one business, and how its runs went. */
export const agentReportSchema = z.object({
  from: localDateSchema.describe('By the calendar of the business'),
  to: localDateSchema,
  decisions: countSchema,
  meanConfidence: z.number().min(0).max(1).nullable().describe('null without decisions'),
  byType: z.array(typeCountSchema).describe('The most frequent first'),
  days: z.array(z.object({ day: localDateSchema, decisions: countSchema })).describe('Each day of the report'),
  runs: z
    .object({
      assessments: countSchema,
      failures: countSchema,
      meanDurationMs: z.number().nonnegative().nullable().describe('null without runs'),
    })
    .describe('For all businesses, in the last 30 days by the clock of the service'),
});
/** What an agent decided for one business. */
export type AgentReport = Readonly<z.output<typeof agentReportSchema>>;

/** One agent, what it has decided for one business, and its report of 30 days. */
export const agentDetailSchema = agentItemSchema.extend({
  decisionTypes: z.array(typeCountSchema).describe('All that it decided for this business, the most frequent first'),
  report: agentReportSchema,
  standsAt: standsAtSchema,
});
/** One agent and its report. */
export type AgentDetail = Readonly<z.output<typeof agentDetailSchema>>;

/** Body of a request to pause or resume an agent. */
export const agentTurnRequestSchema = z.strictObject({ reason: z.string().min(1).max(500).optional() });
/** Body of a request to pause or resume an agent. */
export type AgentTurnRequest = Readonly<z.output<typeof agentTurnRequestSchema>>;
