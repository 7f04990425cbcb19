import { z } from 'zod';
import { decidedBySchema } from '../events/agent.ts';
import { heartbeatStatusSchema } from '../heartbeat.ts';
import { agentIdSchema, countSchema, instantSchema, nameSchema } from '../values.ts';
import { pageOf } from './page.ts';

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
});
/** One agent and how it does. */
export type AgentItem = Readonly<z.output<typeof agentItemSchema>>;

/** One page of agents, by id. */
export const agentPageSchema = pageOf(agentItemSchema);

/** Body of a request to pause or resume an agent. */
export const agentTurnRequestSchema = z.strictObject({ reason: z.string().min(1).max(500).optional() });
/** Body of a request to pause or resume an agent. */
export type AgentTurnRequest = Readonly<z.output<typeof agentTurnRequestSchema>>;
