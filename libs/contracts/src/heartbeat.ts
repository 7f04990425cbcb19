import { z } from 'zod';
import { countSchema, idSchema, instantSchema, nameSchema, textSchema } from './values.ts';

/** How a service or an agent says of itself that it does. */
export const heartbeatStatusSchema = z.enum(['running', 'paused', 'failing']);
/** How a service or an agent says of itself that it does. */
export type HeartbeatStatus = z.output<typeof heartbeatStatusSchema>;

/** Said at regular intervals on `heartbeat.<service>.<component>`; not an event, and not kept. */
export const heartbeatSchema = z.object({
  service: nameSchema,
  instanceId: idSchema.describe('Of the process; replicas differ in it'),
  component: nameSchema.describe('An agent id, or the name of the service'),
  kind: z.enum(['agent', 'service']),
  status: heartbeatStatusSchema,
  at: instantSchema,
  detail: textSchema(2_000).optional(),
  lastAssessmentAt: instantSchema.optional(),
  consecutiveFailures: countSchema.optional(),
});
/** One sign of life. */
export type Heartbeat = Readonly<z.output<typeof heartbeatSchema>>;
